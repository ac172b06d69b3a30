"""The text of an allowed call, made one that can become a job, and that has the exec gate around it."""

import msgspec

from headgate.decide.policy import Policy
from headgate.decide.rules import Mode
from headgate.decide.starting import ExecGate
from headgate.host import codex_rules
from headgate.host.processes import environment_of, started
from headgate.host.world import HostWorld
from headgate.intercept import claude_code, codex
from headgate.intercept.event import CallProposed
from headgate.model.action import Caller, ShellAction, Thread
from headgate.model.errors import HeadgateError
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run
from headgate.surfaces.admission import HANDED_MAX_RUN
from headgate.surfaces.client_shells import MAX_TEXT, Client, ClientShells
from headgate.surfaces.fences import Fences
from headgate.surfaces.guarded import Around, Guarded
from headgate.workers.hand_over import Noted, Runs, Terms

_SKILL = "Skill"
_HELD = frozenset({Thread.MAIN, Thread.BACKGROUND})


class Wrapped(msgspec.Struct, frozen=True):
    """How one call can be wrapped: in place of its own text where its client is *unasked*, or by its *shell*.

    The *shell* is that of a client whose shells ask us what to run (`None`: they do not). *around* is the exec gate
    that can be put around the call (`None`: there is none for it); *needed* says that the policy wants the strong one.
    """

    event: CallProposed
    caller: Caller
    unasked: bool
    shell: Client | None
    around: Around | None = None
    needed: bool = False

    @property
    def gated(self) -> bool:
        """Whether it matters that the call may start what its text does not tell."""
        return self.needed or self.around is not None


