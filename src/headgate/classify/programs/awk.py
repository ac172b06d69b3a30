"""awk: its program is searched for the processes it starts and the files it writes (awk(1))."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.code_entry import FILTER, LOOK, UNSURE
from headgate.classify.programs.interpreters import LITERAL, matches
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.quoting import ansi_c

_AWK_STARTS = re.compile(r"\bsystem\s*\(\s*")
_AWK_READS = re.compile(r'"((?:[^"\\]|\\.)*)"\s*\|&?\s*getline')
_AWK_PRINTS = re.compile(r'\bprintf?\b[^;}\n]*?\|&?\s*"((?:[^"\\]|\\.)*)"')
_AWK_UNKNOWN = re.compile(r"[\w)\]]\s*\|&?\s*getline|\bprintf?\b[^;}\n|]*\s\|&?\s*[A-Za-z_(]")
_AWK_WRITES = re.compile(r"\bprintf?\b[^;}\n]*>\s*(?!\"/dev/)[\"A-Za-z_$(]")


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
    if found.has("-f", "--file", "-E", "--exec", "-i", "--include"):
        return UNSURE
    code = found.value("-e", "--source") or (found.operands[0] if found.operands else "")
    if not any(mark in code for mark in ("system", "|", ">", HIDDEN)):
        return FILTER
    if not code.strip(HIDDEN + " "):
        return call.opaque("its program is not known before it runs")
    return _awk_program(call, code)


def _awk_program(call: Call, code: str) -> Effect:
    texts = [match[1] for pattern in (_AWK_READS, _AWK_PRINTS) for match in matches(pattern, code)]
    started = [call.run(ansi_c(text)) for text in texts]
    for match in matches(_AWK_STARTS, code):
        literal = LITERAL.match(code, match.end())
        rest = code[literal.end() :].lstrip() if literal else ""
        text = ansi_c(literal[2] or "") if literal and literal[2] is not None else HIDDEN
        text += "" if rest.startswith(")") else HIDDEN
        started.append(
            call.run(text) if text.strip(HIDDEN) else call.opaque("its program runs a text that is not known")
        )
    if _AWK_UNKNOWN.search(code):
        started.append(call.opaque("its program starts a process that is not known before it runs"))
    written = [Effect(fx.CHANGES)] if _AWK_WRITES.search(code) else []
    return change(join([FILTER, *started, *written]), rounds=1) if started or written else FILTER


PROGRAMS = dict.fromkeys(("awk", "gawk", "mawk", "nawk"), awk)
