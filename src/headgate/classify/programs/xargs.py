"""xargs: a program with words from the standard input, so many at a time (xargs(1))."""

from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.grammar import begun, grammar, read
from headgate.classify.programs.options import Options
from headgate.classify.programs.readers import BETWEEN
from headgate.model.facts import Workload

_MAX_APPENDED = 20
_XARGS = grammar(
    "-0 --null -o --open-tty -p --interactive -r --no-run-if-empty -t --verbose -x --exit --show-limits --help"
    " --version",
    "-a -d -E -I -J -L -n -P -R -s -S --arg-file --delimiter --max-args --max-procs --max-chars --process-slot-var",
    attached="-i -e -l --replace --eof --max-lines",
)


def xargs(call: Call) -> Effect:
    """Run a program with words from the standard input (xargs(1))."""
    reading = read(call.words, _XARGS)
    if reading.doubtful:
        return begun(call, reading, reading.operands)
    found = reading.found
    words = found.operands or ("echo",)
    marker = found.value("-I", "-J", "-i", "--replace") or ("{}" if found.has("-i", "--replace") else "")
    if call.stdin is None or found.has("-a", "--arg-file"):
        return _unknown_items(call, words, marker)
    by_line = found.has("-d", "--delimiter") or (marker and not found.has("-n", "--max-args"))
    items = call.stdin.split("\n") if by_line else call.stdin.split()
    items = call.stdin.split(BETWEEN) if found.has("-0", "--null") else items
    items = [item.strip() for item in items if item.strip()]
    if len(items) > _MAX_APPENDED or any(mark in call.stdin for mark in "'\"\\"):  # xargs has quotes of its own
        return _unknown_items(call, words, marker)
    if marker:
        return join(call.start(tuple(word.replace(marker, item) for word in words)) for item in items)
    return join(call.start((*words, *part)) for part in _portions(call.stdin, items, found))


def _portions(text: str, items: list[str], found: Options) -> list[list[str]]:
    """Return the words of each call: so many at a time with `-n`, those of so many lines with `-L`, else all."""
    if found.has("-L", "-l", "--max-lines"):
        lines = [line.split() for line in text.split("\n") if line.strip()]
        size = _count(found.value("-L", "-l", "--max-lines"))
        return [[word for line in lines[at : at + size] for word in line] for at in range(0, len(lines), size)] or [[]]
    size = _count(found.value("-n", "--max-args")) if found.has("-n", "--max-args") else len(items) or 1
    return [items[at : at + size] for at in range(0, len(items), size)] or [[]]


def _count(word: str) -> int:
    return int(word) if word.isdigit() and 0 < int(word) <= _MAX_APPENDED else 1


def _unknown_items(call: Call, words: tuple[str, ...], marker: str) -> Effect:
    """Return the effect for items that nobody knows: a host among them stands for many hosts."""
    filled = tuple(word.replace(marker, HIDDEN) for word in words) if marker else (*words, HIDDEN)
    inside = call.start(filled)
    if SOME_MACHINE in inside.machines:
        return change(inside, evidence=(*inside.evidence, *call.shows(Workload.MULTI_HOST, "one call for each host")))
    return inside


PROGRAMS = {"xargs": xargs}
