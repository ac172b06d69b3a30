"""The connections of the exec gate: one a tree, from its supervisor, and one a start that a worker does instead."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from headgate.decide.starting import AtStart
from headgate.host.processes import Peer
from headgate.intercept.connections import connection_of
from headgate.intercept.starts import Frame, frames, relayed, start_of, told, written
from headgate.model.errors import HeadgateError
from headgate.model.start import REFUSED, Reply, Verdict
from headgate.record.start_events import ProgramsStarted
from headgate.surfaces.connections import Connections
from headgate.surfaces.guarded import Guarded, GuardedCalls
from headgate.surfaces.standing_in import StandingIn
from headgate.surfaces.starts import Starts
from headgate.workers import starts_log

GREETINGS = (b"headgate-exec/1 ", b"headgate-relay/1 ")
"""How these connections begin; a name follows, and a newline."""


class StartWires:
    """Makes and knows the connections of the exec gate."""

    def __init__(self, starts: Starts, calls: GuardedCalls, standing_in: StandingIn) -> None:
        self.starts = starts
        self.connections = Connections(starts)
        self.calls = calls
        self.standing_in = standing_in
        self.open: dict[SupervisorWire, int] = {}

    def accept(self, head: bytes, transport: asyncio.Transport, peer: Peer) -> asyncio.Protocol:
        """Return the protocol of a connection that began with *head*, and let it have *transport*."""
        kind, _, name = head.decode("utf-8", "replace").partition(" ")
        wire: SupervisorWire | StubWire
        if kind == "headgate-exec/1":
            wire = SupervisorWire(self, name, transport)
            self.open[wire] = peer.pid
        else:
            wire = StubWire(self, name, transport)
        transport.set_protocol(wire)
        return wire

    def supervise(self, ancestors: Iterable[int]) -> bool:
        """Whether one of the processes *ancestors* is the supervisor of a tree."""
        return bool(self.open) and not set(self.open.values()).isdisjoint(ancestors)

    def forget_answers(self) -> None:
        """Have every supervisor forget what it knew: the rules are others now."""
        for wire in self.open:
            wire.answer(0, Reply(Verdict.FORGET))


class _Wire(asyncio.Protocol):
    """Takes frames, each by `take`; one in no known form ends the connection, and nothing of it is let start."""

    def __init__(self, wires: StartWires, transport: asyncio.Transport) -> None:
        self.wires = wires
        self.transport = transport
        self.heard = bytearray()
        self.tasks: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        """Take the whole frames that are there."""
        self.heard += data
        try:
            for frame in frames(self.heard):
                self.take(frame)
        except HeadgateError:
            self.transport.abort()

    def take(self, frame: Frame) -> None:
        """Do what *frame* asks for."""
        raise NotImplementedError

    def begin(self, work: asyncio.Task[None]) -> None:
        """Keep *work* until it is done."""
        self.tasks.add(work)
        work.add_done_callback(self.tasks.discard)


class SupervisorWire(_Wire):
    """One tree: its starts are answered as they come, or once a person has answered."""

    def __init__(self, wires: StartWires, name: str, transport: asyncio.Transport) -> None:
        super().__init__(wires, transport)
        self.call = wires.calls.find(name)
        self.ended = False

    def answer(self, number: int, reply: Reply) -> None:
        """Give *reply* to the start *number*; 0 is about the whole call."""
        about = 0 if reply.verdict in {Verdict.MOVE, Verdict.END} else number
        self.transport.write(written(about, reply))

    def take(self, frame: Frame) -> None:
        """Decide a start, or note the end of the command, or move it."""
        if self.call is None:
            self.answer(frame.id, Reply(Verdict.REFUSE, _UNKNOWN, REFUSED))
            return
        match frame.kind:
            case "S":
                start = start_of(frame)
                self.answer(frame.id, self.wires.starts.decide(self.call, frame.id, start, self))
                self.wires.connections.started(self.call, start)
            case "N":
                found = connection_of(frame)
                self.answer(frame.id, self.wires.connections.decide(self.call, frame.id, found, self))
            case "E":
                self._ended(self.call, frame)
            case "J":
                self.begin(asyncio.get_running_loop().create_task(self._moved(self.call, frame)))
            case _:
                self.transport.abort()

    async def _moved(self, call: Guarded, frame: Frame) -> None:
        self.answer(0, await self.wires.standing_in.moved(call, relayed(frame)))

    def _ended(self, call: Guarded, frame: Frame) -> None:
        """Keep what the call started, before its folder goes."""
        ports, total = self.wires.starts.ports, frame.text(0)
        self.ended = True
        seen = starts_log.read(self.wires.calls.folder(call))
        if not total.isdigit() or total == "0":
            return
        with suppress(OSError):
            if call.job:
                starts_log.keep(self.wires.calls.folder(call), int(total))
        with suppress(HeadgateError):
            told_of = starts_log.counted(seen)
            session = call.caller.session
            ports.store.append(
                ProgramsStarted(ports.clock.now(), session, call.decision, int(total), told_of, call.job)
            )

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the tree: its supervisor comes again, or nothing of it is left."""
        self.wires.open.pop(self, None)
        self.wires.starts.gone(self)
        self.wires.connections.gone(self, self.call)
        if self.ended and self.call is not None:
            self.wires.calls.close(self.call)


class StubWire(_Wire):
    """One start that became a stub: its job is begun, and its end told; without the stub the job has no reason."""

    def __init__(self, wires: StartWires, ticket: str, transport: asyncio.Transport) -> None:
        super().__init__(wires, transport)
        self.ticket = ticket
        self.let_down: Callable[[], None] = _nothing

    def take(self, frame: Frame) -> None:
        """Begin the job."""
        if frame.kind == "J":
            self.begin(asyncio.get_running_loop().create_task(self._stand_in(frame)))

    async def _stand_in(self, frame: Frame) -> None:
        standing_in = self.wires.standing_in
        try:
            job, handed = standing_in.begin(self.ticket, relayed(frame))
            if handed.how is AtStart.RELAY:
                self.let_down = lambda: standing_in.let_down(job)
            found = await standing_in.told(job, handed)
        except HeadgateError as error:
            self._close(f"{error}\n", REFUSED)
            return
        except Exception as error:  # noqa: BLE001 the guard of this surface: nothing more is started
            self._close(f"{HeadgateError('HG001', f'the gate failed ({error!r})', 'report this message')}\n", REFUSED)
            return
        self.let_down = _nothing
        if found is not None:
            self._close(found.words, found.status)

    def _close(self, words: str, status: int) -> None:
        self.let_down = _nothing
        self.transport.write(told(words, status))
        self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """End the job whose stub has gone before it."""
        self.let_down()


def _nothing() -> None:
    pass


_UNKNOWN = "HG708 headgate: this call is not known to the gate, so nothing starts in it; make the call again\n"
