"""The daemon's answers: a client's hook message, or a command of ours, to what is sent back."""

from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from headgate import __version__
from headgate.decide.ledger import Entry as LedgerEntry
from headgate.host.home import Home
from headgate.host.operator import Reading
from headgate.host.policies import parts_of
from headgate.host.processes import Peer, shell_of
from headgate.intercept import claude_code
from headgate.intercept.event import CallFinished, CallProposed, Event, Noticed
from headgate.model.action import Caller, Thread
from headgate.model.errors import HeadgateError
from headgate.model.job import Job, JobState, Origin
from headgate.model.outcome import Ask, Outcome, Run
from headgate.pipeline import Ports, handle
from headgate.record.events import CallEnded, ConfigurationRead, Refused
from headgate.record.redact import redact
from headgate.surfaces.in_force import PoliciesInForce
from headgate.surfaces.redeem import redeem
from headgate.wiring import Adapters
from headgate.workers import digest

MAX_LOG = 200_000
"""Bytes of a job's log that one answer looks at, from its end."""


MAX_TIMED = 4096
"""Calls that run at once and whose durations are waited for; a call of an earlier daemon is not timed."""

SHORTEST_COUNTED = 0.5
"""Seconds of main thread below which a call is not counted: many of them do not add up to anything a person feels."""


class AttachRequest(msgspec.Struct):
    """What `headgate attach` sends: its ticket, and the moment of its shell."""

    ticket: str
    cwd: str
    umask: int
    environment: dict[str, str]


