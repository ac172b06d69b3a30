"""A database by its address: SQLite on this machine, or Postgres for a fleet."""

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from headgate.model.errors import HeadgateError

WAIT = 30
"""Seconds that a writer waits for another process to finish its transaction."""

_PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
    "options": "-c idle_in_transaction_session_timeout=60s",
}
"""What an address of Postgres says where its writer did not: a silent network is noticed within a quarter minute."""


def open_database(url: str) -> sa.Engine:
    """Return the database at *url*, `sqlite:///PATH` or `postgresql://…`; HG511 where the address is not usable.

    A SQLite file is made where there is none, mode 0600, in a folder that exists. Nothing is connected yet.
    """
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise _wrong("it is no address of a database") from None
    if "@" in (address.host or ""):
        raise _wrong("a password with an `@` in it is written with %40")
    if address.drivername == "sqlite":
        return _sqlite(address)
    if address.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _postgres(address)
    raise _wrong(f"{masked(url)} is neither sqlite:///PATH nor postgresql://HOST/NAME")


def masked(url: str) -> str:
    """Return *url* without its password, for messages."""
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):
        return "(not an address)"
    if "password" in address.query:
        address = address.update_query_dict({"password": "***"})
    return address.render_as_string(hide_password=True)


@contextmanager
def usable() -> Iterator[None]:
    """Turn the faults of a database into HG510."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = getattr(error, "orig", None) or error
        reason = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise HeadgateError(
            "HG510", f"the engine's database cannot be used ({reason})", "repair it or its connection, then try again"
        ) from None


def _wrong(reason: str) -> HeadgateError:
    return HeadgateError("HG511", f"the store's address is not usable: {reason}", "correct the address of the store")


def _sqlite(address: sa.URL) -> sa.Engine:
    if not address.database or address.database == ":memory:" or address.query:
        raise _wrong("SQLite needs sqlite:///PATH, and nothing after it")
    path = Path(address.database)
    try:
        # The write-ahead log and its index take the mode of the file: it must be right before anyone connects.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(handle, 0o600)
        os.close(handle)
    except OSError as error:
        raise _wrong(f"{path} cannot be written ({error.strerror})") from None
    # One connection a process: its threads take turns in order, where SQLite's own wait is a lottery of sleeps.
    engine = sa.create_engine(address, pool_size=1, max_overflow=0, pool_timeout=WAIT)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={WAIT * 1000}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have the file use a write-ahead log: for the change itself SQLite does not wait for others as it does later."""
    until = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311  (no secret: two that wait should not stay in step)
        else:
            return


def _postgres(address: sa.URL) -> sa.Engine:
    if not address.database:
        raise _wrong("it names no database")
    missing = {key: value for key, value in _PATIENCE.items() if key not in address.query}
    address = address.set(drivername="postgresql+psycopg").update_query_dict(missing)
    return sa.create_engine(address, pool_size=6, max_overflow=0, pool_timeout=10, pool_pre_ping=True)
