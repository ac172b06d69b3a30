"""What DBOS keeps to itself, and we use: claiming queued work, and running what was claimed.

DBOS's own queue threads poll, and share one limit for all processes of a queue. Ours claims for exactly the free places
of this process, at once when it knows of work. `dbos` is pinned to the minor version that these calls were read in.
"""

from collections.abc import Sequence
from uuid import uuid4

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, Queue, _workflow_commands
from dbos._core import execute_dequeued_workflow
from dbos._dbos import _get_dbos_instance
from dbos._error import DBOSException, DBOSInitializationError
from dbos._sys_db import WorkflowStatusInternal

from headgate.model.errors import HeadgateError
from headgate.workers.engines.databases import usable

APPLICATION = "headgate"
VERSION = "1"
"""The version of what is queued: a worker takes only its own. Raise it when older workers must not take newer work."""

SCHEMA = "dbos"

QUIET = 3600.0
"""Seconds between the looks of DBOS's threads for what we never use: delays, time limits, its internal queue."""

_WITHDRAW = """UPDATE {table} SET status = 'ENQUEUED', owner_xid = NULL, queue_name = :pool, recovery_attempts = 0,
    started_at_epoch_ms = NULL WHERE workflow_uuid = :work AND status = 'PENDING'
    AND (CAST(:executor AS text) IS NULL OR executor_id LIKE :executor)"""
"""DBOS's own resume takes cancelled work up again as well. What was cancelled stays so here."""


class Claims:
    """The claims of one process, its *executor*, on work of a database."""

    def __init__(self, database: sa.Engine) -> None:
        """Connect to *database* lazily, as a client that raises where DBOS would wait."""
        self.database = database
        self.client = DBOSClient(
            system_database_engine=database,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )
        table = "workflow_status" if database.dialect.name == "sqlite" else f"{SCHEMA}.workflow_status"
        self._withdraw = sa.text(_WITHDRAW.format(table=table))

    def migrate(self) -> None:
        """Bring DBOS's tables up to date, where they are not; two processes at once do it once."""
        with usable():
            try:
                self.client._sys_db.verify_migrations()  # noqa: SLF001
            except DBOSInitializationError:
                DBOS.migrate(self.database.url.render_as_string(hide_password=False), schema=SCHEMA)

    def claim(self, queue: Queue, executor: str, most: int) -> Sequence[tuple[WorkflowStatusInternal, str]]:
        """Claim at most *most* of what waits in *queue*, the lowest priority number first; each with its token."""
        token = str(uuid4())
        queue._worker_concurrency = most  # noqa: SLF001  (the limit of this call; the row of the queue has none)
        with usable():
            database = self.client._sys_db  # noqa: SLF001
            names, _ = database.start_queued_workflows(
                queue, executor, VERSION, None, owner_xid=token, is_latest_version=False
            )
            found = database.get_workflow_statuses(names) if names else []
        return [(status, token) for status in found if status["status"] == "PENDING"]

    def cancelled(self, works: Sequence[str]) -> set[str]:
        """Return those of *works* that were cancelled."""
        with usable():
            return self.client._sys_db.get_cancelled_workflow_ids(list(works))  # noqa: SLF001

    def withdraw(self, work: str, pool: str, executor: str | None) -> bool:
        """Put claimed *work* back into the queue of its *pool*, where it is still claimed (by *executor*)."""
        values = {"work": work, "pool": pool, "executor": executor}
        with usable(), self.database.begin() as connection:
            return connection.execute(self._withdraw, values).rowcount == 1


def launch(database: sa.Engine, executor: str) -> None:
    """Launch DBOS in this process under the name *executor*; its own queues and its recovery find nothing to do."""
    with usable():
        DBOS(
            config=DBOSConfig(
                name=APPLICATION,
                system_database_engine=database,
                dbos_system_schema=SCHEMA,
                serializer=DBOSPortableJSONSerializer(),
                application_version=VERSION,
                executor_id=executor,
                run_migrations=False,
                use_listen_notify=False,
                log_level="WARNING",
            )
        )
        instance = _get_dbos_instance()
        instance._registry.get_internal_queue()._polling_interval_sec = QUIET  # noqa: SLF001
        _workflow_commands._BACKGROUND_JOBS_INTERVAL_SEC = QUIET  # noqa: SLF001
        DBOS.listen_queues([])
        try:
            DBOS.launch()
        except DBOSException as error:
            raise HeadgateError("HG510", f"the engine cannot start ({error})", "repair its database") from None


def execute(status: WorkflowStatusInternal, token: str) -> None:
    """Have DBOS run what *token* claimed, on a thread of its own."""
    execute_dequeued_workflow(_get_dbos_instance(), status, token)


def unrecorded() -> int:
    """Return how many bodies run, or have ended without that being recorded."""
    return len(_get_dbos_instance()._active_workflows_set.activeList())  # noqa: SLF001
