"""`headgate guard`: a command under the gate as one main thread, from the daemon's side."""

from collections.abc import Iterable

import msgspec

from headgate.host.acting import served
from headgate.host.exec_gate import Gate
from headgate.host.processes import Peer
from headgate.model.action import Caller, Thread
from headgate.model.errors import HeadgateError
from headgate.record.events import CommandGuarded
from headgate.record.redact import redact
from headgate.surfaces.callers import Callers, ancestors
from headgate.surfaces.fences import Fences
from headgate.surfaces.guarded import Around
from headgate.surfaces.redeem import PolicyFor
from headgate.surfaces.start_wire import StartWires


class GuardRequest(msgspec.Struct, kw_only=True):
    """What `headgate guard` sends: the command, where it begins, and whether the portable gate is asked for."""

    command: tuple[str, ...]
    cwd: str
    variables: dict[str, str] = {}
    portable: bool = False


class Guarding:
    """Puts the gate around commands that are run by hand, or by a client that knows nothing of it."""

    def __init__(self, fences: Fences, wires: StartWires, callers: Callers, rules: PolicyFor) -> None:
        self.fences = fences
        self.wires = wires
        self.callers = callers
        self.rules = rules

    def guard(self, request: GuardRequest, peer: Peer) -> dict[str, object]:
        """Return where the gate of a command is; `inside` says that it is below one already.

        Raises `HeadgateError` HG703 where none can be put around it.
        """
        if served() is not None:
            raise HeadgateError("HG703", "a gate with a user of its own puts no exec gate around commands", _OWN)
        if self.wires.supervise(ancestors(peer.pid)):
            return {"inside": True}
        request.cwd = request.cwd.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        caller = self._caller(peer)
        policy = self.rules(caller.session, request.cwd)
        try:
            call = self.fences.command(caller, request.cwd, policy)
            if request.portable:
                call.around = Around(Gate.PORTABLE)
            call.decision = self._written_down(call.name, caller, request)
            self.fences.put(call)
            if call.around.mode is Gate.PORTABLE:  # no supervisor will say that its folder is needed
                (self.fences.calls.folder(call) / "shim.json").write_text(f'{{"pid": {peer.pid}}}')
        except OSError as error:
            raise HeadgateError("HG703", f"there is no room for the gate ({error.strerror})", "free space") from None
        folder = self.fences.calls.folder(call)
        told: dict[str, object] = {"folder": str(folder), "program": self.fences.runs.program, "mode": call.around.mode}
        if call.around.mode is Gate.PORTABLE:
            told |= {"why": self.fences.probe.why or "it was asked for"}
            told |= {"environment": self.fences.shims.environment(request.variables, folder)}
        return told

    def _caller(self, peer: Peer) -> Caller:
        """Return who runs the command: the main thread of the client above it, or a main thread of its own."""
        found = self.callers.of_command(peer.pid, f"guard-{peer.pid}-{peer.since}")
        if found.client != "headgate":
            return found
        return Caller("guard", f"guard-{peer.pid}-{peer.since}", Thread.MAIN, found.call_id)

    def _written_down(self, name: str, caller: Caller, request: GuardRequest) -> str:
        store, clock = self.wires.starts.ports.store, self.wires.starts.ports.clock
        text = redact(_shown(request.command))
        entry = store.append(CommandGuarded(clock.now(), caller.session, name[:12], text, request.cwd))
        return entry.hash.hex()[:12]


def _shown(words: Iterable[str]) -> str:
    return " ".join(words)[:400]


_OWN = "run the command in a client, whose calls are decided"
