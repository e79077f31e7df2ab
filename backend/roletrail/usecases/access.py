"""Who may come in: API tokens and sign-in sessions, listed, made and ended; and the audit log of everything."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from roletrail.auth.access import Access
from roletrail.auth.actor import ROLES, Actor, Role
from roletrail.auth.audit import MAX_ROWS, AuditLog
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, NotFound
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import Page
from roletrail.usecases.ports import Ports

DEFAULT_DAYS = 30
DAY = 86_400


@dataclass(frozen=True, slots=True)
class TokenView:
    id: str
    name: str
    role: str
    scopes: list[str]
    created_at: str
    expires_at: str
    used_at: str
    expired: bool = False


@dataclass(frozen=True, slots=True)
class NewTokenView:
    """`token` is told once and kept only as HMAC."""

    token: str
    id: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class SignInView:
    id: str
    name: str
    role: str
    way: str
    began_at: str
    used_at: str


@dataclass(frozen=True, slots=True)
class AuditView:
    n: int
    at: str
    actor: str
    via: str
    action: str
    resource: str
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditCheckView:
    """`broken` is the number of the first row that does not fit, 0 when all do."""

    rows: int
    broken: int
    reason: str
    head: str


def list_tokens(ports: Ports, actor: Actor) -> list[TokenView]:
    require(actor, "access.manage")
    now = ports.app.now()
    return [
        TokenView(
            id=one.id,
            name=one.name,
            role=one.role,
            scopes=list(one.scopes),
            created_at=iso(one.created_at),
            expires_at=iso(one.expires_at),
            used_at=iso(one.used_at),
            expired=one.expires_at <= now,
        )
        for one in Access(ports.app).tokens()
    ]


def create_token(ports: Ports, actor: Actor, name: str, scopes: Collection[str], role: str, days: int) -> NewTokenView:
    require(actor, "access.manage")
    chosen: dict[str, Role] = {one: one for one in ROLES}
    if role not in chosen:
        raise InvalidRequest("The role must be one of " + ", ".join(ROLES) + ".")
    if not name.strip():
        raise InvalidRequest("A token needs a name that says what it is for.")
    with ports.app.write():
        access = Access(ports.app)
        token = access.new_token(" ".join(name.split()), scopes, chosen[role], days * DAY)
        info = access.token_info(token)
        AuditLog(ports.app).wrote(actor, "access.manage", info.id, f"made token for {role}: {' '.join(sorted(scopes))}")
    return NewTokenView(token, info.id, iso(info.expires_at))


def revoke_token(ports: Ports, actor: Actor, id_: str) -> None:
    """From the next request on."""
    require(actor, "access.manage", id_)
    with ports.app.write():
        if not Access(ports.app).revoke_token(id_):
            raise NotFound(
                "There is no token with this id.", hint="`roletrail token list` and the page of tokens have their ids."
            )
        AuditLog(ports.app).wrote(actor, "access.manage", id_, "revoked token")


def list_sign_ins(ports: Ports, actor: Actor) -> list[SignInView]:
    require(actor, "access.manage")
    return [
        SignInView(one.id, one.name, one.role, one.way, iso(one.began_at), iso(one.used_at))
        for one in Access(ports.app).sign_ins()
    ]


def end_sign_in(ports: Ports, actor: Actor, id_: str) -> None:
    require(actor, "access.manage", id_)
    with ports.app.write():
        if not Access(ports.app).end_sign_in(id_):
            raise NotFound("There is no sign-in with this id.")
        AuditLog(ports.app).wrote(actor, "access.manage", id_, "ended a sign-in")


def end_every_sign_in(ports: Ports, actor: Actor) -> int:
    """Everybody signs in anew, whoever does this too."""
    require(actor, "access.manage")
    with ports.app.write():
        ended = Access(ports.app).end_every_sign_in()
        AuditLog(ports.app).wrote(actor, "access.manage", "", f"ended {ended} sign-ins")
    return ended


def list_audit(ports: Ports, actor: Actor, after: str = "", limit: int = 100) -> Page[AuditView]:
    """Newest first."""
    require(actor, "audit.read")
    if after and not (after.isascii() and after.isdigit() and 0 < len(after) < 16):
        raise InvalidRequest("The parameter after is no cursor of this list.", hint="Pass `next` of the page before.")
    if not 1 <= limit <= MAX_ROWS:
        raise InvalidRequest(f"The parameter limit must be a whole number from 1 to {MAX_ROWS}.")
    if not ports.app.present:
        return Page([])
    rows = AuditLog(ports.app).newest(int(after or 0), limit + 1)
    views = [AuditView(**{**row._asdict(), "at": iso(row.at)}) for row in rows[:limit]]
    return Page(views, str(views[-1].n) if len(rows) > limit else None)


def verify_audit(ports: Ports, actor: Actor, noted: str = "") -> AuditCheckView:
    """Walk the chain. `noted` is a head that was written down elsewhere."""
    require(actor, "audit.read")
    return AuditCheckView(*AuditLog(ports.app).verify(noted))
