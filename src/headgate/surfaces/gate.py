"""The daemon's answers: a client's hook message, or a command of ours, to what is sent back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from headgate.host.acting import agents_uid
from headgate.host.home import Home
from headgate.host.operator import Reading
from headgate.host.processes import Peer, user_name
from headgate.intercept import DIALECTS, claude_code
from headgate.intercept.dialect import Dialect
from headgate.intercept.event import CallFinished, CallProposed, Event, Noticed
from headgate.model.action import Caller, Thread
from headgate.model.approval import Approval
from headgate.model.errors import HeadgateError
from headgate.model.job import Job
from headgate.model.outcome import Ask, Refuse, Rewrite
from headgate.pipeline import Ports, handle
from headgate.record.events import ConfigurationRead, Refused
from headgate.record.redact import redact
from headgate.surfaces.admission import Admission, AttachRequest
from headgate.surfaces.answers import Answers
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.authority import Authority
from headgate.surfaces.callers import Callers, asked_below, person_at
from headgate.surfaces.client_shells import ClientShells
from headgate.surfaces.exec_fence import ExecFence
from headgate.surfaces.granting import Granting
from headgate.surfaces.handing import DelegateRequest, Handing
from headgate.surfaces.in_force import PoliciesInForce
from headgate.surfaces.network.service import Network
from headgate.surfaces.news import News
from headgate.surfaces.overrides import Overrides
from headgate.surfaces.prompts import Prompts
from headgate.surfaces.running_calls import RunningCalls
from headgate.surfaces.wakes import Wakes
from headgate.surfaces.wrapping import Wrapping
from headgate.wiring import Adapters
from headgate.workers import digest
from headgate.workers.hand_over import quoted

SETTLES = 1.0
"""Seconds in which news reach a client by the event itself, before anything is to wake it."""


class Gate:
    """One running gate: the policies, the store and the workers behind the socket."""

    def __init__(self, home: Home, adapters: Adapters) -> None:
        self.home = home
        self.rules = PoliciesInForce(adapters.policies, adapters.store, adapters.clock)
        self.store, self.clock, self.world = adapters.store, adapters.clock, adapters.world
        self.workers, self.program = adapters.workers, adapters.program
        self.ports = Ports(self.clock, self.world, self.store, adapters.staff)
        self.runs = adapters.runs
        self.telemetry = adapters.telemetry
        self.callers = Callers(self.workers, adapters.transcripts, adapters.clients)
        self.requester = user_name(agents_uid())
        self.approvals = Approvals(self.store, self.clock)
        self.overrides = Overrides(self.store, self.clock, lambda: self.rules.reading().policy)
        self.admission = Admission(home, self.ports, self.workers, self.rules.for_call, self.runs, self.approvals)
        self.handing = Handing(self.admission, self.callers, self.rules.inherit, self.requester)
        self.answers = Answers(self.store, self.workers, self.rules, self.clock.now)
        self.wakes = Wakes()
        self.news = News(self.store, self.approvals, self.admission.log_of)
        self.authority = Authority(home, self.callers.governed, lambda: self.world.reading().configuration.groups)
        self.granting = Granting(
            self.store, self.clock, self.callers, self.authority, self.approvals, self.overrides, self.requester
        )
        self._fence()
        self.prompts = Prompts(self.callers.of_hook, self.callers.governed, self.store, self.clock)
        self.calls = RunningCalls(self.store, self.clock, self.runs, self.approvals)
        self.network = Network(home, lambda: self.world.reading().configuration, self.approvals, self.clock.now)
        self.network.append = self.store.append
        self.workers.on_news(self._heard_of)
        self.approvals.on_change(self._answered)

    def _fence(self) -> None:
        """Put up fence two: what calls start by themselves."""
        self.exec = ExecFence(
            self.home,
            self.ports,
            self.rules.for_call,
            self.admission,
            self.callers,
            self.requester,
            self.runs,
            lambda: self.world.surroundings(0.0).private,
            self.callers.clients,
            self.rules.digest,
        )
        self.ops = self.granting.ops | {"guard": self.exec.guard}
        self.shells = ClientShells(self.home, self.runs, lambda pid: self.callers.of_hook(pid, "")[0], self.clock.now)
        self.wrapping = Wrapping(self.world, self.runs, self.exec.fences, self.shells)

    # -- hooks -------------------------------------------------------------------------------

    def hook(self, client: str, mode: str, payload: bytes, pid: int = 0) -> tuple[int, bytes]:
        """Return the exit status and the answer to a message of the hook *pid*; whatever goes wrong denies."""
        try:
            dialect = _dialect(client)
            return self._answer(dialect, dialect.read(payload), pid)
        except HeadgateError as error:
            return self._refused(client, mode, error)
        except Exception as error:  # noqa: BLE001 the one guard of this surface: it denies
            return self._refused(client, mode, HeadgateError("HG001", f"the gate failed ({error!r})", _REPORT))

    def _refused(self, client: str, mode: str, error: HeadgateError) -> tuple[int, bytes]:
        with suppress(HeadgateError):
            self.store.append(Refused(self.clock.now(), client[:40], error.code, redact(error.message)[:500]))
        if mode != "decide":
            return 0, b""
        dialect = DIALECTS.get(client, claude_code)
        return 2, dialect.refusal(str(error))

    def _answer(self, dialect: Dialect, event: Event, pid: int) -> tuple[int, bytes]:
        match event:
            case CallProposed():
                answer = self._decide(dialect, event, pid)
                return (2 if dialect.denies(answer) else 0), answer
            case CallFinished(caller, name):
                caller = self.callers.placed(caller, self.callers.agent_above(pid))
                self.shells.ended(caller)
                self.calls.ended(
                    msgspec.structs.replace(event, caller=caller), lambda: self.prompts.speaks(caller.session, pid)
                )
                return 0, dialect.notice(name, self.news.of(caller.session)) if _hears(caller) else b""
            case Noticed(session, name, hears):
                if not hears:
                    return 0, dialect.notice(name, "")
                self.shells.idle(session)
                news = (self.rules.loud(session), self.overrides.loud(), self.news.of(session))
                return 0, dialect.notice(name, "\n".join(filter(None, news)))

    def _decide(self, dialect: Dialect, event: CallProposed, pid: int) -> bytes:
        self.heed()
        self.world.pids = (*self._own_pids, *self.workers.pids())
        self.callers.heard(event.caller, pid)
        self.callers.keeps(event.caller.session, event.transcript)
        above = self.callers.agent_above(pid)
        caller = self.callers.placed(event.caller, above)
        self.overrides.sweep()
        if above is not None:
            self.rules.inherit(caller.session, above.session)
        policy = self.rules.for_call(caller.session, event.action.cwd)
        inside = self.exec.inside(pid)
        how = self.wrapping.of(event, caller, policy, pid, inside=inside)
        asked = asked_below(above, self.requester, self.clock.now())
        asked = msgspec.structs.replace(asked, gated=how.gated)
        outcome = handle(event.action, caller, policy, self.ports, asked)
        if isinstance(outcome, Rewrite):
            self.workers.warm()
        if isinstance(outcome, Ask | Refuse) and outcome.number:
            self.approvals.asked(outcome.number)
            if isinstance(outcome, Ask) and above is None:
                outcome = self.prompts.checked(outcome, caller.session, pid)
            outcome = self._ask_above(above, outcome) if above is not None else outcome
        outcome = self.exec.expected(self.wrapping.wrapped(outcome, how, self._attach), self._attach, inside=inside)
        self.calls.begun(caller, outcome)
        news = self.news.of(caller.session) if _hears(caller) else ""
        return dialect.answer(outcome, event, self._attach, news)

    def _ask_above(self, agent: Job, outcome: Ask | Refuse) -> Refuse:
        """Put the question of a worker's call to whoever watches over its job: the model below cannot answer it."""
        question = self.approvals.get(outcome.number)
        about = f"question {question.id}: {question.what} on {question.where}: {question.why}"
        self.workers.say(agent, digest.ASKS, outcome.about if isinstance(outcome, Ask) else about)
        words = outcome.question if isinstance(outcome, Ask) else outcome.words
        return Refuse(
            f"HG410 headgate: a person must approve this. They were asked in the thread that started job {agent.id}; "
            f"it does not run now. Go on with what you can do without it, and tell in your answer what is left to be "
            f"approved.\n{words}"
        )

    def heed(self) -> None:
        """Read the operator's configuration again where it changed, and record what is in force from here on."""
        reading = self.world.reading()
        if reading != self._heard:
            self.store.append(ConfigurationRead(self.clock.now(), reading.files, reading.mistakes))
            self._heard = reading

    _heard = Reading()
    _own_pids: tuple[int, ...] = ()

    @property
    def _attach(self) -> str:
        return f"{quoted(self.program)} attach TICKET --home {quoted(str(self.home.path))}"

    def _heard_of(self, job: Job) -> None:
        """Let the session of *job* hear of it with its next event, or at once where its client can be woken."""
        self._tell(job.session)

    def _tell(self, session: str) -> None:
        self.news.happened(session)
        self.wakes.ring(session)

    def _answered(self, question: Approval) -> None:
        """Let the session that asked hear of the answer."""
        if not question.told:
            self._tell(question.caller.session)

    async def wake(self, client: str, payload: bytes, pid: int) -> tuple[int, bytes]:
        """Wait for news of the jobs of the session that *payload* is of, and return what wakes the client of *pid*."""
        person = person_at(pid)
        session = _main_of(client, payload) if person else ""
        if not session or not await self._news_come(session) or person_at(pid) != person:
            return 0, b""
        news = self.news.of(session)
        return (2, news.encode()) if news else (0, b"")

    async def _news_come(self, session: str) -> bool:
        """Wait until there is something that *session* was not told; false where nothing is to come."""
        await asyncio.sleep(SETTLES)
        if self.news.there(session):
            return True
        return self.news.to_come(session) and await self.wakes.wait(session)

    def handed(self, name: str) -> tuple[int, str]:
        """Make the call *name*, which outlived its budget, a job; return an exit status, and what to say."""
        try:
            return self.admission.handed(name)
        except Exception as error:  # noqa: BLE001 the guard of this surface: it says no
            return 2, str(HeadgateError("HG001", f"the gate failed ({error!r})", "report this message"))

    # -- commands ----------------------------------------------------------------------------

    async def stream(self, request: dict[str, object], peer: Peer) -> AsyncIterator[dict[str, object]]:
        """Yield the answers to a command of ours; raises `HeadgateError` where it cannot be done."""
        match request.get("op"):
            case "attach":
                answers = self.admission.attach(msgspec.convert(request, AttachRequest), peer)
            case "delegate":
                answers = self.handing.delegate(msgspec.convert(request, DelegateRequest), peer)
            case "rerun":
                asked, sure = msgspec.convert(request, DelegateRequest), request.get("confirmed") is True
                answers = self.handing.rerun(self.answers.job(request), asked, peer, confirmed=sure)
            case str(op) if op in self.ops:
                yield self.ops[op](request, peer)
                return
            case "status":
                yield self._status()
                return
            case op:
                if op in {"pools", "release", "drain"}:
                    await self.workers.open_all()
                yield self.answers.answer(request)
                return
        async for answer in answers:
            yield answer

    def _status(self) -> dict[str, object]:
        self.heed()
        configuration: dict[str, object] = {
            "files": [path for path, _ in self._heard.files],
            "mistakes": self._heard.mistakes,
        }
        pid = self._own_pids[0] if self._own_pids else 0
        told = {"telemetry": msgspec.to_builtins(self.telemetry.status()), "grants": self.granting.status()}
        told["network"] = self.network.status()
        return self.answers.status(pid, str(self.home.path), configuration) | told

    def sweep(self) -> None:
        """End what people granted and whose time is over; starts that were let are decided again under new rules."""
        self.approvals.sweep()
        self.overrides.sweep()
        self.exec.refresh()

    def own(self, pids: tuple[int, ...]) -> None:
        """Say which processes are this gate's own."""
        self._own_pids = pids


def _dialect(client: str) -> Dialect:
    if client not in DIALECTS:
        raise HeadgateError("HG121", f"the client `{client[:40]}` is not known", "run `headgate install --help`")
    return DIALECTS[client]


def _main_of(client: str, payload: bytes) -> str:
    """Return the session whose main thread *payload* tells of; empty for another thread, or what cannot be read."""
    try:
        event = _dialect(client).read(payload)
    except HeadgateError:
        return ""
    if isinstance(event, Noticed):
        return event.session
    return event.caller.session if event.caller.thread is Thread.MAIN else ""


def _hears(caller: Caller) -> bool:
    """Whether what we answer reaches the thread that its jobs report to."""
    return caller.thread is Thread.MAIN or (caller.thread is Thread.WORKER and caller.agent.startswith("job "))


_REPORT = "the call was denied; report this message"
