"""Shares: frozen documents behind an unguessable link, for readers without an account. Only the link's HMAC is kept.

Unknown, expired, used up and revoked are one answer: None.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.investigations.model import new_id

PREFIX = "rts_"
HOUR, DAY = 3_600, 86_400
LEAST_SECONDS, DEFAULT_SECONDS, MOST_SECONDS = HOUR, 7 * DAY, 90 * DAY
VISIT_SECONDS = 12 * HOUR
_SALT = 16
_FACTS = (
    "id, kind, subject, title, redaction, counts, sha256, tool_version, length(passphrase) > 0, view_limit, may_download,"
    " created_at, created_by, expires_at, revoked_at, revoked_by, views, viewed_at, length(content)"
)


class Share(NamedTuple):
    id: str
    kind: str  # investigation | session
    subject: str
    title: str
    redaction: str
    counts: dict[str, int]
    sha256: str
    tool_version: str
    passphrase: bool
    view_limit: int  # 0 none
    may_download: bool
    created_at: int
    created_by: str
    expires_at: int
    revoked_at: int
    revoked_by: str
    views: int
    viewed_at: int
    size: int


class NewShare(NamedTuple):
    kind: str
    subject: str
    title: str
    redaction: str
    counts: dict[str, int]
    content: bytes
    picture: bytes
    tool_version: str
    passphrase: str
    view_limit: int
    may_download: bool
    seconds: int


class ShareBook:
    def __init__(self, app: AppDatabase) -> None:
        self._app = app

    def _hash(self, purpose: str, secret: str) -> bytes:
        return hmac.digest(self._app.key, f"{purpose}\x1f{secret}".encode("utf-8", "surrogatepass"), hashlib.sha256)

    # --- the sharer's side ----------------------------------------------------------------------------------------

    def make(self, by: str, new: NewShare) -> tuple[str, str]:
        """Id and the link's secret, which is told once."""
        id_, secret, now = new_id(), PREFIX + secrets.token_urlsafe(32), self._app.now()
        row = (
            id_, self._hash("share", secret), new.kind, new.subject, new.title, new.redaction, json.dumps(new.counts), new.content,
            new.picture, hashlib.sha256(new.content).hexdigest(), new.tool_version, _sealed(new.passphrase), new.view_limit,
            int(new.may_download), now, by, now + new.seconds,
        )  # fmt: skip
        with self._app.write() as db:
            db.execute(f"INSERT INTO share VALUES ({', '.join('?' * len(row))}, 0, '', 0, 0)", row)  # noqa: S608 - question marks
        return id_, secret

    def every(self) -> list[Share]:
        """Newest first."""
        if not self._app.present:
            return []
        rows = self._app.read().execute(f"SELECT {_FACTS} FROM share ORDER BY created_at DESC, id")  # noqa: S608 - our columns
        return [_share(row) for row in rows]

    def revoke(self, by: str, id_: str) -> bool:
        """False when there is no such share, or it was revoked already."""
        with self._app.write() as db:
            query = "UPDATE share SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at = 0"
            return db.execute(query, (self._app.now(), by, id_)).rowcount == 1

    def revoke_all(self, by: str) -> int:
        with self._app.write() as db:
            query = "UPDATE share SET revoked_at = ?, revoked_by = ? WHERE revoked_at = 0"
            return db.execute(query, (self._app.now(), by)).rowcount

    # --- the reader's side ----------------------------------------------------------------------------------------

    def arrive(self, secret: str) -> tuple[str, str] | None:
        """Somebody came with a link: id of the share and the secret of the visit. Nothing is counted yet."""
        now = self._app.now()
        row = (
            self._app.read()
            .execute(
                "SELECT id, expires_at FROM share WHERE hash = ? AND revoked_at = 0 AND expires_at > ?"
                " AND (view_limit = 0 OR views < view_limit)",
                (self._hash("share", secret), now),
            )
            .fetchone()
        )
        if row is None:
            return None
        visit = secrets.token_urlsafe(32)
        with self._app.write() as db:
            db.execute("DELETE FROM share_visit WHERE expires_at <= ?", (now,))
            ends = min(row[1], now + VISIT_SECONDS)
            db.execute("INSERT INTO share_visit VALUES (?, ?, 0, ?)", (self._hash("visit", visit), row[0], ends))
        return row[0], visit

    def visited(self, id_: str, visit: str) -> tuple[Share, bool] | None:
        """The share of a visit, and whether it was opened. Asked on every request: a revoked one is gone at once."""
        now = self._app.now()
        row = (
            self._app.read()
            .execute(
                f"SELECT opened, {_FACTS} FROM share JOIN (SELECT share, opened FROM share_visit WHERE hash = ? AND expires_at > ?) v"  # noqa: S608 - our columns
                " ON id = v.share WHERE id = ? AND revoked_at = 0 AND expires_at > ?",
                (self._hash("visit", visit), now, id_, now),
            )
            .fetchone()
        )
        return (_share(row[1:]), bool(row[0])) if row else None

    def open(self, id_: str, visit: str, passphrase: str) -> bool:
        """Open for reading: counts a view. False for a wrong passphrase, or when the last view was spent."""
        found = self.visited(id_, visit)
        if found is None:
            return False
        (sealed,) = self._app.read().execute("SELECT passphrase FROM share WHERE id = ?", (id_,)).fetchone()
        if sealed and not _opens(sealed, passphrase):
            return False
        with self._app.write() as db:
            now, hashed = self._app.now(), self._hash("visit", visit)
            if db.execute("SELECT opened FROM share_visit WHERE hash = ?", (hashed,)).fetchone() == (1,):
                return True
            query = "UPDATE share SET views = views + 1, viewed_at = ? WHERE id = ? AND (view_limit = 0 OR views < view_limit)"
            if db.execute(query, (now, id_)).rowcount != 1:
                return False
            db.execute("UPDATE share_visit SET opened = 1 WHERE hash = ?", (hashed,))
            return True

    def content(self, id_: str) -> bytes:
        return self._app.read().execute("SELECT content FROM share WHERE id = ?", (id_,)).fetchone()[0]

    def picture(self, id_: str) -> bytes:
        return self._app.read().execute("SELECT picture FROM share WHERE id = ?", (id_,)).fetchone()[0]


def _share(row: tuple) -> Share:
    share = Share(*row)
    return share._replace(counts=json.loads(row[5]), passphrase=bool(share.passphrase), may_download=bool(share.may_download))


def _sealed(passphrase: str) -> bytes:
    """Salt and scrypt; empty without a passphrase."""
    if not passphrase:
        return b""
    salt = secrets.token_bytes(_SALT)
    return salt + _stretched(passphrase, salt)


def _opens(sealed: bytes, passphrase: str) -> bool:
    return hmac.compare_digest(sealed[_SALT:], _stretched(passphrase, sealed[:_SALT]))


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode("utf-8", "replace"), salt=salt, n=1 << 14, r=8, p=1, dklen=32)
