"""What all parts of the board share: a database, and statements prepared for it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from headgate.workers.engines.databases import usable
from headgate.workers.engines.tables import migrate, prepared


class Part:
    """A part of the board in one database; its tables are there from the first call on that reaches the database."""

    STATEMENTS: Mapping[str, str] = {}

    def __init__(self, database: sa.Engine) -> None:
        """Prepare the statements of all parts of this object for *database*; nothing is connected yet."""
        self.database = database
        self.sqlite = database.dialect.name == "sqlite"
        # On Postgres a statement of its own is one trip, in place of three with BEGIN and COMMIT.
        self._single = database if self.sqlite else database.execution_options(isolation_level="AUTOCOMMIT")
        kinds = [kind for kind in type(self).__mro__ if issubclass(kind, Part)]
        self._sql = {name: prepared(database, sql) for kind in kinds for name, sql in kind.STATEMENTS.items()}
        self._migrated = False
        self._migrating = threading.Lock()

    def change(self, statement: str, /, **values: object) -> int:
        """Carry out one statement that changes rows, and return how many it changed."""
        with usable():
            self._migrate()
            with self._single.begin() as connection:
                return connection.execute(self._sql[statement], values).rowcount

    def rows(self, statement: str, /, **values: object) -> list[tuple[object, ...]]:
        """Carry out one statement, and return its rows."""
        with usable():
            self._migrate()
            with self._single.begin() as connection:
                return [tuple(row) for row in connection.execute(self._sql[statement], values)]

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Yield a connection on which everything happens at once, or nothing."""
        with usable():
            self._migrate()
            with self.database.begin() as connection:
                if self.sqlite:  # otherwise its first SELECT would stand outside
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection

    def _migrate(self) -> None:
        if self._migrated:
            return
        with self._migrating:
            migrate(self.database)
            self._migrated = True
