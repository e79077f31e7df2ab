"""Who may come in: launch links, sign-in sessions and API tokens, kept in the app database. Knows no HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import ROLES, SCOPES, Actor, Role, local_actor
from roletrail.auth.secrets import is_token, keyed_hash, new_secret, new_token
from roletrail.errors import InvalidRequest

LAUNCH_SECONDS = 600
START_SECONDS = 600
"""A sign-in that was begun at an identity provider has to be finished in this time."""
SESSION_SECONDS = 12 * 3600
"""A session ends after this long without use."""
TOUCH_SECONDS = 60
"""A use is written down at most this often: reading pages must not mean writing."""
MAX_TOKEN_SECONDS = 366 * 86_400


class TokenInfo(NamedTuple):
    id: str
    name: str
    role: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int
    used_at: int


class SignInInfo(NamedTuple):
    id: str
    name: str
    role: str
    way: str
    began_at: int
    used_at: int


class Access:
    def __init__(self, app: AppDatabase) -> None:
        self.app = app

    def _hash(self, purpose: str, secret: str) -> bytes:
        return keyed_hash(self.app.key, purpose, secret)

    # --- launch links -------------------------------------------------------------------------------------------

    def new_launch(self) -> str:
        """Secret of a launch link: one use, ten minutes."""
        secret, now = new_secret(), self.app.now()
        with self.app.write() as db:
            db.execute("DELETE FROM launch WHERE expires_at <= ?", (now,))
            db.execute("INSERT INTO launch VALUES (?, ?)", (self._hash("launch", secret), now + LAUNCH_SECONDS))
        return secret

    def redeem_launch(self, secret: str) -> str:
        """Burn a launch link and open a session; returns the session's secret, "" when the link is no good."""
        now = self.app.now()
        with self.app.write() as db:
            burned = db.execute(
                "DELETE FROM launch WHERE hash = ? RETURNING expires_at", (self._hash("launch", secret),)
            ).fetchone()
            if burned is None or burned[0] <= now:
                return ""
            return self.open_session("local", "admin", "launch link")

    # --- sign-in sessions ---------------------------------------------------------------------------------------

    def open_session(self, name: str, role: Role, way: str, seconds: int = 0) -> str:
        """Secret of a new session. `way` is how its owner came in; `seconds` ends it in any case, 0 when only disuse does."""
        secret, now = new_secret(), self.app.now()
        row = (self._hash("session", secret), name, role, now, now, secrets.token_hex(6), way, now + seconds if seconds else 0)
        with self.app.write() as db:
            db.execute("DELETE FROM sign_in_session WHERE used_at <= ?", (now - SESSION_SECONDS,))
            db.execute("INSERT INTO sign_in_session VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return secret

    def session_actor(self, secret: str) -> Actor | None:
        """Actor of a session cookie; None when it is unknown or was not used for twelve hours."""
        now, hashed = self.app.now(), self._hash("session", secret)
        query = "SELECT name, role, used_at, ends_at FROM sign_in_session WHERE hash = ?"
        row = self.app.read().execute(query, (hashed,)).fetchone()
        if row is None or row[2] <= now - SESSION_SECONDS or (row[3] and row[3] <= now):
            return None
        if row[2] <= now - TOUCH_SECONDS:
            with self.app.write() as db:
                db.execute("UPDATE sign_in_session SET used_at = ? WHERE hash = ?", (now, hashed))
        return Actor(row[0], _role(row[1]), local_actor().scopes, "session")

    def end_session(self, secret: str) -> None:
        with self.app.write() as db:
            db.execute("DELETE FROM sign_in_session WHERE hash = ?", (self._hash("session", secret),))

    def sign_ins(self) -> list[SignInInfo]:
        """Sessions that still let somebody in, the last used first."""
        now = self.app.now()
        query = (
            "SELECT id, name, role, way, created_at, used_at FROM sign_in_session"
            " WHERE used_at > ? AND (ends_at = 0 OR ends_at > ?) ORDER BY used_at DESC, id"
        )
        return [SignInInfo(*row) for row in self.app.read().execute(query, (now - SESSION_SECONDS, now))]

    def end_sign_in(self, id_: str) -> bool:
        with self.app.write() as db:
            return db.execute("DELETE FROM sign_in_session WHERE id = ? AND id != ''", (id_,)).rowcount == 1

    def end_every_sign_in(self) -> int:
        with self.app.write() as db:
            return db.execute("DELETE FROM sign_in_session").rowcount

    # --- tokens -------------------------------------------------------------------------------------------------

    def new_token(self, name: str, scopes: Collection[str], role: Role, seconds: int) -> str:
        """An API token; the text is returned once and kept only as HMAC."""
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise InvalidRequest(
                f"There is no scope {', '.join(unknown) or '(none given)'}.", hint="Known: " + ", ".join(SCOPES) + "."
            )
        if not 0 < seconds <= MAX_TOKEN_SECONDS:
            raise InvalidRequest("A token lives for at most one year.")
        token, now = new_token(), self.app.now()
        row = (self._hash("token", token), secrets.token_hex(6), name[:100], role, " ".join(sorted(scopes)), now, now + seconds)
        with self.app.write() as db:
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, 0)", row)
        return token

    def token_actor(self, token: str) -> Actor | None:
        """Actor of a bearer token; None when it is malformed, unknown, revoked or expired."""
        if not is_token(token):
            return None
        now, hashed = self.app.now(), self._hash("token", token)
        query = "SELECT name, role, scopes, expires_at, used_at FROM token WHERE hash = ?"
        row = self.app.read().execute(query, (hashed,)).fetchone()
        if row is None or row[3] <= now:
            return None
        if row[4] <= now - TOUCH_SECONDS:
            with self.app.write() as db:
                db.execute("UPDATE token SET used_at = ? WHERE hash = ?", (now, hashed))
        return Actor(row[0], _role(row[1]), frozenset(row[2].split()), "token")

    def token_info(self, token: str) -> TokenInfo:
        """Facts of a token that was just made."""
        query = "SELECT id, name, role, scopes, created_at, expires_at, used_at FROM token WHERE hash = ?"
        with self.app.write() as db:
            row = db.execute(query, (self._hash("token", token),)).fetchone()
        return TokenInfo(row[0], row[1], row[2], tuple(row[3].split()), *row[4:])

    def tokens(self) -> list[TokenInfo]:
        query = "SELECT id, name, role, scopes, created_at, expires_at, used_at FROM token ORDER BY created_at DESC, id"
        rows = self.app.read().execute(query)
        return [TokenInfo(row[0], row[1], row[2], tuple(row[3].split()), *row[4:]) for row in rows]

    def revoke_token(self, id_: str) -> bool:
        with self.app.write() as db:
            return db.execute("DELETE FROM token WHERE id = ?", (id_,)).rowcount == 1

    def close(self) -> None:
        self.app.close()


def _role(text: str) -> Role:
    return next(role for role in ROLES if role == text)
