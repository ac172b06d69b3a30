"""An agent's output, read as it comes and in bounded memory: what it said, and the steps that it planned."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from headgate.workers.agents.quoting import bounded

MAX_ITEM = 300
"""Characters of one step, or of one thing that is open."""

MAX_ITEMS = 20
MAX_LINE = 1024 * 1024
"""Bytes of one event of a client; what an agent says is shorter, and what a tool printed is not needed."""

MAX_PLAIN = 64 * 1024
"""Bytes of a line that counts as text; a longer one is not written for people."""

MAX_SAID = 256 * 1024
"""Characters of what was said that are kept, the latest."""

CHUNK = 256 * 1024

_STEP = re.compile(r"^[ \t*#-]*(?:STEP[ \t]+(\d{1,3})[ \t]*:[ \t]*(\S[^\n]*)|DONE[ \t]+(\d{1,3})\b)", re.MULTILINE)


class Step(msgspec.Struct, frozen=True):
    """One step that an agent planned, and whether it says that it is done."""

    text: str
    done: bool = False


class Reading:
    """What was read of an output so far.

    Lines of JSON are a client's events, and only their messages count; without any, every line is text.
    *said* are the messages, the latest last; *failed* tells that the client says so of itself.
    """

    def __init__(self) -> None:
        self.failed = False
        self.events = False
        self._said: deque[str] = deque()
        self._length = 0
        self._begun = bytearray()
        self._skips = False
        self._steps: dict[int, str] = {}
        self._done: set[int] = set()

    @property
    def said(self) -> Sequence[str]:
        """What the agent said, the latest last; of plain text, its lines."""
        return self._said

    @property
    def text(self) -> str:
        """All of what it said that is kept."""
        return "\n".join(self._said)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that were planned, in the order of their numbers."""
        return tuple(Step(self._steps[number], number in self._done) for number in sorted(self._steps))

    def take(self, data: bytes) -> None:
        """Read *data*, which comes behind what was read before; a line counts once it is whole."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            if not self._skips:
                self._line(bytes(self._begun + line) if self._begun else line)
            self._begun.clear()
            self._skips = False
        if self._skips or len(self._begun) + len(rest) > MAX_LINE:
            self._begun.clear()
            self._skips = True
        else:
            self._begun += rest

    def close(self) -> None:
        """Read the last line, where no line feed ends it."""
        if self._begun:
            self.take(b"\n")

    def _line(self, line: bytes) -> None:
        event = _event(line)
        if event:
            if not self.events:
                self._start_over()
            self.failed = self.failed or event.get("is_error") is True or event.get("type") == "turn.failed"
            for text in _said(event):
                self._hear(text)
        elif not self.events and len(line) <= MAX_PLAIN:
            self._hear(line.decode("utf-8", "replace"))

    def _start_over(self) -> None:
        """Forget what a client printed before its first event."""
        self.events = True
        self._said.clear()
        self._steps.clear()
        self._done.clear()
        self._length = 0

    def _hear(self, text: str) -> None:
        text = text[-MAX_SAID:]
        if self._said and self._said[-1] == text and self.events:
            return  # the client says its last message once more, as the result
        self._said.append(text)
        self._length += len(text) + 1
        while self._length > MAX_SAID and len(self._said) > 1:
            self._length -= len(self._said.popleft()) + 1
        for number, step, ended in _STEP.findall(text):
            if ended:
                self._done.add(int(ended))
            elif len(self._steps) < MAX_ITEMS or int(number) in self._steps:
                self._steps[int(number)] = bounded(step, MAX_ITEM)


def plans(line: str) -> bool:
    """Whether *line* is one of those that tell of the plan."""
    return _STEP.match(line) is not None


def read(log: Path) -> Reading:
    """Return what is in the output at *log*; nothing where it cannot be read."""
    reading = Reading()
    try:
        with log.open("rb") as file:
            while data := file.read(CHUNK):
                reading.take(data)
    except OSError:
        pass
    reading.close()
    return reading


def object_in(text: str | bytes) -> Mapping[str, object]:
    """Return the JSON object that *text* is; an empty one where it is none."""
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _event(line: bytes) -> Mapping[str, object]:
    """Return the event of a client in *line*; nothing where it is none."""
    found = object_in(line) if line.lstrip().startswith(b"{") else {}
    return found if isinstance(found.get("type"), str) else {}


def _said(event: Mapping[str, object]) -> Sequence[str]:
    """Return the messages in one event: Claude Code's `assistant` and `result`, Codex's `agent_message` and faults."""
    match event.get("type"):
        case "result":
            return _texts(event.get("result"))
        case "assistant" if not event.get("parent_tool_use_id"):
            content = _table(event.get("message")).get("content")
            parts = [_table(part) for part in content] if isinstance(content, list) else []
            return [text for part in parts if part.get("type") == "text" for text in _texts(part.get("text"))]
        case "item.completed":
            item = _table(event.get("item"))
            return _texts(item.get("text")) if item.get("type") == "agent_message" else []
        case "turn.failed":
            return _texts(_table(event.get("error")).get("message"))
        case _:
            return []


def _texts(value: object) -> Sequence[str]:
    return [value] if isinstance(value, str) else []


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
