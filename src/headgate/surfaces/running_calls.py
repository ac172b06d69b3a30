"""The calls that were let go on, or may be by a person, until their client says that they ended."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from headgate.decide.ledger import Entry as LedgerEntry
from headgate.intercept import codex
from headgate.intercept.event import CallFinished
from headgate.model.action import Caller, Thread
from headgate.model.errors import HeadgateError
from headgate.model.outcome import Ask, Outcome, Run
from headgate.ports import Clock, Store
from headgate.record.events import CallEnded
from headgate.surfaces.approvals import Approvals
from headgate.workers.hand_over import Runs

MAX_TIMED = 4096
"""Calls that run at once and whose ends are waited for; a call of an earlier daemon is not timed."""

SHORTEST_COUNTED = 0.5
"""Seconds of main thread below which a call is not counted: many of them do not add up to anything a person feels."""

Name = tuple[str, str]
Kept = TypeVar("Kept")


class RunningCalls:
    """What each call runs, by its session and its id: its end names only the call."""

    def __init__(self, store: Store, clock: Clock, runs: Runs, approvals: Approvals) -> None:
        self._store = store
        self._clock = clock
        self._runs = runs
        self._approvals = approvals
        self._timed: dict[Name, Run] = {}
        self._asked: dict[Name, tuple[int, str]] = {}  # the question that the client puts, and its decision

    def begun(self, caller: Caller, outcome: Outcome) -> None:
        """Remember what a call runs that was let go on, or may be by a person."""
        run = outcome.then if isinstance(outcome, Ask) else outcome
        name = (caller.session, caller.call_id)
        if isinstance(run, Run) and (run.routine or run.ticket is not None):
            _keep(self._timed, name, run)
        if isinstance(outcome, Ask) and isinstance(run, Run) and outcome.number:
            _keep(self._asked, name, (outcome.number, run.decision))

    def ended(self, event: CallFinished, speaks: Callable[[], bool]) -> None:
        """Keep how long a call took; record that one of the main thread ended, and count the time it held it.

        A call that was put to a person in the client's prompt ran, so they said yes: that is their answer, used, where
        whoever tells the end *speaks* for the client.
        """
        now, caller, seconds = self._clock.now(), event.caller, event.seconds
        name = (caller.session, caller.call_id)
        self._answered(name, speaks)
        run = self._timed.pop(name, Run(None))
        routine = run.routine if self._over(run, caller) else ""
        timed = routine and seconds is not None and not event.cut
        if caller.thread is not Thread.MAIN and not timed:
            return
        with self._store.together():
            if timed and seconds is not None:
                self._store.add_duration(routine, seconds)
            if caller.thread is Thread.MAIN:
                self._store.append(CallEnded(now, caller.session, caller.call_id, event.failed, seconds))
                if seconds is not None and seconds >= SHORTEST_COUNTED:
                    self._store.add_to_ledger(caller.session, LedgerEntry(now, seconds=seconds))

    def _answered(self, name: Name, speaks: Callable[[], bool]) -> None:
        number, decision = self._asked.get(name, (0, ""))
        if number and speaks():
            del self._asked[name]
            with suppress(HeadgateError):  # somebody answered it elsewhere as well
                self._approvals.used_in_client(number, decision, name[1])

    def _over(self, run: Run, caller: Caller) -> bool:
        """Let go of what a call had ready to become a job; false where it has become one, and has not ended.

        Codex says that a call is over when its model goes on, after ten seconds or so: the command may still run.
        """
        if run.ticket is None:
            return True
        if caller.client == codex.NAME and self._runs.lives(run.ticket.id):
            return False
        mine = self._store.take(run.ticket.id, self._clock.now()) is not None
        self._runs.close(run.ticket.id)
        return mine


def _keep(kept: dict[Name, Kept], name: Name, value: Kept) -> None:
    if len(kept) >= MAX_TIMED:
        del kept[next(iter(kept))]
    kept[name] = value
