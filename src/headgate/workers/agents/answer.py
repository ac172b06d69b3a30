"""What an agent answers at its end: in a form that was agreed, or as plain text."""

from collections.abc import Iterator

import msgspec

from headgate.workers.agents.quoting import bounded
from headgate.workers.agents.reading import MAX_ITEM, MAX_ITEMS, Reading, Step, object_in

__all__ = ["MAX_ITEM", "MAX_ITEMS", "Answer", "Step", "answer", "answer_in", "plan"]

MAX_RESULT = 4000

NO_ANSWER = "the agent gave no answer of the agreed form"

_FENCE = "```"


class Answer(msgspec.Struct, frozen=True):
    """What an agent answered: the *result*, whether its task is *done*, its *steps*, and what is *open*."""

    result: str
    done: bool = False
    steps: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def agreed(self) -> bool:
        """Whether it has the agreed form."""
        return self.open != (NO_ANSWER,)


def answer(output: str) -> Answer:
    """Return the answer in an agent's whole *output*; see `answer_in`."""
    return answer_in(_read(output))


def plan(output: str) -> tuple[Step, ...]:
    """Return the steps that an agent has planned so far in its *output*, in the order of their numbers."""
    return _read(output).steps


def answer_in(reading: Reading) -> Answer:
    """Return the answer in what was read, bounded and without secrets.

    The last fenced block that holds an object with a `result` counts. Without one, the result is the end of what the
    agent said, and nothing is done.
    """
    for found in reversed([object_in(block) for block in _fenced(reading.text)]):
        if isinstance(found.get("result"), str):
            return Answer(
                bounded(str(found["result"]), MAX_RESULT),
                found.get("done") is True and not reading.failed,
                _items(found.get("steps")),
                _items(found.get("open")),
            )
    last = (reading.said[-1] if reading.said else "") if reading.events else reading.text
    return Answer(bounded(last, MAX_RESULT, end=True), open=(NO_ANSWER,))


def _read(output: str) -> Reading:
    reading = Reading()
    reading.take(output.encode("utf-8", "replace"))
    reading.close()
    return reading


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


def _items(value: object) -> tuple[str, ...]:
    texts = [item for item in value if isinstance(item, str) and item.strip()] if isinstance(value, list) else []
    return tuple(bounded(" ".join(item.split()), MAX_ITEM) for item in texts[:MAX_ITEMS])
