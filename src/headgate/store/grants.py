"""Questions and overrides in the gate's SQLite file; each row is sealed, so that another writer's row is none."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from hmac import compare_digest

import msgspec

from headgate.model.approval import Approval, ApprovalState
from headgate.model.override import Override, Standing
from headgate.ports import Signer

SCHEMA = """
CREATE TABLE IF NOT EXISTS approvals (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  digest  TEXT NOT NULL,      -- what the answer is bound to
  session TEXT NOT NULL,
  state   TEXT NOT NULL,
  told    INTEGER NOT NULL,
  body    BLOB NOT NULL,
  seal    BLOB NOT NULL       -- by the gate's key, over the body
);
CREATE INDEX IF NOT EXISTS approvals_digest ON approvals (digest);
CREATE INDEX IF NOT EXISTS approvals_state ON approvals (state);
CREATE TABLE IF NOT EXISTS overrides (
  id        INTEGER PRIMARY KEY,
  body      BLOB NOT NULL,    -- the standing: the override, its uses, its end
  seal      BLOB NOT NULL,    -- by the gate's key, over the body
  signature BLOB NOT NULL,    -- by the person's key, over the override
  key       TEXT NOT NULL
);
"""

_DOMAIN = b"headgate grants 1\0"
_BYTES = "CAST(body AS BLOB), CAST(seal AS BLOB)"  # whatever another writer made of them
_OVERRIDES = f"SELECT id, {_BYTES}, CAST(signature AS BLOB), key FROM overrides ORDER BY id"  # noqa: S608 our own words
_ENCODER = msgspec.json.Encoder(order="sorted")
_APPROVAL = msgspec.json.Decoder(Approval)
_STANDING = msgspec.json.Decoder(Standing)


class SqliteGrants:
    """Questions and overrides; used by the one thread of the daemon.

    *durably* turns the faults of the file into ours; *signer* has the gate's own key (none: nothing is sealed).
    """

    def __init__(
        self,
        database: sqlite3.Connection,
        durably: Callable[[], AbstractContextManager[None]],
        signer: Signer | None = None,
    ) -> None:
        self._database = database
        self._durably = durably
        self._signer = signer
        self._standing: tuple[Standing, ...] | None = None

    def make(self) -> None:
        """Make the tables where there are none."""
        self._database.executescript(SCHEMA)

    def forget(self) -> None:
        """Read again what is kept at hand: a transaction failed."""
        self._standing = None

    def _seal(self, body: bytes) -> bytes:
        """Return the seal of a row: the same for the same bytes (Ed25519 is deterministic, RFC 8032)."""
        return self._signer.sign(_DOMAIN + body) if self._signer else b""

    def _sound(self, body: bytes, seal: bytes) -> bool:
        return compare_digest(seal, self._seal(body))

    # -- questions ---------------------------------------------------------------------------

    def ask(self, approval: Approval) -> Approval:
        """Keep *approval*, and return it with its number."""
        with self._durably():
            row = (approval.digest, approval.caller.session, approval.state, 1, b"", b"")
            cursor = self._database.execute(
                "INSERT INTO approvals (digest, session, state, told, body, seal) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        numbered = msgspec.structs.replace(approval, id=cursor.lastrowid or 0)
        self.change(numbered, approval.state)
        return numbered

    def change(self, approval: Approval, was: ApprovalState) -> bool:
        """Keep *approval* in place of what is there; false, and nothing is done, where its state is not *was* now."""
        body = _ENCODER.encode(approval)
        with self._durably():
            cursor = self._database.execute(
                "UPDATE approvals SET state = ?, told = ?, body = ?, seal = ? WHERE id = ? AND state = ?",
                (approval.state, int(approval.told), body, self._seal(body), approval.id, was),
            )
        return cursor.rowcount == 1

    def approval(self, number: int) -> Approval | None:
        """Return the question with this *number*."""
        return next(iter(self._questions("id = ?", (number,))), None)

    def latest(self, digest: str) -> Approval | None:
        """Return the last question that is bound to *digest*."""
        return next(iter(self._questions("digest = ? ORDER BY id DESC LIMIT 1", (digest,))), None)

    def questions(self, states: Sequence[ApprovalState], session: str = "", limit: int = 1000) -> list[Approval]:
        """Return the questions in *states*, of *session* where one is given, the newest first."""
        marks = ", ".join("?" for _ in states)
        query = f"state IN ({marks}) AND (? = '' OR session = ?) ORDER BY id DESC LIMIT ?"
        return self._questions(query, (*states, session, session, limit))

    def untold(self, session: str) -> list[Approval]:
        """Return the questions of *session* whose answer it was not told, the oldest first."""
        return self._questions("told = 0 AND session = ? ORDER BY id", (session,))

    def _questions(self, where: str, values: tuple[object, ...]) -> list[Approval]:
        """Return the sound rows: what is not as the gate wrote it is no question at all."""
        with self._durably():
            rows = self._database.execute(
                f"SELECT id, digest, state, {_BYTES} FROM approvals WHERE {where}",  # noqa: S608 our own words
                values,
            ).fetchall()
            found = [(row, _APPROVAL.decode(row[3])) for row in rows if self._sound(row[3], row[4])]
        return [item for row, item in found if (item.id, item.digest, item.state) == row[:3]]

    # -- overrides ---------------------------------------------------------------------------

    def next_override(self) -> int:
        """Return the number of the next override; none is given twice."""
        with self._durably():
            return int(self._database.execute("SELECT coalesce(max(id), 0) + 1 FROM overrides").fetchone()[0])

    def add_override(self, override: Override, signature: bytes, key: str) -> None:
        """Keep *override*, whose number is `next_override`, with its *signature*."""
        body = _ENCODER.encode(Standing(override))
        with self._durably():
            row = (override.id, body, self._seal(body), signature, key)
            self._database.execute("INSERT INTO overrides VALUES (?, ?, ?, ?, ?)", row)
        self._standing = None

    def change_override(self, standing: Standing) -> None:
        """Keep how often an override was used, and whether it has ended."""
        body = _ENCODER.encode(standing)
        with self._durably():
            row = (body, self._seal(body), standing.override.id)
            self._database.execute("UPDATE overrides SET body = ?, seal = ? WHERE id = ?", row)
        self._standing = None

    def signed(self) -> list[tuple[Standing, bytes, str]]:
        """Return every override with its signature and the name of its key, the newest last."""
        with self._durably():
            rows = self._database.execute(_OVERRIDES).fetchall()
            found = [(row, _STANDING.decode(row[1])) for row in rows if self._sound(row[1], row[2])]
        return [(item, row[3], row[4]) for row, item in found if item.override.id == row[0]]

    def standing(self) -> Sequence[Standing]:
        """Return the overrides that were not ended, the oldest first; some may be over by their time."""
        if self._standing is None:
            self._standing = tuple(item for item, _, _ in self.signed() if not item.ended)
        return self._standing
