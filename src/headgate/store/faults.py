"""What keeps a store's file quick, and its faults as ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from headgate.model.errors import HeadgateError

LOG_PAGE, LOG_PAGES = 4000, 256
"""What makes the write-ahead log about a mebibyte long."""


def lengthen_log(database: sqlite3.Connection) -> None:
    """Let the write-ahead log have its full length from the start.

    A commit that makes the file longer waits for its metadata as well: twice the time, on every tool call
    (measured, see docs/performance.md).
    """
    database.execute("PRAGMA wal_autocheckpoint=0")
    database.execute("BEGIN IMMEDIATE")
    database.execute("CREATE TABLE filler (page BLOB)")
    database.executemany("INSERT INTO filler VALUES (?)", [(bytes(LOG_PAGE),)] * LOG_PAGES)
    database.execute("DROP TABLE filler")
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(RESTART)")
    database.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")


@contextmanager
def durably() -> Iterator[None]:
    """Turn the store's faults into ours: what cannot be recorded must not happen."""
    try:
        yield
    except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
        raise HeadgateError(
            "HG501", f"the store cannot be used ({error})", "free space or repair the store, then try again"
        ) from None
