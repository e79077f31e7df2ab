"""Share snapshots: showing what would leave, making, listing and revoking them. Reading one needs no account and no store."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail import __version__
from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.errors import Forbidden, InvalidRequest, NotFound
from roletrail.investigations.redact import SAID
from roletrail.investigations.shares import DEFAULT_SECONDS, LEAST_SECONDS, MOST_SECONDS, NewShare, Share, ShareBook
from roletrail.usecases.chains.present import iso
from roletrail.usecases.investigations.snapshots import freeze
from roletrail.usecases.ports import Ports

MAX_PASSPHRASE = 200
MAX_VIEWS = 10_000


@dataclass(frozen=True, slots=True)
class ShareView:
    """A share as its list shows it; never its link, which was told once."""

    id: str
    kind: str
    subject: str
    title: str
    redaction: str
    redacted: str
    counts: dict[str, int]  # what it would hold without redaction
    sha256: str
    tool_version: str
    size: int
    passphrase: bool
    view_limit: int
    may_download: bool
    created_at: str
    created_by: str
    expires_at: str
    state: str  # live | expired | revoked | used up
    revoked_at: str
    revoked_by: str
    views: int
    viewed_at: str


@dataclass(frozen=True, slots=True)
class NewShareView:
    """`path` holds the secret and is told once: it cannot be asked for again."""

    path: str
    share: ShareView


@dataclass(frozen=True, slots=True)
class LeavingView:
    """What a share would take with it, before redaction, and what each preset would replace."""

    kind: str
    subject: str
    title: str
    size: int
    counts: dict[str, int]
    presets: dict[str, str]


@dataclass(frozen=True, slots=True)
class SharesView:
    """`stopped`: an administrator stopped all sharing; no link opens and none is made."""

    items: list[ShareView]
    stopped: bool


def show_leaving(ports: Ports, actor: Actor, kind: str, subject: str) -> LeavingView:
    require(actor, "shares.write", subject)
    frozen = freeze(ports, actor, kind, subject, "none", ports.app.now())
    return LeavingView(kind, subject, frozen.title, len(frozen.content), frozen.counts, SAID)


def create_share(
    ports: Ports,
    actor: Actor,
    kind: str,
    subject: str,
    *,
    redaction: str = "none",
    seconds: int = DEFAULT_SECONDS,
    passphrase: str = "",
    view_limit: int = 0,
    may_download: bool = False,
) -> NewShareView:
    """Freeze now. Raises Forbidden while sharing is stopped."""
    require(actor, "shares.write", subject)
    if stopped(ports):
        raise Forbidden("An administrator stopped all sharing.", hint="Ask an administrator.")
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise InvalidRequest("A share lives from 1 hour to 90 days.")
    if len(passphrase) > MAX_PASSPHRASE or not 0 <= view_limit <= MAX_VIEWS:
        raise InvalidRequest(f"A passphrase has at most {MAX_PASSPHRASE} characters, a share at most {MAX_VIEWS:,} views.")
    frozen = freeze(ports, actor, kind, subject, redaction, ports.app.now())
    new = NewShare(
        kind=kind,
        subject=subject,
        title=frozen.title,
        redaction=redaction,
        counts=frozen.counts,
        content=frozen.content,
        picture=frozen.picture,
        tool_version=__version__,
        passphrase=passphrase,
        view_limit=view_limit,
        may_download=may_download,
        seconds=seconds,
    )
    with ports.app.write():
        id_, secret = ShareBook(ports.app).make(actor.name, new)
        AuditLog(ports.app).wrote(actor, "shares.write", id_, f"shared {kind} {subject}, redacted: {redaction}")
    made = next(share for share in ShareBook(ports.app).every() if share.id == id_)
    return NewShareView(f"/s/{secret}", _view(ports, made))


def list_shares(ports: Ports, actor: Actor) -> SharesView:
    """Newest first, those that open no more too."""
    require(actor, "shares.read")
    return SharesView([_view(ports, share) for share in ShareBook(ports.app).every()], stopped(ports))


def revoke_share(ports: Ports, actor: Actor, id_: str) -> None:
    """Takes effect on the next request of any reader."""
    require(actor, "shares.write", id_)
    with ports.app.write():
        if not ShareBook(ports.app).revoke(actor.name, id_):
            raise NotFound(
                "There is no share with this id, or it was revoked already.", hint="`roletrail shares list` has them all."
            )
        AuditLog(ports.app).wrote(actor, "shares.write", id_, "revoked")


def revoke_every_share(ports: Ports, actor: Actor) -> int:
    require(actor, "shares.stop")
    with ports.app.write():
        number = ShareBook(ports.app).revoke_all(actor.name)
        AuditLog(ports.app).wrote(actor, "shares.stop", "", f"revoked all {number}")
    return number


def stop_sharing(ports: Ports, actor: Actor, *, stop: bool) -> None:
    """While stopped no link opens and none is made; what is not revoked opens again afterwards."""
    require(actor, "shares.stop")
    with ports.app.write():
        ports.app.remember("shares", "stopped" if stop else "")
        AuditLog(ports.app).wrote(actor, "shares.stop", "", "stopped" if stop else "resumed")


def stopped(ports: Ports) -> bool:
    return ports.app.present and ports.app.recall("shares") == "stopped"


def state_of(share: Share, now: int) -> str:
    if share.revoked_at:
        return "revoked"
    if share.expires_at <= now:
        return "expired"
    return "used up" if share.view_limit and share.views >= share.view_limit else "live"


def _view(ports: Ports, share: Share) -> ShareView:
    return ShareView(
        id=share.id,
        kind=share.kind,
        subject=share.subject,
        title=share.title,
        redaction=share.redaction,
        redacted=SAID[share.redaction],
        counts=share.counts,
        sha256=share.sha256,
        tool_version=share.tool_version,
        size=share.size,
        passphrase=share.passphrase,
        view_limit=share.view_limit,
        may_download=share.may_download,
        created_at=iso(share.created_at),
        created_by=share.created_by,
        expires_at=iso(share.expires_at),
        state=state_of(share, ports.app.now()),
        revoked_at=iso(share.revoked_at),
        revoked_by=share.revoked_by,
        views=share.views,
        viewed_at=iso(share.viewed_at),
    )
