"""What of an agent's output is its plan, and what its answer: Claude Code's and Codex's events, or plain text."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from headgate.workers.agents.quoting import CUT, plain

MAX_RESULT = 4000
MAX_ITEM = 300
"""Characters of one step, or of one thing that is open."""

MAX_ITEMS = 20
MAX_READ = 1024 * 1024
"""Characters of an output that are looked at, from its end."""

NO_ANSWER = "the agent gave no answer of the agreed form"

_FENCE = "```"
_STEP = re.compile(r"^[ \t*#-]*(?:STEP[ \t]+(\d{1,3})[ \t]*:[ \t]*(\S[^\n]*)|DONE[ \t]+(\d{1,3})\b)", re.MULTILINE)


class Answer(msgspec.Struct, frozen=True):
    """What an agent answered: the *result*, whether its task is *done*, its *steps*, and what is *open*."""

    result: str
    done: bool = False
    steps: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One step that an agent planned, and whether it says that it is done."""

    text: str
    done: bool = False


def answer(output: str) -> Answer:
    """Return the answer in an agent's whole *output*, bounded and without secrets.

    The last fenced block that holds an object with a `result` counts. Without one, the result is the end of what the
    agent said, and nothing is done.
    """
    said, failed = _messages(output)
    text = "\n".join(said)
    for found in reversed([_object(block) for block in _fenced(text)]):
        if isinstance(found.get("result"), str):
            return Answer(
                _bounded(str(found["result"]), MAX_RESULT),
                found.get("done") is True and not failed,
                _items(found.get("steps")),
                _items(found.get("open")),
            )
    return Answer(_bounded(said[-1] if said else "", MAX_RESULT, end=True), open=(NO_ANSWER,))


def plan(output: str) -> tuple[Step, ...]:
    """Return the steps that an agent has planned so far in its *output*, in the order of their numbers."""
    steps: dict[int, str] = {}
    done: set[int] = set()
    for number, text, ended in _STEP.findall("\n".join(_messages(output)[0])):
        if ended:
            done.add(int(ended))
        elif len(steps) < MAX_ITEMS or int(number) in steps:
            steps[int(number)] = _bounded(text, MAX_ITEM)
    return tuple(Step(steps[number], number in done) for number in sorted(steps))


def _messages(output: str) -> tuple[Sequence[str], bool]:
    """Return what the agent said, the latest last, and whether its client says that it failed.

    Lines of JSON are a client's events, and only their messages count; without any, the whole output is one message.
    """
    events = [event for line in output[-MAX_READ:].splitlines() if (event := _event(line))]
    if not events:
        return [output[-MAX_READ:]] if output.strip() else [], False
    said = [text for event in events for text in _said(event)]
    failed = any(event.get("is_error") is True or event.get("type") == "turn.failed" for event in events)
    return said, failed


def _event(line: str) -> Mapping[str, object]:
    """Return the event of a client in *line*; nothing where it is none."""
    found = _object(line) if line.lstrip().startswith("{") else {}
    return found if isinstance(found.get("type"), str) else {}


def _said(event: Mapping[str, object]) -> Sequence[str]:
    """Return the messages in one event: Claude Code's `assistant` and `result`, Codex's `agent_message`."""
    if event.get("type") == "result":
        return [str(event["result"])] if isinstance(event.get("result"), str) else []
    if event.get("type") == "assistant" and not event.get("parent_tool_use_id"):
        message = event.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else []
        texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
        return [text for text in texts if isinstance(text, str)]
    item = event.get("item")
    if event.get("type") == "item.completed" and isinstance(item, dict) and item.get("type") == "agent_message":
        return [str(item.get("text", ""))]
    return []


def _fenced(text: str) -> Iterator[str]:
    """Yield what stands in fenced blocks; a fence with a word opens one anew."""
    block: list[str] | None = None
    for line in text.splitlines():
        mark = line.strip()
        if mark.startswith(_FENCE) and (block is None or mark != _FENCE):
            block = []
        elif mark == _FENCE and block is not None:
            yield "\n".join(block)
            block = None
        elif block is not None:
            block.append(line)


def _object(text: str) -> Mapping[str, object]:
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _items(value: object) -> tuple[str, ...]:
    texts = [item for item in value if isinstance(item, str) and item.strip()] if isinstance(value, list) else []
    return tuple(_bounded(" ".join(item.split()), MAX_ITEM) for item in texts[:MAX_ITEMS])


def _bounded(text: str, most: int, *, end: bool = False) -> str:
    """Return *text* made plain and cut to *most* characters: its beginning, or its *end*."""
    whole = plain(text[-most * 4 :] if end else text).strip()
    if len(whole) <= most:
        return whole
    return CUT + whole[-most:] if end else whole[:most] + CUT
