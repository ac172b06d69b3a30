"""The two roles of a fleet's Postgres: what a gate may do there, and what a worker may."""

from headgate.workers.engines.claims import SCHEMA as DBOS
from headgate.workers.engines.claims import Claims
from headgate.workers.engines.databases import open_database, usable
from headgate.workers.engines.tables import SCHEMA as OURS
from headgate.workers.engines.tables import migrate

GATE = "headgate_gate"
WORKER = "headgate_worker"


def statements() -> tuple[str, ...]:
    """Return the SQL that makes both roles, without login, and grants what each may do; it can be run again.

    Both read and write the tables of DBOS: work is handed over and taken there. On the board
    - a gate reads, adds, changes and removes everything;
    - a worker reads everything, and adds and changes leases, workers and output. It removes nothing, and neither takes
      nor releases a slot: work that was started stays started, and a quarantine stays one, whatever a worker says.
    Neither can change a table. A login of its own for each gate and worker is a member of one of them.
    """
    own = [f"{OURS}.{name}" for name in ("lease", "worker", "output")]
    return (
        *(_made(role) for role in (GATE, WORKER)),
        *(line for role in (GATE, WORKER) for line in _of_dbos(role)),
        f"GRANT USAGE ON SCHEMA {OURS} TO {GATE}, {WORKER}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {OURS} TO {GATE}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {OURS} TO {WORKER}",
        f"GRANT INSERT, UPDATE ON {', '.join(own)} TO {WORKER}",
        f"REVOKE INSERT, UPDATE, DELETE ON {OURS}.version FROM {GATE}",
    )


def prepare(url: str) -> None:
    """Make or update all tables in the Postgres at *url*, and both roles; to be run by their owner, at each upgrade."""
    database = open_database(url)
    try:
        Claims(database).migrate()
        with usable():
            migrate(database)
            with database.begin() as connection:
                for statement in statements():
                    connection.exec_driver_sql(statement)
    finally:
        database.dispose()


def _made(role: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
        f" THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
    )


def _of_dbos(role: str) -> tuple[str, ...]:
    return (
        f"GRANT USAGE ON SCHEMA {DBOS} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {DBOS} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {DBOS} TO {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {DBOS} TO {role}",
    )
