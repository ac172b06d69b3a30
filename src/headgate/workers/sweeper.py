"""Finds claimed work that nobody carries any more, and has it taken up again, or gives it up for lost.

Liveness is looked at per piece of work, by its lease: a worker can be alive and not know that it has claimed something,
when the acknowledgement of the claim was lost with its database. Any process may sweep, and several at once.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from headgate.model.errors import HeadgateError
from headgate.model.work import Lease, LeaseState, Standing, WorkState
from headgate.ports.far import Board, Engine

BEATS = 3
"""Signs of life that may be missed before a lease is stale."""


class Reason(StrEnum):
    """What was wrong with a piece of work; all but `lost` was offered to the workers again."""

    NEVER_STARTED = "never started"
    STALE = "stale"
    UNRECORDED = "unrecorded"
    LOST = "lost"


class Swept(msgspec.Struct, frozen=True):
    """A piece of work that a sweep acted on; *process* had claimed it."""

    work: str
    pool: str
    process: str
    reason: Reason


def checked(ttl: float, beat: float) -> float:
    """Return *ttl*; HG511 where a worker that gives a sign of life every *beat* seconds could look dead by it."""
    if beat <= 0 or ttl < BEATS * beat:
        raise HeadgateError(
            "HG511",
            f"a lease of {ttl:g} s does not outlast {BEATS} signs of life, one every {beat:g} s",
            f"make it {BEATS * max(beat, 0.0):g} s or longer",
        )
    return ttl


class Sweeper:
    """A sweep every second or so; it remembers since when it has seen each claim.

    A lease is stale *ttl* seconds after its last sign of life. A claim has *grace* seconds, from when it was first seen
    here, to get to a start marker or a recorded end. Work with a fresh lease is never touched, nor is what waits.
    """

    def __init__(self, engine: Engine, board: Board, *, ttl: float, grace: float) -> None:
        """Sweep the work of *engine* by the leases on *board*."""
        self._engine, self._board = engine, board
        self._ttl, self._grace = ttl, grace
        self._seen: dict[tuple[str, str], float] = {}

    def sweep(self, pools: Sequence[str], now: float) -> list[Swept]:
        """Act on what is wrong in *pools* (none: all) at *now*, in seconds of a clock that only goes forward."""
        claimed = self._engine.list(pools=pools, states=[WorkState.CLAIMED])
        leases = self._board.leases([one.id for one in claimed])
        self._seen = {(one.id, one.process): self._seen.get((one.id, one.process), now) for one in claimed}
        return list(self._act(claimed, leases, now))

    def _act(self, claimed: Sequence[Standing], leases: dict[str, Lease], now: float) -> Iterator[Swept]:
        for one in claimed:
            lease = leases.get(one.id)
            if lease is not None and lease.state is LeaseState.LOST:
                self._engine.cancel(one.id)  # whoever gave it up did not come to this
                continue
            reason = self._judge(lease)
            if reason is None or not self._carry_out(one, reason, now):
                continue
            self._seen.pop((one.id, one.process), None)
            yield Swept(one.id, one.pool, one.process, reason)

    def _judge(self, lease: Lease | None) -> Reason | None:
        """Return what may be wrong with claimed work of this *lease*."""
        if lease is None:
            return Reason.NEVER_STARTED
        if lease.state is LeaseState.ENDED:
            return Reason.UNRECORDED if lease.age > self._grace else None
        if lease.age <= self._ttl:
            return None
        return Reason.LOST if lease.once else Reason.STALE

    def _carry_out(self, one: Standing, reason: Reason, now: float) -> bool:
        if reason is Reason.LOST:
            if not self._board.lose(one.id, self._ttl):
                return False
            self._engine.cancel(one.id)
            return True
        # A claim that is new to us may be of a worker that is about to set its marker, or to return a recorded end.
        if now - self._seen[one.id, one.process] <= self._grace:
            return False
        self._engine.resume(one.id, one.process)
        return True
