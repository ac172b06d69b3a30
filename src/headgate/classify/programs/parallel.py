"""GNU parallel: one command for each item, here or on the machines of its logins (parallel(1))."""

from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.fleets import everywhere, hosts
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.verbs import LIGHT, near
from headgate.model.facts import Workload

_GNU = words_of(
    """
    -j --jobs -P -a --arg-file -S --sshlogin --slf --sshloginfile -I -n --max-args -N -d --delimiter --timeout
    --delay --joblog --results -C --colsep --halt --workdir --wd --retries --tmpdir --load --env --tagstring --block
    -L
    """
)
_SOURCES = frozenset({":::", ":::+", "::::", "::::+"})
_MAX_ITEMS = 20


def parallel(call: Call) -> Effect:
    """Run a command for each item: literal ones behind `:::`, others are not known (parallel(1))."""
    found = split(call.words, _GNU, stops=True)
    if found.has("--version", "--help", "--citation", "--dry-run", "--dryrun", "--number-of-cores"):
        return near(call, LIGHT)
    at = next((n for n, word in enumerate(found.operands) if word in _SOURCES), len(found.operands))
    command, source = found.operands[:at], found.operands[at:]
    marker = found.value("-I") or "{}"
    items = _items(call, found, source)
    logins = hosts(*found.values("-S", "--sshlogin")) if found.has("-S", "--sshlogin") else ()
    unknown = (SOME_MACHINE,) if found.has("--slf", "--sshloginfile", "--nonall", "--onall") and not logins else ()
    texts = [_filled(command, marker, item) for item in items]
    if texts == [HIDDEN]:
        return call.opaque("the commands it runs are not known before it runs")
    if logins or unknown:
        return everywhere(call, logins or unknown, texts[0] if texts else " ".join(command))
    whole = join([_job(call, command, text) for text in texts])
    if len(texts) == 1 and texts[0].find(HIDDEN) >= 0 and SOME_MACHINE in whole.machines:
        return change(whole, evidence=(*whole.evidence, *call.shows(Workload.MULTI_HOST, "one call for each host")))
    return whole


def _job(call: Call, command: tuple[str, ...], text: str) -> Effect:
    """Return the effect of one job; an item that is not known is a word of a plain command, never text."""
    plain = HIDDEN in text and not _SPECIAL & set("".join(command)) and HIDDEN not in text.partition(" ")[0]
    return call.start(tuple(text.split(" "))) if plain else call.run(text)


_SPECIAL = frozenset("|&;<>()$`\\\"'\t\n")


def _items(call: Call, found: Options, source: tuple[str, ...]) -> tuple[str, ...]:
    if source[:1] == (":::",) and not _SOURCES & set(source[1:]) and len(source) <= _MAX_ITEMS:
        return source[1:]
    if not source and call.stdin is not None and not found.has("-a", "--arg-file"):
        lines = tuple(line for line in call.stdin.splitlines() if line.strip())
        return lines if len(lines) <= _MAX_ITEMS else (HIDDEN,)
    return (HIDDEN,)


def _filled(command: tuple[str, ...], marker: str, item: str) -> str:
    """Return the text of one job; without a command the item itself is the text."""
    text = " ".join(command)
    if not text:
        return item
    for form in (marker, "{.}", "{/}", "{//}", "{/.}", "{1}"):
        if form in text:
            return text.replace(form, item)
    return f"{text} {item}"


PROGRAMS = {"parallel": parallel}
