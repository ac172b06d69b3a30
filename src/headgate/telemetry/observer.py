"""What the store appends, to a collector, by a thread of its own: nobody waits for it, and nothing fails by it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from headgate.configure.telemetry import TelemetryTerms
from headgate.model.errors import HeadgateError
from headgate.record.events import ConfigurationRead, DaemonStopped, Event
from headgate.telemetry.measures import Measures
from headgate.telemetry.spans import Begun, Spans, Told

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from headgate.telemetry.sender import Sender

MOST = 4096
"""Events, and spans, that wait to be sent; of more, the new ones are dropped and counted."""

EVERY = 1.0
"""Seconds between two looks at what waits."""

METRICS_EVERY = 10.0
BATCH = 256
SLOWEST = 30.0
"""Seconds between two tries, at most, while the collector is away."""

FAREWELL = 2.0
"""Seconds that the end of a daemon waits for the last of it."""


class Status(msgspec.Struct):
    """How it goes: *sent* and *dropped* count spans (an event that is dropped counts as one), *waiting* as well.

    *code* and *fault* say what is wrong now, empty where nothing is; *endpoint* is empty where nothing is to be sent.
    """

    endpoint: str = ""
    sent: int = 0
    dropped: int = 0
    waiting: int = 0
    code: str = ""
    fault: str = ""


class Telemetry:
    """Observes one store. *terms* says what the configuration asks for, *jobs* which jobs run, *gate* is its name.

    `heard` and `status` are called by the thread of the store; they take microseconds, and raise nothing.
    """

    def __init__(
        self, gate: str, terms: Callable[[], TelemetryTerms | None], jobs: Callable[[], Mapping[int, Begun]]
    ) -> None:
        self._gate = gate
        self._wanted = terms
        self._jobs = jobs
        self._terms: TelemetryTerms | None = None
        self._carrier: _Carrier | None = None
        self._fault = ""

    def heard(self, name: str, event: Event) -> None:
        """Take note of *event*, which is durable as the entry *name* (12 hexadecimal digits)."""
        if isinstance(event, ConfigurationRead):
            try:
                self._follow()
            except (HeadgateError, RuntimeError) as error:  # the store cannot be read, or no thread be started
                self._fault = f"it cannot be started ({error})"
        if self._carrier is not None:
            self._carrier.put(name, event)
            if isinstance(event, DaemonStopped):
                self._end(FAREWELL)

    def status(self) -> Status:
        """Return how it goes."""
        if self._carrier is not None:
            return self._carrier.status()
        return Status(code="HG522", fault=self._fault) if self._fault else Status()

    def _follow(self) -> None:
        """Send where the configuration says now."""
        terms = self._wanted()
        if terms == self._terms:
            return
        self._end(0.0)
        self._terms, self._fault = terms, ""
        if terms is not None:
            carrier = _Carrier(terms, self._gate, self._jobs())
            carrier.thread.start()
            self._carrier = carrier

    def _end(self, patience: float) -> None:
        if self._carrier is not None:
            self._carrier.end(patience)
            self._carrier = None


class _Carrier:
    """The thread that sends to one collector, and what waits for it."""

    def __init__(self, terms: TelemetryTerms, gate: str, jobs: Mapping[int, Begun]) -> None:
        self._terms = terms
        self._gate = gate
        self._events: deque[tuple[str, Event]] = deque()
        self._spans = Spans(arguments=terms.arguments)
        self._measures = Measures()
        self._ready: deque[ReadableSpan] = deque()
        self._told = Status(terms.endpoint)
        self._sender: Sender | None = None
        self._ending = threading.Event()
        self._overflow = 0  # counted by the thread that appends, `dropped` by ours
        self._tried, self._uncounted = 0, 0.0
        for job, begun in jobs.items():
            self._spans.knows(job, begun)
        self.thread = threading.Thread(target=self._run, name="headgate-telemetry", daemon=True)

    def put(self, name: str, event: Event) -> None:
        """Leave *event* for the thread, or drop it where too many wait."""
        if len(self._events) >= MOST:
            self._overflow += 1
        else:
            self._events.append((name, event))

    def status(self) -> Status:
        """Return how it goes now."""
        waiting = len(self._events) + len(self._ready)
        return msgspec.structs.replace(self._told, waiting=waiting, dropped=self._told.dropped + self._overflow)

    def end(self, patience: float) -> None:
        """Have the thread send what is left, and wait so many seconds for it."""
        self._ending.set()
        if patience and self._told.code:
            patience = 0.0  # nobody is there
        self.thread.join(patience)

    # -- in the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.wait(min(EVERY * 2 ** min(self._tried, 10), SLOWEST)):
            self._guarded()
        self._guarded(last=True)

    def _guarded(self, *, last: bool = False) -> None:
        try:
            self._round(last=last)
        except HeadgateError as error:
            self._fail(error.code, error.message)
        except ImportError as error:
            self._fail("HG521", f"the extra `otel` is not installed ({error.name or error})")
        except Exception as error:  # noqa: BLE001 the guard of this thread: a decision never hears of it
            self._told.dropped += 1  # what it was about is not sent
            self._fail("HG522", f"something cannot be sent ({error!r})")

    def _fail(self, code: str, fault: str) -> None:
        """Keep what is wrong; what waits longer than there is room for is dropped by `put`."""
        self._told.code, self._told.fault = code, fault
        self._tried += 1

    def _round(self, *, last: bool) -> None:
        """Make spans of what waits, and send them, then the metrics when it is time."""
        if self._sender is None:
            from headgate.telemetry.sender import Sender  # noqa: PLC0415 an extra; loading it takes half a second

            self._sender = Sender(self._terms, self._gate)
        sender = self._sender
        self._read(sender)
        self._make(sender, self._spans.left() if last else self._spans.overdue(time.time()))
        while self._ready:
            batch = [self._ready[at] for at in range(min(BATCH, len(self._ready)))]
            taken = sender.send(batch)
            if not taken and not sender.refused:
                raise self._away("does not answer")
            for _ in batch:
                self._ready.popleft()
            if not taken:  # sending the same once more would end the same way
                self._told.dropped += len(batch)
                raise self._away(f"refuses what is sent (HTTP {sender.refused})")
            self._told.sent += len(batch)
            self._read(sender)
        self._metrics(sender, last=last)
        self._tried, self._told.code, self._told.fault = 0, "", ""

    def _read(self, sender: "Sender") -> None:
        """Make spans of the events that wait, as far as there is room for them."""
        while self._events and len(self._ready) < MOST:
            name, event = self._events.popleft()
            sender.count(self._measures.hear(event))
            self._make(sender, self._spans.hear(name, event))

    def _make(self, sender: "Sender", told: Iterable[Told]) -> None:
        self._ready.extend(span for one in told if (span := sender.span(one)) is not None)

    def _metrics(self, sender: "Sender", *, last: bool) -> None:
        self._uncounted += EVERY
        if last or self._uncounted >= METRICS_EVERY:
            if not sender.send_metrics():
                raise self._away("does not answer")
            self._uncounted = 0.0

    def _away(self, why: str) -> HeadgateError:
        return HeadgateError("HG522", f"the collector at {self._terms.endpoint} {why}", "see that it runs")
