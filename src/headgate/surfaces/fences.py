"""Puts the exec gate around calls: which one, by the policy and by what this machine has."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex

from headgate.decide.policy import Policy
from headgate.decide.rules import Mode
from headgate.decide.starting import Connections, ExecGate
from headgate.host.exec_gate import Gate, Probe, available
from headgate.host.home import Home
from headgate.host.processes import environment_of
from headgate.host.shims import Shims
from headgate.model.action import Caller
from headgate.model.errors import HeadgateError
from headgate.ports import Store
from headgate.surfaces.guarded import Around, Guarded, GuardedCalls
from headgate.workers.hand_over import Runs


class Fences:
    """The exec gates of one daemon.

    *runs* keeps the folders of calls, *private* are paths that no start may name, *clients* the process of each
    session's client.
    """

    def __init__(
        self,
        home: Home,
        store: Store,
        runs: Runs,
        private: Callable[[], tuple[str, ...]],
        clients: Mapping[str, tuple[int, str]],
    ) -> None:
        self._clients = clients
        self.calls = GuardedCalls(home, store, private)
        self.shims = Shims(home, runs.program)
        self.runs = runs

    @property
    def probe(self) -> Probe:
        """What works here."""
        return available(self.runs.program)

    @property
    def programs(self) -> dict[str, str]:
        """Our own programs by their real paths, each with what it is."""
        if not self.runs.program:
            return {}
        folder = Path(self.runs.program).parent
        names = (("headgate-hook", "hook"), ("headgate-shim", "shim"), ("headgate", "headgate"))
        return {os.path.realpath(folder / name): kind for name, kind in names}

    def around(self, policy: Policy) -> Around | None:
        """Return what stands around a call under *policy*; `None`: nothing does.

        Raises `HeadgateError` HG703 where the policy wants a strong gate, and there is none.
        """
        wanted, probe = policy.exec_gate, self.probe
        if wanted is ExecGate.STRONG and probe.mode is not Gate.STRONG and policy.mode is Mode.ENFORCE:
            raise HeadgateError("HG703", f"the policy wants the strong exec gate, and {probe.why}", _OTHERWISE)
        if wanted is ExecGate.OFF or probe.mode is Gate.NONE:
            return None
        if wanted is ExecGate.PORTABLE or probe.mode is Gate.PORTABLE:
            return Around(Gate.PORTABLE)
        return Around(Gate.STRONG, probe.no_new_privs, list(Connections).index(policy.connections))

    def put(self, call: Guarded) -> str:
        """Put the gate around *call*, whose folder is there; return what its text has to begin with.

        Raises `OSError`, or `HeadgateError` where it cannot be.
        """
        self.calls.open(call)
        if call.around.mode is not Gate.PORTABLE:
            return ""
        return self.shims.exports(self.calls.folder(call), self._path(call.caller.session))

    def _path(self, session: str) -> str:
        """Return the PATH of the client of *session*, or ours where nobody knows it."""
        return (environment_of(*self._clients.get(session, (0, ""))) or os.environ).get("PATH", "")

    def command(self, caller: Caller, cwd: str, policy: Policy) -> Guarded:
        """Return a command that somebody wants to run under the gate as one main thread, with its folder made.

        Raises `HeadgateError` HG703 where no gate can be put around it, `OSError` where there is no room.
        """
        around = self.around(policy)
        if around is None:
            why = "the policy has turned it off" if self.probe.mode is not Gate.NONE else self.probe.why
            raise HeadgateError("HG703", f"there is no exec gate here: {why}", _OTHERWISE)
        call = Guarded(token_hex(16), caller, "", cwd, whole=False, around=around)
        self.runs.open(call.name)
        return call


_OTHERWISE = "run it where the gate works: `headgate doctor` tells what is missing"
