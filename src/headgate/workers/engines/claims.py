"""What DBOS keeps to itself, and we use: claiming queued work, and running what was claimed.

DBOS's own queue threads poll, and share one limit for all processes of a queue. Ours claims for exactly the free places
of this process, at once when it knows of work. `dbos` is pinned to the minor version that these calls were read in.
"""

from collections.abc import Sequence
from typing import TypeAlias
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


Claim: TypeAlias = tuple[WorkflowStatusInternal, str]
"""A row that was claimed, and the token that whoever runs it must bear."""


def name_of(pool: str) -> str:
    """Return the name under which DBOS runs the work of *pool*: it stays with the work when it leaves the queue."""
    return f"{APPLICATION}/{pool}"


def pool_of(name: str) -> str | None:
    """Return the pool whose work has the *name*; `None` where it is none of ours."""
    ours = f"{APPLICATION}/"
    return name.removeprefix(ours) if name.startswith(ours) else None


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

    def claim(self, queue: Queue, executor: str, most: int) -> Sequence[Claim]:
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

    def claimed(self, executor: str) -> dict[str, str]:
        """Return the work that *executor* has claimed, each with its pool."""
        with usable():
            found = self.client.list_workflows(
                executor_id=executor, status="PENDING", load_input=False, load_output=False
            )
        return {one.workflow_id: pool for one in found if (pool := pool_of(one.name)) is not None}

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
                notification_listener_polling_interval_sec=0.25,  # how long DBOS may take to end; it asks nothing
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
        # Otherwise a thread would wait for the database without end, and the process with it when it is to stop.
        instance._sys_db._retry_connection_errors = False  # noqa: SLF001


def execute(status: WorkflowStatusInternal, token: str) -> None:
    """Have DBOS run what *token* claimed, on a thread of its own."""
    execute_dequeued_workflow(_get_dbos_instance(), status, token)
