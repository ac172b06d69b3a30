"""The output of work, as those who watch from elsewhere see it: bytes by offset."""

from collections.abc import Mapping

from headgate.workers.engines.part import Part

ROW = 256 * 1024
"""Bytes of a row at most."""


class Outputs(Part):
    """The output of a board's work. A takeover begins an output of its own, and the earlier one is seen no more."""

    STATEMENTS: Mapping[str, str] = {
        # The row of the lease stays locked until the bytes are there: no takeover comes between.
        "grow": """UPDATE $lease SET output = CASE WHEN output < :until THEN :until ELSE output END
            WHERE work = :work AND fence = :fence AND state IN ('started', 'running', 'ended') RETURNING attempt""",
        "put": """INSERT INTO $output AS output (work, attempt, start, data) VALUES (:work, :attempt, :start, :data)
            ON CONFLICT (work, attempt, start) DO UPDATE SET data = excluded.data
            WHERE length(output.data) < length(excluded.data)""",
        "output": """SELECT start, data FROM $output AS output JOIN $lease AS lease
            ON output.work = lease.work AND output.attempt = lease.attempt
            WHERE output.work = :work AND start > :offset - :row AND start < :until ORDER BY start""",
    }

    def put(self, work: str, fence: int, offset: int, data: bytes) -> bool:
        """Keep *data* as the output of *work* from byte *offset* on; the same bytes again change nothing."""
        rows = [{"work": work, "start": offset + at, "data": data[at : at + ROW]} for at in range(0, len(data), ROW)]
        with self.transaction() as connection:
            grown = {"work": work, "fence": fence, "until": offset + len(data)}
            attempt = connection.execute(self._sql["grow"], grown).scalar()
            if attempt is None:
                return False
            if rows:
                connection.execute(self._sql["put"], [{**row, "attempt": attempt} for row in rows])
        return True

    def output(self, work: str, offset: int, most: int) -> bytes:
        """Return at most *most* bytes of the output of *work* from byte *offset* on; bytes never put are zero."""
        until = offset + most
        found = bytearray()
        for start, data in self.rows("output", work=work, offset=offset, until=until, row=ROW):
            at, piece = int(str(start)) - offset, _bytes(data)
            if at < 0:
                piece, at = piece[-at:], 0
            piece = piece[: most - at]
            if at > len(found):
                found.extend(bytes(at - len(found)))
            found[at : at + len(piece)] = piece
        return bytes(found)


def _bytes(data: object) -> bytes:
    return bytes(data) if isinstance(data, bytes | memoryview | bytearray) else b""
