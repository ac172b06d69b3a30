"""Fence two as one part of the gate: what stands around calls, what is answered to starts, and who asks."""

from collections.abc import Callable, Mapping

import msgspec

from headgate.host.home import Home
from headgate.host.processes import Peer
from headgate.model.outcome import Ask, Outcome, Rewrite, Run
from headgate.pipeline import Ports
from headgate.surfaces.admission import Admission
from headgate.surfaces.callers import Callers, ancestors
from headgate.surfaces.fences import Fences
from headgate.surfaces.guarding import Guarding, GuardRequest
from headgate.surfaces.redeem import PolicyFor
from headgate.surfaces.standing_in import StandingIn
from headgate.surfaces.start_wire import StartWires
from headgate.surfaces.starts import Starts
from headgate.workers.hand_over import Runs


class ExecFence:
    """The exec gate of one daemon; *private* are the paths that no start may name without being looked at."""

    def __init__(  # noqa: PLR0913, PLR0917 all that starts are decided by, and handed to
        self,
        home: Home,
        ports: Ports,
        rules: PolicyFor,
        admission: Admission,
        callers: Callers,
        requester: str,
        runs: Runs,
        private: Callable[[], tuple[str, ...]],
        clients: Mapping[str, tuple[int, str]],
        digest: Callable[[], str],
    ) -> None:
        self.fences = Fences(home, ports.store, runs, private, clients)
        self.starts = Starts(home, ports, rules, admission.approvals, requester)
        self.starts.own.programs = self.fences.programs
        self.wires = StartWires(self.starts, self.fences.calls, StandingIn(self.starts, self.fences.calls, admission))
        self._digest, self._known = digest, digest()
        self.guarding = Guarding(self.fences, self.wires, callers, rules)
        admission.on_handed = self.fences.calls.handed

    def refresh(self) -> None:
        """Have supervisors forget what they were told where the rules are others by now."""
        digest = self._digest()
        if digest != self._known:
            self._known = digest
            self.wires.forget_answers()

    def inside(self, pid: int) -> bool:
        """Whether the process *pid* is below a supervisor: a client under `headgate guard` asked."""
        return self.wires.supervise(ancestors(pid))

    def expected(self, outcome: Outcome, attach: str, *, inside: bool) -> Outcome:
        """Return *outcome*; the shell of a client that is *inside* may run what that puts into its call.

        *attach* is the command that redeems a ticket.
        """
        then = outcome.then if isinstance(outcome, Ask) else outcome
        if inside and isinstance(then, Run) and then.wrapped:
            self.starts.own.expect(then.wrapped)
        elif inside and isinstance(then, Rewrite):
            self.starts.own.expect(attach.replace("TICKET", then.ticket.id))
        return outcome

    def guard(self, request: dict[str, object], peer: Peer) -> dict[str, object]:
        """Answer `headgate guard`; raises `HeadgateError` where no gate can be put around its command."""
        return self.guarding.guard(msgspec.convert(request, GuardRequest), peer)