class Wrapping:
    """Wraps the calls that may be: those that their client surely does not ask about, and those whose shells ask us."""

    def __init__(self, world: HostWorld, runs: Runs, fences: Fences, shells: ClientShells) -> None:
        self.world = world
        self.runs = runs
        self.fences = fences
        self.shells = shells

    def of(self, event: CallProposed, caller: Caller, policy: Policy, pid: int, *, inside: bool) -> Wrapped:
        """Return how a call can be wrapped that the hook *pid* asks about.

        A client that is *inside* of an exec gate, as under `headgate guard`, has that one around its calls already.
        What the classifier is told of the rights under it is that of this call from here on. Raises `HeadgateError`
        HG703 where the policy wants the strong one, and there is none.
        """
        if event.tool == _SKILL and caller.thread is Thread.MAIN:
            self.shells.idle(caller.session)  # it may run commands of its own as it is loaded, which no hook hears of
        shell = None if inside or not isinstance(event.action, ShellAction) else self.shells.client_of(pid)
        wrapped = Wrapped(event, caller, self._unasked(event, pid), shell)
        if isinstance(event.action, ShellAction) and caller.thread in _HELD and not inside:
            around = self.fences.around(policy)
            needed = policy.exec_gate is ExecGate.STRONG and policy.mode is Mode.ENFORCE
            if wrapped.unasked or shell is not None:
                wrapped = msgspec.structs.replace(wrapped, around=around)
            wrapped = msgspec.structs.replace(wrapped, needed=needed)
        self.world.no_new_privs = wrapped.around is not None and wrapped.around.no_new_privs
        return wrapped

    def _unasked(self, event: CallProposed, pid: int) -> bool:
        """Whether a call may have another text: where its client would surely neither ask about it nor refuse it."""
        if not self.runs.available or not isinstance(event.action, ShellAction):
            return False
        if event.caller.client == codex.NAME:
            variables = environment_of(pid, started(pid)) if event.unasked else {}
            folder = variables.get("CODEX_HOME") or f"{variables.get('HOME', '')}/.codex"
            return bool(variables) and codex_rules.silent(folder, event.action.cwd)
        return event.unasked or (event.caller.client == claude_code.NAME and self.world.client_allows(event.action))

    def wrapped(self, outcome: Outcome, how: Wrapped, attach: str) -> Outcome:
        """Return *outcome* with the command that lets an allowed call become a job, and that has the gate around it.

        Where the client's shell asks for that command, it is kept for it, and the call has its own text. *attach*
        redeems a ticket.
        """
        action, run = how.event.action, outcome.then if isinstance(outcome, Ask) else outcome
        if not isinstance(action, ShellAction):
            return outcome
        if how.shell is not None and isinstance(run, Run) and quoted_length(action.command) > MAX_TEXT:
            return _refused("HG102", "the client could not quote this command for a shell", "put it in a script file")
        try:
            if isinstance(run, Run) and run.ticket is not None and run.budget is not None:
                outcome = self._wrapped(outcome, run, how, action)
            self._tell_shell(outcome, how, action, attach)
        except OSError as error:
            return _unwrapped(outcome, how.around, error)
        return outcome

    def _wrapped(self, outcome: Outcome, run: Run, how: Wrapped, action: ShellAction) -> Outcome:
        """Return *outcome*, whose *run* may outlive its budget or start something, wrapped in the way that there is."""
        if how.unasked and isinstance(outcome, Run):
            noted = self._noted(run, how, action)
            text = self.runs.wrapped(action.command, noted.name, noted.terms, noted.before)
            return msgspec.structs.replace(run, wrapped=text)
        if how.shell is not None and how.event.tool == "Bash":
            self.shells.decided(how.shell, how.caller, action.command, self._noted(run, how, action))
            run = msgspec.structs.replace(run, by_shell=True)
            return msgspec.structs.replace(outcome, then=run) if isinstance(outcome, Ask) else run
        return _refused("HG703", "no exec gate can be put around this call", _INSTALL) if how.needed else outcome

    def _tell_shell(self, outcome: Outcome, how: Wrapped, action: ShellAction, attach: str) -> None:
        """Have the shell of the call know the text that it is to run as it is, where it asks."""
        then = outcome.then if isinstance(outcome, Ask) else outcome
        if how.shell is None or isinstance(then, Refuse) or (isinstance(then, Run) and then.by_shell):
            return
        text = attach.replace("TICKET", then.ticket.id) if isinstance(then, Rewrite) else then.wrapped
        self.shells.decided(how.shell, how.caller, text or action.command)

    def _noted(self, run: Run, how: Wrapped, action: ShellAction) -> Noted:
        """Return how the call of *run* is wrapped, with its folder made, and the gate put there; raises `OSError`."""
        assert run.ticket is not None  # noqa: S101 whoever calls saw to both
        assert run.budget is not None  # noqa: S101
        seconds = run.budget if action.budget is None else min(run.budget, action.budget)
        ticket, before = run.ticket, ""
        self.runs.open(ticket.id)
        if how.around is not None:
            call = Guarded(
                ticket.id,
                how.caller,
                run.decision,
                action.cwd,
                reads=not ticket.once,
                around=how.around,
                granted=run.granted,
            )
            before = self.fences.put(call)
        return Noted(ticket.id, Terms(seconds, ticket.max_run or HANDED_MAX_RUN), ticket.expires, before)


_INSTALL = "the policy wants the strong one: have the operator run `headgate install` for this client, or delegate it"


def quoted_length(command: str) -> int:
    """Return the bytes of *command* as the client quotes it twice, and what it puts around it."""
    return len(command.encode("utf-8", "surrogatepass")) + 16 * command.count("'") + 4096


def _refused(code: str, message: str, hint: str) -> Refuse:
    return Refuse(str(HeadgateError(code, message, hint)))


def _unwrapped(outcome: Outcome, around: Around | None, error: OSError) -> Outcome:
    """Return what becomes of a call that cannot be wrapped: the disk is full."""
    if around is None:  # the client's own time-out holds
        return outcome
    why = f"the exec gate cannot be put around this call ({error.strerror})"
    return _refused("HG703", why, "free space, then make the call again")