class Gate:
    """One running gate: the policies, the store and the workers behind the socket."""

    def __init__(self, home: Home, adapters: Adapters) -> None:
        self.home = home
        self.rules = PoliciesInForce(adapters.policies, adapters.store, adapters.clock)
        self.store = adapters.store
        self.clock = adapters.clock
        self.world = adapters.world
        self.workers = adapters.workers
        self.program = adapters.program
        self.ports = Ports(self.clock, self.world, self.store)
        self._told: set[str] = set()  # sessions that were told of every job that ended so far
        self._timed: dict[tuple[str, str], str] = {}  # session and call to the routine that runs
        self.workers.on_end(lambda _job: self._told.clear())

    # -- hooks -------------------------------------------------------------------------------

    def hook(self, client: str, mode: str, payload: bytes) -> tuple[int, bytes]:
        """Return the exit status and the answer to a hook message; whatever goes wrong denies."""
        try:
            return self._answer(_read(client, payload))
        except HeadgateError as error:
            return self._refused(client, mode, error)
        except Exception as error:  # noqa: BLE001 the one guard of this surface: it denies
            return self._refused(client, mode, HeadgateError("HG001", f"the gate failed ({error!r})", _REPORT))

    def _refused(self, client: str, mode: str, error: HeadgateError) -> tuple[int, bytes]:
        with suppress(HeadgateError):
            self.store.append(Refused(self.clock.now(), client[:40], error.code, redact(error.message)[:500]))
        if mode != "decide":
            return 0, b""
        return 2, claude_code.refusal(str(error))

    def _answer(self, event: Event) -> tuple[int, bytes]:
        match event:
            case CallProposed():
                self.heed()
                self.world.pids = (*self._own_pids, *self.workers.pids())
                policy = self.rules.for_call(event.caller.session, event.action.cwd)
                outcome = handle(event.action, event.caller, policy, self.ports)
                self._time(event.caller, outcome)
                news = self._news(event.caller.session) if event.caller.thread is Thread.MAIN else ""
                answer = claude_code.answer(outcome, event, self._attach, news)
                return (2 if b'"permissionDecision":"deny"' in answer[:200] else 0), answer
            case CallFinished(caller, name):
                self._ended(event)
                main = caller.thread is Thread.MAIN
                return 0, claude_code.notice(name, self._news(caller.session)) if main else b""
            case Noticed(session, name, hears):
                loud = self.rules.loud(session) if hears else ""
                news = "\n".join(filter(None, (loud, self._news(session) if hears else "")))
                return 0, claude_code.notice(name, news)

    def _time(self, caller: Caller, outcome: Outcome) -> None:
        """Remember what a call runs that was let go on, or may be by a person; its end names only the call."""
        run = outcome.then if isinstance(outcome, Ask) else outcome
        if isinstance(run, Run) and run.routine:
            if len(self._timed) >= MAX_TIMED:
                del self._timed[next(iter(self._timed))]
            self._timed[caller.session, caller.call_id] = run.routine

    def _ended(self, event: CallFinished) -> None:
        """Keep how long a call took; record that one of the main thread ended, and count the time it held it."""
        now, caller, seconds = self.clock.now(), event.caller, event.seconds
        routine = self._timed.pop((caller.session, caller.call_id), "")
        timed = routine and seconds is not None and not event.cut
        if caller.thread is not Thread.MAIN and not timed:
            return
        with self.store.together():
            if timed and seconds is not None:
                self.store.add_duration(routine, seconds)
            if caller.thread is Thread.MAIN:
                self.store.append(CallEnded(now, caller.session, caller.call_id, event.failed, seconds))
                if seconds is not None and seconds >= SHORTEST_COUNTED:
                    self.store.add_to_ledger(caller.session, LedgerEntry(now, seconds=seconds))

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
        return f"{_quoted(self.program)} attach TICKET --home {_quoted(str(self.home.path))}"

    def _news(self, session: str) -> str:
        """Return two lines for each job that ended since the main thread last heard, and note that it was told."""
        if session in self._told:
            return ""
        ended = self.store.unannounced(session)
        self._told.add(session)
        for job in ended:
            self.store.save(msgspec.structs.replace(job, announced=True))
        return "\n".join(digest.news(job, self.log_of(job.id), "headgate") for job in ended)

    # -- tickets -----------------------------------------------------------------------------

    async def attach(self, request: AttachRequest, peer: Peer) -> AsyncIterator[dict[str, object]]:
        """Redeem a ticket: start the job, then yield the receipt, and the result where it comes quickly."""
        now = self.clock.now()
        try:
            ticket = redeem(request.ticket, self.rules.for_call, self.ports)
        except HeadgateError as error:
            yield {"print": str(error), "error": True, "exit": 2}
            return
        shell = shell_of(peer.pid, request.environment.get("SHELL", ""))
        origin = Origin(request.cwd, shell, request.umask & 0o777, request.environment)
        job = self.store.add(ticket, redact(ticket.command), request.cwd, now)
        self.workers.submit(job, ticket.command, origin)
        yield {"print": digest.receipt(self.store.get(job.id) or job, "headgate")}
        if ticket.quick_wait and await self.workers.ended(job.id, ticket.quick_wait):
            done = self.store.get(job.id) or job
            self.store.save(msgspec.structs.replace(done, announced=True))
            yield {"print": digest.result(done, self.log_of(job.id)), "exit": _status(done)}
            return
        yield {"exit": 0}

    def log_of(self, job: int, most: int = MAX_LOG) -> str:
        """Return the end of a job's output."""
        try:
            with (self.home.job(job) / "out.log").open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - most))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    # -- commands ----------------------------------------------------------------------------

    def command(self, request: dict[str, object]) -> dict[str, object]:
        """Return the answer to one of our own commands; raises `HeadgateError` where it cannot be done."""
        op = request.get("op")
        if op == "status":
            return self._status()
        if op == "jobs":
            return {"jobs": msgspec.to_builtins(self.store.select(limit=_number(request.get("limit"), 50)))}
        if op == "job":
            job = self._job(request)
            return {"job": msgspec.to_builtins(job), "folder": str(self.home.job(job.id))}
        if op == "cancel":
            return self._cancel(self._job(request))
        raise HeadgateError("HG130", f"the daemon does not know `{op}`", "use the same version of client and daemon")

    def _status(self) -> dict[str, object]:
        self.heed()
        reading, rules = self._heard, self.rules.reading()
        entries = 0
        for entry in self.store.entries():
            entries = entry.seq
        running = self.store.select(states=(JobState.RUNNING, JobState.QUEUED))
        return {
            "pid": self._own_pids[0] if self._own_pids else 0,
            "home": str(self.home.path),
            "version": __version__,
            "policy": rules.policy.digest,
            "rules": {
                "mode": rules.policy.mode,
                "profile": rules.policy.profile,
                "parts": [list(part) for part in parts_of(rules.policy)],
                "mistakes": rules.mistakes,
            },
            "configuration": {"files": [path for path, _ in reading.files], "mistakes": reading.mistakes},
            "journal": {"entries": entries},
            "jobs": {
                state.value: sum(job.state is state for job in running) for state in (JobState.RUNNING, JobState.QUEUED)
            },
        }

    def _job(self, request: dict[str, object]) -> Job:
        number = _number(request.get("job"), 0)
        job = self.store.get(number)
        if job is None:
            raise HeadgateError("HG402", f"there is no job {number}", "`headgate jobs` lists them")
        return job

    def _cancel(self, job: Job) -> dict[str, object]:
        if job.state.ended:
            raise HeadgateError(
                "HG405", f"job {job.id} has already ended ({job.state})", f"see `headgate job {job.id}`"
            )
        self.workers.cancel(job)
        return {"cancelling": job.id}

    def own(self, pids: tuple[int, ...]) -> None:
        """Say which processes are this gate's own."""
        self._own_pids = pids


def _read(client: str, payload: bytes) -> Event:
    if client != claude_code.NAME:
        raise HeadgateError("HG121", f"the client `{client[:40]}` is not known", "run `headgate install --help`")
    return claude_code.read(payload)


_REPORT = "the call was denied; report this message"


def _status(job: Job) -> int:
    if job.exit_code is not None:
        return job.exit_code
    return 0 if job.state is JobState.SUCCEEDED else 1


def _number(value: object, usual: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else usual


def _quoted(text: str) -> str:
    """Quote *text* for a shell, where it needs that."""
    if text and all(mark.isalnum() or mark in "/._-+@:" for mark in text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
