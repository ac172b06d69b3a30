"""What the main thread should hear of a job that goes on: the first error, a stall, a question; each once."""

import re
from enum import StrEnum

import msgspec

from headgate.model.plan import Activity
from headgate.record.redact import redact
from headgate.workers.lines import looks_wrong, narrow, plain

QUIET = 60.0
"""Seconds without output and work after which a job is stalled, at least; half of what is expected, if that is more."""

ASKING = 3.0
"""Seconds that a process must have been blocked at a terminal."""

PROMPTED = 5.0
"""Seconds of silence behind a line that looks like a question."""

WORK = 0.05
"""Processor seconds that count as work; who only sleeps and looks uses less."""

MAX_QUESTIONS = 3
"""Different questions of one job that are told."""

_LONGEST = 4096
_LONGEST_PROMPT = 200

_PROMPT = re.compile(
    r"(?i)(?:[\[(](?:y(?:es)?/n(?:o)?|y/n/\w.*)(?:/[^\])]*)?[\])]\s*[?:>]?"
    r"|\b(?:password|passphrase|username|login|user name|pin|otp|verification code|passcode|token)\b[^\n]{0,80}[:?>]"
    r"|\b(?:enter|press|type|select|choose|choice|confirm|continue|proceed|overwrite|replace|are you sure)\b"
    r"[^\n]{0,120}[:?>\])]"
    r"|[^\n\d]\?|^[^\s#=\d][^\s#=]{0,30}(?<!\d)[$#%>]|^[$#>]{1,3})\s*$"
)
"""An unfinished line that a program leaves when it asks; a bar of progress (`45%`, `[==>`) is none."""


class Kind(StrEnum):
    """What is told of a job that goes on."""

    FIRST_ERROR = "first error"
    STALLED = "stalled"
    WAITING = "waiting for input"


class Sign(msgspec.Struct, frozen=True):
    """How a job looks *now* (any clock that only goes forward): *output* bytes so far, *new* the latest of them.

    *cpu* are the processor seconds of its processes, *asking* says whether one is blocked in a read of a terminal;
    `None` where the system does not tell.
    """

    now: float
    output: int
    cpu: float | None
    asking: bool | None
    new: bytes = b""


class Heard(msgspec.Struct, frozen=True):
    """Something to tell: its *kind*, and the line that was seen."""

    kind: Kind
    text: str


class Watch:
    """Watches one job, from signs that come about once a second; *streams* may be silent for as long as they like."""

    def __init__(self, now: float, expected: float | None = None, *, streams: bool = False) -> None:
        self.patience = max(QUIET, (expected or 0.0) / 2)
        self.streams = streams
        self.first_error = ""
        self.state = Activity.WORKING
        self.last_output_at = now
        self._active_at = now
        self._cpu = 0.0
        self._output = 0
        self._unfinished = ""
        self._last_line = ""
        self._asking_since: float | None = None
        self._questions: set[str] = set()

    def look(self, sign: Sign) -> list[Heard]:
        """Return what is new in *sign*."""
        heard = self._read(sign)
        self._note(sign)
        if self._asks(sign):
            heard += self._question()
        elif self._stalls(sign):
            heard += [Heard(Kind.STALLED, self._last())] if self.state is not Activity.STALLED else []
            self.state = Activity.STALLED
        elif self.state is Activity.WAITING or self._active_at == sign.now:
            self.state = Activity.WORKING
        return heard

    def _read(self, sign: Sign) -> list[Heard]:
        """Follow the lines of the output; return the first error."""
        text = self._unfinished + plain(sign.new.decode("utf-8", "replace"))
        *lines, rest = text.split("\n")
        self._unfinished = rest if len(rest) <= _LONGEST else rest[-_LONGEST:]
        self._last_line = next((line for line in reversed(lines) if line.strip()), self._last_line)
        if self.first_error:
            return []
        wrong = next((line for line in lines if looks_wrong(line[:_LONGEST])), None)
        if wrong is None:
            return []
        self.first_error = _shown(wrong)
        return [Heard(Kind.FIRST_ERROR, self.first_error)]

    def _note(self, sign: Sign) -> None:
        """Note when it last did something."""
        if sign.output != self._output:
            self._output = sign.output
            self.last_output_at = self._active_at = sign.now
        if sign.cpu is not None and abs(sign.cpu - self._cpu) >= WORK:  # less, where a process took its time with it
            self._cpu = sign.cpu
            self._active_at = sign.now

    def _asks(self, sign: Sign) -> bool:
        silence = sign.now - self.last_output_at
        if not sign.asking:
            self._asking_since = None
        elif self._asking_since is None:
            self._asking_since = sign.now
        if self._asking_since is not None and min(sign.now - self._asking_since, silence) >= ASKING:
            return True
        prompt = 0 < len(self._unfinished.strip()) <= _LONGEST_PROMPT and _PROMPT.search(self._unfinished)
        return bool(prompt) and not self.streams and silence >= PROMPTED

    def _question(self) -> list[Heard]:
        self.state = Activity.WAITING
        question = self._last()
        if question in self._questions or len(self._questions) >= MAX_QUESTIONS:
            return []
        self._questions.add(question)
        return [Heard(Kind.WAITING, question)]

    def _stalls(self, sign: Sign) -> bool:
        """Whether it does nothing; a job whose work nobody can see is not accused."""
        return not self.streams and sign.cpu is not None and sign.now - self._active_at >= self.patience

    def _last(self) -> str:
        return _shown(self._unfinished if self._unfinished.strip() else self._last_line)


def _shown(line: str) -> str:
    return narrow(redact(line.strip()))
