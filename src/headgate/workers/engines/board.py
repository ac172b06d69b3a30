"""The board on the engine's database, SQLite or Postgres."""

from collections.abc import Mapping

from headgate.workers.engines.leases import Leases
from headgate.workers.engines.outputs import Outputs
from headgate.workers.engines.roster import Roster
from headgate.workers.engines.slots import Slots


class SqlBoard(Leases, Slots, Roster, Outputs):
    """The board, in tables of its own beside those of the engine."""

    STATEMENTS: Mapping[str, str] = {
        "forget_output": """DELETE FROM $output WHERE work IN
            (SELECT work FROM $lease WHERE state IN ('ended', 'lost') AND beat < $now - :age)""",
        "forget_leases": "DELETE FROM $lease WHERE state IN ('ended', 'lost') AND beat < $now - :age",
        "forget_workers": "DELETE FROM $worker WHERE seen < $now - :age",
    }

    def forget(self, older_than_seconds: float) -> int:
        """Remove the leases and output of what ended or was lost longer ago than that, and workers unseen since.

        Returns how many leases. A start marker goes with each: use an age at which the engine has forgotten the work.
        """
        age = {"age": older_than_seconds}
        with self.transaction() as connection:
            connection.execute(self._sql["forget_output"], age)
            gone = connection.execute(self._sql["forget_leases"], age).rowcount
            connection.execute(self._sql["forget_workers"], age)
        return gone

    def close(self) -> None:
        """Let the database go."""
        self.database.dispose()
