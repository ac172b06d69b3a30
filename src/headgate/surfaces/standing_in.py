"""A start that a worker does instead: its ticket comes back, from the stub that it became or from its whole call."""

from contextlib import suppress

import msgspec

from headgate.decide.starting import AtStart
from headgate.enforce.delegate import TICKET_LIFE
from headgate.intercept.starts import Relayed
from headgate.model.errors import HeadgateError
from headgate.model.job import Job, Origin, Ticket
from headgate.model.start import ELSEWHERE, Reply, Verdict
from headgate.record.events import CallStopped
from headgate.surfaces.admission import WAITS, Admission
from headgate.surfaces.guarded import Guarded, GuardedCalls
from headgate.surfaces.redeem import redeem
from headgate.surfaces.starts import Handed, Starts
from headgate.workers import digest

FOREVER = 10 * 86_400.0
"""Seconds that a stub waits for the end of its job."""

_SHELL = "/bin/sh"


class Told(msgspec.Struct, frozen=True):
    """What a stub says, and with which status it ends."""

    words: str
    status: int


class StandingIn:
    """Makes jobs of starts that may not happen here, and of calls that are moved."""

    def __init__(self, starts: Starts, calls: GuardedCalls, admission: Admission) -> None:
        self.starts = starts
        self.calls = calls
        self.admission = admission
        self.store = admission.store
        self.clock = admission.ports.clock

    def begin(self, ticket: str, moment: Relayed) -> tuple[Job, Handed]:
        """Return the job of the start that *ticket* stands for; raises `HeadgateError` where it cannot be had."""
        handed = self.starts.handed.pop(ticket, None)
        if handed is None:
            raise HeadgateError("HG401", "this start is not known, or is a job already", "make the call again")
        found = redeem(ticket, self.starts.rules, self.admission.ports)
        relays = handed.how is AtStart.RELAY
        place = (str(self.calls.folder(handed.call)), moment.streams) if relays else ("", "")
        words = (handed.start.real, *handed.start.words)
        limit = msgspec.structs.replace(found, quick_wait=0.0)
        origin = Origin(moment.cwd, _SHELL, moment.umask & 0o777, moment.environment, words, place)
        return self.admission.submit_from(limit, origin), handed

    async def told(self, job: Job, handed: Handed) -> Told | None:
        """Return what the stub of *job* says: the receipt at once, or nothing once the job has ended.

        `None`: its whole call is ended, and the stub with it.
        """
        if handed.how is AtStart.RELAY:
            return await self._relayed(job)
        await self.admission.workers.offered(job.id, WAITS)
        receipt = digest.receipt(self.store.get(job.id) or job, "headgate")
        if handed.how is AtStart.END:
            self._stop(handed.call, job, 0)
            handed.asker.answer(0, Reply(Verdict.END, f"{receipt}\n{_ENDED}\n", ELSEWHERE))
            return None
        return Told(f"{receipt}\n", ELSEWHERE)

    async def _relayed(self, job: Job) -> Told:
        await self.admission.workers.ended(job.id, FOREVER)
        done = self.store.get(job.id) or job
        self.store.save(msgspec.structs.replace(done, announced=True, news=()))
        note = "" if done.exit_code is not None or done.state.value == "succeeded" else digest.status(done)
        return Told(f"{note}\n" if note else "", done.exit_status)

    def let_down(self, job: Job) -> None:
        """End *job*, whose stub has gone: what it stood for was ended."""
        now = self.store.get(job.id) or job
        if not now.state.ended:
            with suppress(HeadgateError):
                self.admission.workers.cancel(now, "the start it stands for was ended")

    async def moved(self, call: Guarded, moment: Relayed) -> Reply:
        """Start *call*, of which nothing is left here, from its beginning in a worker; return how it ends here."""
        try:
            job = self._moved(call, moment)
        except HeadgateError as error:
            return Reply(Verdict.END, f"{error}\n{_NOT_MOVED}\n", 2)
        await self.admission.workers.offered(job.id, WAITS)
        return Reply(Verdict.END, f"{digest.receipt(self.store.get(job.id) or job, 'headgate')}\n{_MOVED}\n", 0)

    def _moved(self, call: Guarded, moment: Relayed) -> Job:
        ticket = next((key for key, item in self.starts.handed.items() if item.call is call), "")
        handed = self.starts.handed.get(ticket)
        now = self.clock.now()
        of_start = self.store.take(ticket, now)
        of_call = self.store.take(call.name, now)
        self.starts.handed.pop(ticket, None)
        if handed is None or of_start is None or of_call is None:
            raise HeadgateError("HG401", "this call is not known, or is a job already", "make the call again")
        origin = Origin(call.cwd or moment.cwd, _shell(moment), moment.umask & 0o777, moment.environment)
        job = self.admission.submit_from(_whole(of_call, of_start, now), origin)
        self._stop(call, job, job.id)
        return job

    def _stop(self, call: Guarded, job: Job, moved: int) -> None:
        self.store.append(CallStopped(self.clock.now(), call.caller.session, call.decision, job.id, moved > 0))


def _whole(call: Ticket, start: Ticket, now: float) -> Ticket:
    """Return the right to run all of *call* under the terms on which its *start* was delegated."""
    return msgspec.structs.replace(
        call,
        run=False,
        decision=start.decision,
        expires=now + TICKET_LIFE,
        pool=start.pool,
        max_run=start.max_run,
        quick_wait=0.0,
        workloads=start.workloads,
        machines=start.machines,
        lease=start.lease,
        environment=start.environment,
        endless=start.endless,
        once=True,
    )


def _shell(moment: Relayed) -> str:
    named = moment.environment.get("SHELL", "")
    return named if named.rpartition("/")[2] in {"bash", "zsh"} else "/bin/bash"


_ENDED = (
    "headgate: this call started the above by itself, so a worker does it, and the rest of the call was ended. What it "
    "had done before stays done. Do not run it again as it is; go on when the job has ended."
)
_NOT_MOVED = "headgate: the call was stopped to be moved; nothing of it runs now."
_MOVED = (
    "headgate: this call had begun, had only read so far, and started heavy work by itself: it was stopped and runs in "
    "the worker from its beginning. Do not run it again."
)
