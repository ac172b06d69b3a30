"""Lines of output and durations as people see them: without control sequences and secrets, bounded."""

import re

from headgate.record.redact import redact

MAX_LINE = 240

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

STEMS = (
    "error", "err!", "fail", "fatal", "denied", "refused", "unreachable", "exception", "panic", "traceback",
    "timed out", "command not found", "no such file", "segmentation fault", "aborted", "killed",
    "unable to", "could not", "cannot",
)  # fmt: skip
"""A line without any of these, in any case of letters, does not look like an error."""

_ERROR = re.compile(
    r"(?i)\b(?:\w*errors?|fail(?:ed|ures?|ing)?|fatal|denied|refused|unreachable|\w*exception|panic(?:ked)?|traceback"
    r"|timed out|command not found|no such file|segmentation fault|aborted|killed|unable to|could not|cannot)\b|\berr!"
)
_NONE = re.compile(
    r"(?i)\b(?:0|no|zero|without(?: any)?)\s+(?:\w+\s+)?(?:errors?|fail(?:ed|ing|ures?)?|exceptions?)\b"
    r"|\b(?:errors?|fail(?:ed|ures?)|unreachable)\s*[=:]\s*0\b"
)


def looks_wrong(line: str) -> bool:
    """Whether *line* looks as if it told of an error; what says that there was none does not."""
    return bool(_ERROR.search(line)) and bool(_ERROR.search(_NONE.sub("", line)))


def plain(text: str) -> str:
    """Return *text* without control sequences; every kind of line end is a newline."""
    return _ESCAPES.sub("", _BREAKS.sub("\n", text))


def clean(log: str) -> list[str]:
    """Return the lines of *log* without control sequences and secrets, each cut to a bounded length."""
    text = redact(plain(log))
    return [cut(line) for line in text.removesuffix("\n").split("\n")] if text else []


def cut(line: str, most: int = MAX_LINE) -> str:
    """Return *line*, cut to *most* characters."""
    return line if len(line) <= most else line[:most] + " …"


def narrow(line: str, most: int = 200) -> str:
    """Return *line* in at most *most* bytes of UTF-8."""
    data = line.encode("utf-8", "replace")
    return line if len(data) <= most else data[: most - 3].decode("utf-8", "ignore") + "…"


def one_line(command: str, most: int = 200) -> str:
    """Return *command* on one line, cut to *most* characters."""
    flat = " ".join(command.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def lasting(seconds: float | None) -> str:
    """Return a duration as people write it."""
    if seconds is None:
        return "not known"
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            return f"{seconds / size:g} {unit}" if seconds % size == 0 else f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 tenths matter below ten


def size(count: int) -> str:
    """Return a number of bytes as people write it."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} bytes" if count != 1 else "1 byte"
