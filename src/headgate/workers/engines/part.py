"""What all parts of the board share: a database, statements prepared for it, and writes that commit together."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from headgate.workers.engines.databases import usable
from headgate.workers.engines.tables import migrate, prepared

COMMITS = 3
"""Commits at once, where the database takes more than one."""

Rows = Sequence[Sequence[object]]


@dataclass
class _Write:
    """One statement that waits for its commit; then its rows (or their number), or its error."""

    sql: sa.TextClause
    values: Mapping[str, object]
    rows: Rows = ()
    number: int = 0
    carried_out: bool = False
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def carry_out(self, connection: sa.Connection) -> None:
        """Carry it out, and keep what comes of it."""
        result = connection.execute(self.sql, self.values)
        self.rows = [tuple(row) for row in result] if result.returns_rows else ()
        self.number = result.rowcount
        self.carried_out = True

    def finish(self) -> None:
        """Let whoever waits for it go on; one that nobody came to has failed."""
        if not self.carried_out and self.error is None:
            self.error = SQLAlchemyError("it was interrupted")
        self.done.set()


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
        self._waiting: list[_Write] = []
        self._entering = threading.Lock()
        self._committing = threading.Semaphore(1 if self.sqlite else COMMITS)

    def change(self, statement: str, /, **values: object) -> int:
        """Carry out one statement that changes rows, durably, and return how many it changed."""
        return self._write(statement, values).number

    def changed(self, statement: str, /, **values: object) -> Rows:
        """Carry out one statement that changes rows, durably, and return those that it returns."""
        return self._write(statement, values).rows

    def rows(self, statement: str, /, **values: object) -> Rows:
        """Carry out one statement that only reads, and return its rows."""
        with usable():
            self._migrate()
            with self._single.connect() as connection:
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

    def _write(self, statement: str, values: Mapping[str, object]) -> _Write:
        """Carry out one write, together with those that came while others were committing."""
        write = _Write(self._sql[statement], values)
        with usable():
            self._migrate()
            with self._entering:
                self._waiting.append(write)
            with self._committing:
                with self._entering:
                    writes, self._waiting = self._waiting, []
                self._commit(writes)
            write.done.wait()
            if write.error is not None:
                raise write.error
        return write

    def _commit(self, writes: Sequence[_Write]) -> None:
        """Commit all of *writes* at once, or else each on its own: then only what is wrong by itself fails."""
        try:
            if len(writes) > 1 and self._commit_together(writes):
                return
            for write in writes:
                write.carried_out = False
            for write in writes:
                try:
                    with self._single.begin() as connection:
                        write.carry_out(connection)
                except Exception as error:  # noqa: BLE001  (it is raised where the write came from)
                    write.error = error
        finally:
            for write in writes:
                write.finish()

    def _commit_together(self, writes: Sequence[_Write]) -> bool:
        """Carry out *writes* in one transaction; false where nothing of them was done.

        Where the commit itself fails nobody knows: they all have that error, and none is carried out a second time.
        """
        try:
            opened = self.database.connect()
        except SQLAlchemyError:
            return False
        with opened as connection:
            try:
                # In one order everywhere: two that change the same rows then do not lock each other out.
                for write in sorted(writes, key=lambda one: str(one.values.get("work"))):
                    write.carry_out(connection)
            except Exception:  # noqa: BLE001  (each is tried again on its own)
                return False
            try:
                connection.commit()
            except SQLAlchemyError as error:
                for write in writes:
                    write.error = error
        return True

    def _migrate(self) -> None:
        if self._migrated:
            return
        with self._migrating:
            migrate(self.database)
            self._migrated = True
