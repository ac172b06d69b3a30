"""What programs say of themselves in their output: sums of what they did, and files that they wrote."""

import re
from collections.abc import Sequence

from headgate.workers.lines import narrow

MAX_TOLD = 2
MAX_MADE = 6

_WIDTH = 120

_SUM = re.compile(
    r"^(?:\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?)(?:, )?)+(?: in [\d.]+ ?s.*)?$"
    r"|^Ran \d+ tests? in |^FAILED \((?:failures|errors)=|^Tests?:\s+.*\b\d+ (?:passed|failed|total)\b"
    r"|^test result: |^\d+ (?:passing|failing)\b|^(?:ok|FAIL)\s+\S+\s+[\d.]+s$"
    r"|^(?:\[\w+\] *)?Tests run: \d+, Failures: \d+"
    r"|^\S+\s+: ok=\d+ +changed=\d+ |^(?:Apply|Destroy) complete! |^Plan: \d+ to add|\bBUILD (?:SUCCESS|FAIL)"
    r"|^\d+ upgraded, \d+ newly installed|^total size is [\d,.]+|^Found \d+ errors?"
)
_WRITES = re.compile(
    r"(?i)(?:\b(?:wrote|writing(?: to)?|generated|created|successfully (?:built|tagged)"
    r"|(?:written|saved|exported|output)(?: \w+){0,2}? (?:to|as|in)|saved)\s*:?|(?<![-<=])[-=]>)\s+(?:\w+ ){0,2}?"
    r"[`'\"]?((?:[\w.~+@%-]*/)*[\w.+@%-]+[\w:+.-]*)"
)
_PATH = re.compile(r"(?=.*[A-Za-z]{2})(?:.*/.*\w|.*\w\.[A-Za-z]\w{0,9}|[\w./-]+:[\w.-]+)$")


def told(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the latest of *lines* in which a program sums up what it did (`12 passed, 1 failed`)."""
    bare = (line.strip("= ") for line in reversed(lines))
    found = dict.fromkeys(narrow(line, _WIDTH) for line in bare if _SUM.search(line))
    return tuple(reversed(list(found)[:MAX_TOLD]))


def made(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first files that *lines* say were written (`Wrote a.txt`, `-> dist/x.whl`)."""
    found: dict[str, None] = {}
    for line in lines:
        for match in _WRITES.finditer(line):
            path = match[1].rstrip(".,:")
            if _PATH.match(path) and "‹" not in path:
                found[narrow(path, _WIDTH)] = None
        if len(found) >= MAX_MADE:
            break
    return tuple(found)[:MAX_MADE]
