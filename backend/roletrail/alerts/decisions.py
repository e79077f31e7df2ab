"""What people decided: the status of a finding, and exceptions with an owner, a reason and an end. Kept in the app database."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.detect.finding import Finding

Status = Literal["open", "benign", "confirmed"]
STATUSES: tuple[Status, ...] = ("open", "benign", "confirmed")
MATCHES = ("rule", "account", "session", "title", "reason")
"""What an exception may ask of a finding: rule, account and session are equal; title and reason hold the text somewhere."""
LONGEST_DAYS = 366


class Decided(NamedTuple):
    status: Status
    by: str
    at: int
    note: str


OPEN = Decided("open", "", 0, "")


class Allowed(NamedTuple):
    """An exception. It takes nothing away: what it matches is counted, and listed when asked for."""

    id: str
    match: Mapping[str, str]
    owner: str
    reason: str
    created_by: str
    created_at: int
    expires_at: int

    def covers(self, finding: Finding) -> bool:
        return bool(self.match) and all(_fits(finding, name, value) for name, value in self.match.items())


def _fits(finding: Finding, name: str, value: str) -> bool:
    folded = value.casefold()
    if name == "title":
        return folded in finding.title.casefold()
    if name == "reason":
        return any(folded in reason.text.casefold() for reason in finding.reasons)
    return value == {"rule": finding.rule, "account": finding.account, "session": finding.session_id}.get(name)


class Decisions:
    """Reads nothing and writes nothing until somebody decided something."""

    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def statuses(self, ids: Iterable[str] | None = None) -> dict[str, Decided]:
        """All, or those of some findings."""
        if not self._app.present:
            return {}
        rows = self._app.read().execute("SELECT finding, status, set_by, set_at, note FROM finding_status")
        wanted = None if ids is None else set(ids)
        return {row[0]: Decided(*row[1:]) for row in rows if wanted is None or row[0] in wanted}

    def decide(self, finding: str, status: Status, by: str, note: str) -> Decided:
        decided = Decided(status, by[:100], self._app.now(), note[:2000])
        with self._app.write() as db:
            db.execute("INSERT OR REPLACE INTO finding_status VALUES (?, ?, ?, ?, ?)", (finding, *decided))
        return decided

    def allowed(self, *, expired: bool = False) -> list[Allowed]:
        """Exceptions that hold, the latest first; with those that ended when `expired`."""
        if not self._app.present:
            return []
        since = 0 if expired else self._app.now()
        rows = self._app.read().execute(
            "SELECT id, match, owner, reason, created_by, created_at, expires_at FROM allowed WHERE expires_at > ?"
            " ORDER BY created_at DESC, id",
            (since,),
        )
        return [Allowed(row[0], json.loads(row[1]), *row[2:]) for row in rows]

    def allow(self, match: Mapping[str, str], owner: str, reason: str, by: str, seconds: int) -> Allowed:
        now = self._app.now()
        entry = Allowed(secrets.token_hex(6), dict(match), owner[:200], reason[:2000], by[:100], now, now + seconds)
        row = (entry.id, json.dumps(dict(entry.match), sort_keys=True), *entry[2:])
        with self._app.write() as db:
            db.execute("INSERT INTO allowed VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return entry

    def disallow(self, id_: str) -> bool:
        with self._app.write() as db:
            return db.execute("DELETE FROM allowed WHERE id = ?", (id_,)).rowcount == 1
