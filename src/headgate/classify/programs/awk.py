"""awk: its program is searched for the processes it starts and the files it writes (awk(1))."""

import re
from collections.abc import Iterator

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.code_entry import FILTER, LOOK, MAX_STARTS, names_the_gate
from headgate.classify.programs.interpreters import LITERAL, matches
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.quoting import ansi_c

_AWK_STARTS = re.compile(r"\bsystem\s*\(\s*")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_GETS = re.compile(r"\s*\|&?\s*getline")
_NEAR = 8
_AWK_UNKNOWN = re.compile(r"[\w)\]]\s*\|&?\s*getline|\bprintf?\b[^;}\n|]{0,2000}\s\|&?(?!\|)\s*(?!getline)[A-Za-z_(]")
_AWK_WRITES = re.compile(r"\bprintf?\b[^;}\n]{0,300}>\s*(?!\"/dev/)[\"A-Za-z_$(]")


def awk(call: Call) -> Effect:
    """Filter lines; a program may start others by `system`, or by pipes (awk(1))."""
    valued = words_of(
        """
        -F -v -f -e -i -l -W -E --field-separator --assign --file --source --include --load --exec
        """
    )
    found = split(call.words, valued, stops=True)
    if found.has("--version", "--help", "-V"):
        return LOOK
    files = found.values("-f", "--file", "-E", "--exec")
    texts = [_file(call, path) for path in files]
    if None in texts:
        return call.opaque("its program cannot be read before it runs")
    code = "\n".join([*(text for text in texts if text), *found.values("-e", "--source")])
    code = _with_values(code or (found.operands[0] if found.operands else ""), found.values("-v", "--assign"))
    included = [_file(call, path) for path in (*found.values("-i", "--include"), *_INCLUDES.findall(code))]
    code = "\n".join([code, *(text for text in included if text)])
    if not any(mark in code for mark in ("system", "|", ">", HIDDEN)):
        return FILTER
    if not code.strip(HIDDEN + " "):
        return call.opaque("its program is not known before it runs")
    return _awk_program(call, code)


_INCLUDES = re.compile(r'@(?:include|load)\s+"([^"]+)"')


def _file(call: Call, path: str) -> str | None:
    where = call.absolute(path) if known(path) and not call.machine else ""
    return call.around.read(where) if where else None


def _with_values(code: str, settings: tuple[str, ...]) -> str:
    """Return *code* with the values of its variables where they are run as texts."""
    for setting in settings:
        name, equals, value = setting.partition("=")
        if equals and name.isidentifier() and name in code:
            code = re.sub(rf"(\bsystem\s*\(\s*|\|&?\s*){name}\b(?!\s*\()", lambda match: f'{match[1]}"{value}"', code)  # noqa: B023 used at once
    return code


def _piped(code: str) -> Iterator[tuple[str, bool]]:
    """Yield the strings that a pipe of the program starts, and whether it reads from them."""
    for match in _STRING.finditer(code):
        before = code[max(0, match.start() - _NEAR) : match.start()].rstrip()
        reads = _GETS.match(code, match.end()) is not None
        if reads or (before.endswith(("|", "|&")) and not before.endswith("||")):
            yield match[1], reads


def _awk_program(call: Call, code: str) -> Effect:
    feeds = msgspec.structs.replace(call, stdin=None, fed=True, piped=True)
    texts = list(_piped(code))[:MAX_STARTS]
    started = [(call if reads else feeds).run(ansi_c(text)) for text, reads in texts]
    started.append(names_the_gate(call, code) if ">" in code else EMPTY)
    for match in matches(_AWK_STARTS, code):
        literal = LITERAL.match(code, match.end())
        rest = code[literal.end() :].lstrip() if literal else ""
        text = ansi_c(literal[2] or "") if literal and literal[2] is not None else HIDDEN
        text += "" if rest.startswith(")") else HIDDEN
        started.append(
            call.run(text) if text.strip(HIDDEN) else call.opaque("its program runs a text that is not known")
        )
    if _AWK_UNKNOWN.search(_STRING.sub('""', code)):
        started.append(call.opaque("its program starts a process that is not known before it runs"))
    written = [Effect(fx.CHANGES)] if _AWK_WRITES.search(code) else []
    return change(join([FILTER, *started, *written]), rounds=1)


PROGRAMS = dict.fromkeys(("awk", "gawk", "mawk", "nawk"), awk)
