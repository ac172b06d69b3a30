"""What the user wants: the last prompts in a client's own transcript."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from headgate.host.acting import acting
from headgate.workers.agents.quoting import CUT, plain

MAX_PROMPTS = 3
MAX_PROMPT = 1500
"""Characters of one prompt."""

MAX_READ = 4 * 1024 * 1024
"""Bytes that are looked at, from the end of the transcript."""

MAX_LINE = 256 * 1024
"""Bytes of a line that is parsed; what a person types is shorter."""

_CLIENTS_OWN = re.compile(r"\s*(?:<[a-z][a-z_-]*[ >]|\[Request interrupted|Caveat: )")
"""How texts begin that a client puts in as the user's: reminders, notifications, its own commands and their output."""


def intent(transcript: Path) -> tuple[str, ...]:
    """Return what the user said last in a *transcript* of Claude Code or Codex, the latest last, without secrets.

    A file that is missing, odd or of another form gives nothing.
    """
    found: list[str] = []
    for line in reversed(_end_of(transcript).split(b"\n")):
        if len(found) == MAX_PROMPTS:
            break
        text = plain(_prompt(line)).strip()
        if text and text not in found:
            found.append(text if len(text) <= MAX_PROMPT else text[:MAX_PROMPT] + CUT)
    return tuple(reversed(found))


@acting()
def _end_of(file: Path) -> bytes:
    """Return the last whole lines of a regular file; nothing where it cannot be read."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):  # a name with a zero in it is a ValueError
        return b""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return b""
        first = max(0, found.st_size - MAX_READ)
        content = os.pread(descriptor, MAX_READ, first)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return content.partition(b"\n")[2] if first else content


def _prompt(line: bytes) -> str:
    """Return what a person typed, as this line of a transcript says; mostly nothing."""
    if len(line) > MAX_LINE or not (b'"user"' in line or b"UserMessage" in line or b"user_message" in line):
        return ""
    try:
        entry = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return ""
    return "\n".join(text for text in _typed(_table(entry)) if not _CLIENTS_OWN.match(text))


def _typed(entry: Mapping[str, object]) -> Iterator[str]:
    """Yield the texts of a prompt in an entry of either client."""
    if entry.get("type") == "user":
        made = ("isMeta", "isSidechain", "isCompactSummary", "toolUseResult", "sourceToolUseID")
        if not any(entry.get(key) for key in made):
            yield from _texts(_table(entry.get("message")).get("content"))
    elif entry.get("type") == "event_msg":
        event = _table(entry.get("payload"))
        item = _table(event.get("item"))
        if event.get("type") == "item_completed" and item.get("type") == "UserMessage":
            yield from _texts(item.get("content"))
        elif event.get("type") == "user_message":
            yield from _texts(event.get("message"))


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else []:
        text = _table(part).get("text")
        if _table(part).get("type") == "text" and isinstance(text, str):
            yield text


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
