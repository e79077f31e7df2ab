"""The audit log: what was changed, and what evidence was read, by whom. Append-only, each row chained to the one before.

Reads with the command line leave no row: whoever can read the store's files needs no leave (ADR 0005).
"""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor

START = hashlib.sha256(b"roletrail audit log").digest()
LONGEST = 300
MAX_ROWS = 500


class Entry(NamedTuple):
    n: int
    at: int
    actor: str
    via: str  # kind of credential: local | session | token | share
    action: str  # as the policy names it
    resource: str
    detail: str
    hash: str  # hexadecimal


class Verified(NamedTuple):
    """`broken` is the number of the first row that does not fit, 0 when all do. `head` is worth noting elsewhere: a log that
    was cut and chained anew ends in another."""

    rows: int
    broken: int
    reason: str
    head: str


class AuditLog:
    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def wrote(self, actor: Actor, action: str, resource: str = "", detail: str = "") -> None:
        """A change; call it inside the change's own transaction."""
        self.add(actor.name, actor.kind, action, resource, detail)

    def read(self, actor: Actor, action: str, resource: str = "", detail: str = "") -> None:
        """Evidence that somebody was shown."""
        if actor.kind != "local":
            self.add(actor.name, actor.kind, action, resource, detail)

    def add(self, name: str, via: str, action: str, resource: str, detail: str) -> None:
        texts = [_plain(text) for text in (name, via, action, resource, detail)]
        with self._app.write() as db:
            last = db.execute("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1").fetchone() or (0, START)
            row = (last[0] + 1, self._app.now(), *texts)
            db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, chained(last[1], row)))

    def newest(self, before: int, limit: int) -> list[Entry]:
        """Rows before number `before` (0: from the end), newest first."""
        query = "SELECT * FROM audit WHERE ? = 0 OR n < ? ORDER BY n DESC LIMIT ?"
        return [Entry(*row)._replace(hash=row[7].hex()) for row in self._app.read().execute(query, (before, before, limit))]

    def verify(self, noted: str = "") -> Verified:
        """Walk the whole chain. `noted` is a head written down before: it must be the hash of one of the rows."""
        previous, expected, seen = START, 1, not noted
        for n, *rest, hash_ in self._app.read().execute("SELECT * FROM audit ORDER BY n"):
            if n != expected:
                return Verified(expected - 1, expected, f"row {expected} is missing", previous.hex())
            if chained(previous, (n, *rest)) != hash_:
                return Verified(n - 1, n, f"row {n} is not what was written", previous.hex())
            previous, expected = hash_, n + 1
            seen = seen or hash_.hex() == noted.lower()
        if not seen:
            return Verified(
                expected - 1, expected, "no row has the hash that was noted: the log was cut or chained anew", previous.hex()
            )
        return Verified(expected - 1, 0, "", previous.hex())


def chained(previous: bytes, row: tuple[object, ...]) -> bytes:
    """SHA-256 over the hash before and the row as JSON."""
    return hashlib.sha256(previous + json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:LONGEST]
