"""What waits to be sent, what was sent, and what nobody would take: kept in the app database, so that no alert is lost or
sent twice because a process ended."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from roletrail.appdb import AppDatabase

MOST_ATTEMPTS = 8
FIRST_WAIT = 30
LONGEST_WAIT = 3600


class Letter(NamedTuple):
    """One finding, or the growth of one pin (`finding` is then `Growth.subject`), on its way to one destination. `body` is the JSON that is sent, so that every attempt says the same."""

    destination: str
    finding: str
    content: str
    state: str  # waiting | sent | dead
    attempts: int
    queued_at: int
    tried_at: int
    next_at: int
    error: str
    body: str

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of one letter: whoever answered too late is not told twice."""
        return f"{self.finding}-{self.content}"


class Outbox:
    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def put(self, destination: str, finding: str, content: str, body: str) -> bool:
        """Queue what is not queued or sent yet in just these words; False when it is."""
        now = self._app.now()
        with self._app.write() as db:
            row = db.execute(
                "SELECT content FROM delivery WHERE destination = ? AND finding = ?", (destination, finding)
            ).fetchone()
            if row is not None and row[0] == content:
                return False
            db.execute(
                "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, 'waiting', 0, ?, 0, ?, '', ?)",
                (destination, finding, content, now, now, body),
            )
        return True

    def due(self, destination: str, limit: int) -> list[Letter]:
        """Letters whose time has come, the oldest first."""
        rows = self._app.read().execute(
            "SELECT * FROM delivery WHERE destination = ? AND state = 'waiting' AND next_at <= ? ORDER BY queued_at, finding LIMIT ?",
            (destination, self._app.now(), limit),
        )
        return [Letter(*row) for row in rows]

    def sent(self, letter: Letter) -> None:
        self._set(letter, "sent", letter.attempts + 1, 0, "")

    def failed(self, letter: Letter, error: str, *, final: bool = False) -> None:
        """Try again later, twice as late each time; a dead letter is kept and tried no more."""
        attempts = letter.attempts + 1
        dead = final or attempts >= MOST_ATTEMPTS
        wait = min(LONGEST_WAIT, FIRST_WAIT << (attempts - 1))
        self._set(letter, "dead" if dead else "waiting", attempts, 0 if dead else self._app.now() + wait, error[:500])

    def _set(self, letter: Letter, state: str, attempts: int, next_at: int, error: str) -> None:
        with self._app.write() as db:
            db.execute(
                "UPDATE delivery SET state = ?, attempts = ?, tried_at = ?, next_at = ?, error = ?"
                " WHERE destination = ? AND finding = ? AND content = ?",
                (state, attempts, self._app.now(), next_at, error, letter.destination, letter.finding, letter.content),
            )

    def revive(self, destination: str = "") -> int:
        """Give dead letters another round; returns how many."""
        with self._app.write() as db:
            query = "UPDATE delivery SET state = 'waiting', attempts = 0, next_at = ? WHERE state = 'dead' AND (? = '' OR destination = ?)"
            return db.execute(query, (self._app.now(), destination, destination)).rowcount

    def latest(self, limit: int) -> list[Letter]:
        """What was tried last, then what waits."""
        if not self._app.present:
            return []
        rows = self._app.read().execute(
            "SELECT * FROM delivery ORDER BY tried_at DESC, queued_at DESC, finding LIMIT ?", (limit,)
        )
        return [Letter(*row) for row in rows]

    def counts(self) -> dict[str, Counter[str]]:
        """Letters by destination and state."""
        found: dict[str, Counter[str]] = {}
        if self._app.present:
            query = "SELECT destination, state, count(*) FROM delivery GROUP BY destination, state ORDER BY destination"
            for destination, state, count in self._app.read().execute(query):
                found.setdefault(destination, Counter())[state] = count
        return found
