"""Slots: what one piece of work at a time has hold of, over all gates of a board."""

from collections.abc import Mapping, Sequence

from headgate.model.work import Slot
from headgate.workers.engines.part import Part

UNNAMED = "?"
"""The name of what nobody can name: it may be any of its kind."""

_LOCK = 0x534C4F54
"""The number of the advisory lock on Postgres under which slots are taken: the unnamed one meets rows of any name."""


class Slots(Part):
    """The slots of a board."""

    STATEMENTS: Mapping[str, str] = {
        "in_the_way": """SELECT kind, name, work, quarantined FROM $slot
            WHERE kind = :kind AND (name = :name OR name = '?' OR :name = '?') AND work <> :work
            ORDER BY name LIMIT 1""",
        "take": """INSERT INTO $slot (kind, name, work, quarantined) VALUES (:kind, :name, :work, FALSE)
            ON CONFLICT (kind, name) DO NOTHING""",
        "free": "DELETE FROM $slot WHERE work = :work AND NOT quarantined",
        "quarantine": "UPDATE $slot SET quarantined = TRUE WHERE work = :work",
        "release": "DELETE FROM $slot WHERE kind = :kind AND name = :name AND quarantined",
        "slots": "SELECT kind, name, work, quarantined FROM $slot ORDER BY kind, name",
    }

    def take(self, work: str, names: Sequence[tuple[str, str]]) -> Slot | None:
        """Take all of *names* (kind and name) for *work*, or none: then return a slot that is in the way."""
        if not names:
            return None
        with self.transaction() as connection:
            if not self.sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            wanted = [{"kind": kind, "name": name, "work": work} for kind, name in names]
            for one in wanted:
                other = connection.execute(self._sql["in_the_way"], one).first()
                if other is not None:
                    return _slot(other)
            connection.execute(self._sql["take"], wanted)
        return None

    def free(self, work: str) -> None:
        """Give back all slots of *work*, but those in quarantine."""
        self.change("free", work=work)

    def quarantine(self, work: str) -> None:
        """Keep the slots of *work* taken until a person releases them."""
        self.change("quarantine", work=work)

    def release(self, kind: str, name: str) -> bool:
        """Give back a slot in quarantine; false where there is none of that name."""
        return self.change("release", kind=kind, name=name) == 1

    def slots(self) -> Sequence[Slot]:
        """Return all slots that are taken, by kind and name."""
        return [_slot(row) for row in self.rows("slots")]


def _slot(row: Sequence[object]) -> Slot:
    kind, name, work, quarantined = row
    return Slot(str(kind), str(name), str(work), bool(quarantined))
