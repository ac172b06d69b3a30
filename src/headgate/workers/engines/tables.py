"""The board's tables, made and changed by numbered migrations: a schema on Postgres, a prefix on SQLite."""

from string import Template

import sqlalchemy as sa

SCHEMA = "headgate"

NAMES = ("lease", "slot", "worker", "output", "version")

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE $lease (
            work text NOT NULL PRIMARY KEY, worker text NOT NULL, fence bigint NOT NULL, attempt bigint NOT NULL,
            state text NOT NULL, once boolean NOT NULL, started $double NOT NULL, beat $double NOT NULL,
            ending text, progress text, output bigint NOT NULL, late boolean NOT NULL)""",
        """CREATE TABLE $slot (
            kind text NOT NULL, name text NOT NULL, work text NOT NULL, quarantined boolean NOT NULL,
            PRIMARY KEY (kind, name))""",
        "CREATE INDEX ${prefix}slot_of_work ON $slot (work)",
        """CREATE TABLE $worker (
            id text NOT NULL PRIMARY KEY, process text NOT NULL, info text NOT NULL, draining boolean NOT NULL,
            gone boolean NOT NULL, seen $double NOT NULL)""",
        """CREATE TABLE $output (
            work text NOT NULL, attempt bigint NOT NULL, start bigint NOT NULL, data $bytes NOT NULL,
            PRIMARY KEY (work, attempt, start))""",
    ),
)
"""Statements by number, from 1; one that was released is never changed, a later one follows it."""

_LOCK = 0x48454144
"""The number of the advisory lock on Postgres under which a process migrates."""

_LIVE = "state IN ('started', 'running')"

_SQLITE = {
    "live": _LIVE,
    "now": "((julianday('now') - 2440587.5) * 86400.0)",
    "double": "double precision",
    "bytes": "blob",
    "prefix": "headgate_",
    **{name: f"headgate_{name}" for name in NAMES},
}
_POSTGRES = {
    "live": _LIVE,
    "now": "(extract(epoch FROM clock_timestamp())::double precision)",
    "double": "double precision",
    "bytes": "bytea",
    "prefix": "",
    **{name: f"{SCHEMA}.{name}" for name in NAMES},
}


def words(database: sa.Engine) -> dict[str, str]:
    """Return what the placeholders of a statement stand for in *database*: names of tables, `$now`, `$live`, types."""
    return _SQLITE if database.dialect.name == "sqlite" else _POSTGRES


def prepared(database: sa.Engine, sql: str) -> sa.TextClause:
    """Return *sql* with its placeholders filled for *database*; the parameter `:works` is a list."""
    text = sa.text(Template(sql).substitute(words(database)))
    return text.bindparams(sa.bindparam("works", expanding=True)) if ":works" in sql else text


def migrate(database: sa.Engine) -> None:
    """Bring the board's tables of *database* to the latest version; two processes at once do it once."""
    if version(database) == len(MIGRATIONS):
        return
    with database.begin() as connection:
        _alone(database, connection)
        connection.execute(prepared(database, "CREATE TABLE IF NOT EXISTS $version (number integer NOT NULL)"))
        at = connection.execute(prepared(database, "SELECT max(number) FROM $version")).scalar() or 0
        for number, statements in enumerate(MIGRATIONS[at:], at + 1):
            for sql in statements:
                connection.execute(prepared(database, sql))
            connection.execute(prepared(database, "INSERT INTO $version VALUES (:number)"), {"number": number})


def version(database: sa.Engine) -> int:
    """Return the number of the latest migration that *database* has; 0 where it has none."""
    schema = None if database.dialect.name == "sqlite" else SCHEMA
    with database.connect() as connection:
        name = words(database)["version"].removeprefix(f"{SCHEMA}.")
        if not sa.inspect(connection).has_table(name, schema=schema):
            return 0
        return connection.execute(prepared(database, "SELECT max(number) FROM $version")).scalar() or 0


def _alone(database: sa.Engine, connection: sa.Connection) -> None:
    """Have no other process migrate until the transaction of *connection* ends."""
    if database.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
