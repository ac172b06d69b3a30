"""The workers of a board: who registered, and when each was last heard of."""

from collections.abc import Mapping, Sequence

import msgspec

from headgate.model.work import WorkerInfo
from headgate.workers.engines.part import Part


class Roster(Part):
    """The workers of a board. One that left is forgotten together with the wish that it drain."""

    STATEMENTS: Mapping[str, str] = {
        "register": """INSERT INTO $worker AS worker (id, process, info, draining, gone, seen)
            VALUES (:id, :process, :info, FALSE, FALSE, $now)
            ON CONFLICT (id) DO UPDATE SET process = excluded.process, info = excluded.info,
                draining = worker.draining AND NOT worker.gone, gone = FALSE, seen = $now""",
        "leave": "UPDATE $worker SET gone = TRUE WHERE id = :id AND process = :process",
        "drain": "UPDATE $worker SET draining = :draining WHERE id = :id AND NOT gone",
        "workers": "SELECT info, draining, $now - seen FROM $worker WHERE NOT gone ORDER BY id",
    }

    def register(self, worker: WorkerInfo) -> None:
        """Note that *worker* is there, or still is."""
        info = msgspec.json.encode(worker).decode()
        self.change("register", id=worker.id, process=worker.process, info=info)

    def leave(self, worker: str, process: str) -> None:
        """Note that this process of *worker* is gone."""
        self.change("leave", id=worker, process=process)

    def drain(self, worker: str, *, draining: bool = True) -> bool:
        """Ask *worker* to take no more work; false where there is none."""
        return self.change("drain", id=worker, draining=draining) == 1

    def workers(self) -> Sequence[WorkerInfo]:
        """Return the workers that registered, by id."""
        return [
            msgspec.structs.replace(
                msgspec.json.decode(str(info), type=WorkerInfo), draining=bool(draining), age=max(0.0, float(str(age)))
            )
            for info, draining, age in self.rows("workers")
        ]
