"""Start markers and leases: one row for each piece of work that was ever started."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from headgate.model.work import Lease, LeaseState
from headgate.workers.engines.part import Part

_AT_ONCE = 500
"""Names in one question: below every database's limit of parameters."""

_OBJECT = msgspec.json.Decoder(dict[str, object])


class Leases(Part):
    """The leases of a board. Each write is one statement: whoever comes second finds that it does not match."""

    STATEMENTS: Mapping[str, str] = {
        "start": """INSERT INTO $lease AS lease
            (work, worker, fence, attempt, state, once, started, beat, output, late)
            VALUES (:work, :worker, 1, 1, 'started', :once, $now, $now, 0, FALSE)
            ON CONFLICT (work) DO UPDATE SET worker = excluded.worker, fence = lease.fence + 1,
                attempt = lease.attempt + 1, state = 'started', started = $now, beat = $now, progress = NULL, output = 0
            WHERE lease.$live AND NOT lease.once AND NOT excluded.once AND lease.beat < $now - :ttl
            RETURNING fence""",
        "readopt": """UPDATE $lease SET fence = fence + 1, beat = $now
            WHERE work = :work AND worker = :worker AND $live RETURNING fence""",
        "beat": """UPDATE $lease SET beat = $now, progress = coalesce(:progress, progress)
            WHERE work = :work AND fence = :fence AND $live""",
        "running": """UPDATE $lease SET beat = $now, state = 'running'
            WHERE work = :work AND fence = :fence AND $live""",
        # An end whose acknowledgement was lost is told again: the first stays, and it is no failure.
        "end": """UPDATE $lease SET beat = $now, ending = coalesce(ending, :ending), state = 'ended'
            WHERE work = :work AND fence = :fence AND ($live OR state = 'ended')""",
        "lose": """UPDATE $lease SET state = 'lost', fence = fence + 1
            WHERE work = :work AND once AND $live AND beat < $now - :ttl""",
        "late": """UPDATE $lease SET beat = $now, ending = :ending, state = 'ended', late = TRUE
            WHERE work = :work AND worker = :worker AND state = 'lost'""",
        "leases": """SELECT work, worker, fence, state, once, started, $now - beat, ending, progress, output, late
            FROM $lease WHERE work IN :works""",
    }

    def start(self, work: str, worker: str, *, once: bool, ttl: float) -> int | None:
        """Set the start marker and return the fence; `None` where *work* may not be started (again)."""
        return self._fence(self.changed("start", work=work, worker=worker, once=once, ttl=ttl))

    def readopt(self, work: str, worker: str) -> int | None:
        """Return a new fence for live work of the same *worker*; `None` where there is none."""
        return self._fence(self.changed("readopt", work=work, worker=worker))

    def beat(self, work: str, fence: int, progress: dict[str, object] | None = None) -> bool:
        """Give a sign of life, with the *progress* where there is some."""
        return self.change("beat", work=work, fence=fence, progress=_text(progress)) == 1

    def running(self, work: str, fence: int) -> bool:
        """Note that the process of *work* exists."""
        return self.change("running", work=work, fence=fence) == 1

    def end(self, work: str, fence: int, end: dict[str, object]) -> bool:
        """Note how *work* ended; true again where the same fence has told so before."""
        return self.change("end", work=work, fence=fence, ending=_text(end)) == 1

    def lose(self, work: str, ttl: float) -> bool:
        """Give up *work* that was to run once and whose last sign of life is older than *ttl*."""
        return self.change("lose", work=work, ttl=ttl) == 1

    def late(self, work: str, worker: str, end: dict[str, object]) -> bool:
        """Note how *work* ended that had been given up for lost, by the very *worker* that had started it."""
        return self.change("late", work=work, worker=worker, ending=_text(end)) == 1

    def lease(self, work: str) -> Lease | None:
        """Return the lease of *work*; `None` where it was never started."""
        return self.leases([work]).get(work)

    def leases(self, works: Sequence[str]) -> dict[str, Lease]:
        """Return the leases of those of *works* that were started."""
        found: dict[str, Lease] = {}
        for some in _parts(works):
            for row in self.rows("leases", works=some):
                lease = _lease(row)
                found[lease.work] = lease
        return found

    @staticmethod
    def _fence(rows: Sequence[Sequence[object]]) -> int | None:
        return int(str(rows[0][0])) if rows else None


def _parts(works: Sequence[str]) -> Iterator[list[str]]:
    return (list(works)[at : at + _AT_ONCE] for at in range(0, len(works), _AT_ONCE))


def _text(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _lease(row: Sequence[object]) -> Lease:
    work, worker, fence, state, once, started, age, ending, progress, output, late = row
    return msgspec.convert(
        {
            "work": work,
            "worker": worker,
            "fence": fence,
            "state": LeaseState(str(state)),
            "once": bool(once),
            "started": started,
            "age": max(0.0, float(str(age))),
            "end": None if ending is None else _OBJECT.decode(str(ending)),
            "progress": None if progress is None else _OBJECT.decode(str(progress)),
            "output": output,
            "late": bool(late),
        },
        Lease,
    )
