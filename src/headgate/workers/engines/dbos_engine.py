"""The engine on DBOS Transact: SQLite on one machine, Postgres for many; the same code."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec
import sqlalchemy as sa
from dbos import WorkflowStatus
from dbos import error as dbos_error

from headgate.model.work import Standing, Work, WorkState
from headgate.ports.far import Body
from headgate.workers.engines.claims import VERSION, Claims, name_of, pool_of
from headgate.workers.engines.databases import usable
from headgate.workers.engines.dbos_worker import DbosWorker
from headgate.workers.engines.places import Places

_STATES = {
    "ENQUEUED": WorkState.QUEUED,
    "DELAYED": WorkState.QUEUED,
    "PENDING": WorkState.CLAIMED,
    "SUCCESS": WorkState.DONE,
    "CANCELLED": WorkState.CANCELLED,
    "ERROR": WorkState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": WorkState.FAILED,
}

# DBOS writes to standard error unless its logger has a handler; with one, it goes where this process logs.
logging.getLogger("dbos").addHandler(logging.NullHandler())


class DbosEngine:
    """The engine of one process. As long as it only hands work over it is a client, and DBOS is not launched."""

    def __init__(self, database: sa.Engine, process: str) -> None:
        """Use *database* as the process of the name *process*; nothing is connected yet."""
        self.database, self.process = database, process
        self._claims = Claims(database)
        self._migrated = False
        self._migrating = threading.Lock()
        self._worker: DbosWorker | None = None

    def enqueue(self, work: Work) -> None:
        """Keep *work* until a worker has taken it; durable once this returns. The same id again changes nothing."""
        with self._usable(), suppress(dbos_error.DBOSConflictingWorkflowError):
            self._claims.client.enqueue(
                {
                    "queue_name": work.pool,
                    "workflow_name": name_of(work.pool),
                    "workflow_id": work.id,
                    "app_version": VERSION,
                    "priority": work.priority,
                },
                msgspec.to_builtins(work),
            )
        if self._worker is not None:
            self._worker.wake(work.pool)

    def cancel(self, work: str) -> None:
        """Have *work* not taken any more; a body that runs is cancelled within about a second."""
        with self._usable():
            self._claims.client.cancel_workflow(work)
        if self._worker is not None:
            self._worker.places.drop(work)

    def resume(self, work: str, process: str = "") -> None:
        """Offer claimed *work* to the workers of its pool again, where *process*, if given, still has it."""
        standing = self.get(work)
        if standing is not None and standing.state is WorkState.CLAIMED:
            self._claims.withdraw(work, standing.pool, f"{process}#%" if process else None)
            if self._worker is not None:
                self._worker.wake(standing.pool)

    def get(self, work: str) -> Standing | None:
        """Return where *work* is; `None` where the engine never had it."""
        with self._usable():
            found = self._claims.client.list_workflows(workflow_ids=[work], load_input=False, load_output=False)
        return _standing(found[0]) if found else None

    def list(
        self, *, pools: Sequence[str] = (), states: Sequence[WorkState] = (), limit: int = 10_000
    ) -> Sequence[Standing]:
        """Return work of *pools* and in *states*, where given, oldest first."""
        with self._usable():
            found = self._claims.client.list_workflows(
                name=[name_of(pool) for pool in pools] or None,
                status=[name for name, state in _STATES.items() if state in states] or None,
                limit=limit,
                load_input=False,
                load_output=False,
            )
        return [_standing(one) for one in found if pool_of(one.name) is not None]

    async def run_worker(self, pools: Sequence[str], body: Body, places: int) -> DbosWorker:
        """Take work of *pools* from now on, at most *places* at once; *body* runs in the caller's event loop.

        DBOS is one a process: HG511 where this one runs a worker already.
        """
        worker = DbosWorker(self._claims, pools, Places(body, places))
        await asyncio.to_thread(self._launch, worker)
        self._worker = worker
        return worker

    def close(self) -> None:
        """Let the database go; what a worker of this engine still runs stays claimed."""
        if self._worker is not None:
            self._worker.abandon()
        self.database.dispose()

    def _launch(self, worker: DbosWorker) -> None:
        with self._usable():
            worker.launch(self.process)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        with usable():
            if not self._migrated:
                with self._migrating:
                    self._claims.migrate()
                    self._migrated = True
            yield


def _standing(found: WorkflowStatus) -> Standing:
    state = _STATES[found.status]
    process = (found.executor_id or "").rpartition("#")[0] if state is not WorkState.QUEUED else ""
    return Standing(found.workflow_id, pool_of(found.name) or "", state, process)
