"""Responders: declared once, so that what they do shows as a response and a stranger's use of their role does not."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.detect.responders import Responder
from roletrail.errors import InvalidRequest, NotFound
from roletrail.investigations import respond
from roletrail.usecases.chains.present import iso
from roletrail.usecases.parameters import read_time
from roletrail.usecases.ports import Ports

MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class ResponderView:
    """`session_name` and `source_identity` "" are any."""

    id: str
    role: str
    session_name: str
    source_identity: str
    since: str
    until: str
    why: str
    set_at: str
    set_by: str


def list_responders(ports: Ports, actor: Actor) -> list[ResponderView]:
    """Newest first."""
    require(actor, "responders.read")
    return [_view(one) for one in respond.every(ports.app)]


def declare_responder(
    ports: Ports,
    actor: Actor,
    role: str,
    *,
    session_name: str = "",
    source_identity: str = "",
    since: str = "",
    until: str = "",
    why: str = "",
) -> ResponderView:
    require(actor, "responders.write")
    if not role.startswith("arn:") or ":role/" not in role:
        raise InvalidRequest(
            "A responder is named by the ARN of a role.", hint="Example: arn:aws:iam::123456789012:role/Responder"
        )
    if any(len(text) > MAX_TEXT or "\0" in text for text in (role, session_name, source_identity, why)):
        raise InvalidRequest(f"Texts of a responder have at most {MAX_TEXT} characters.")
    try:
        from_, to = (read_time(text) if text else 0 for text in (since, until))
    except ValueError as problem:
        raise InvalidRequest(f"The time {problem}.") from None
    with ports.app.write():
        id_ = respond.declare(ports.app, actor.name, Responder(role, session_name, source_identity, from_, to), why)
        AuditLog(ports.app).wrote(actor, "responders.write", id_, f"declared {role}")
    return next(_view(one) for one in respond.every(ports.app) if one.id == id_)


def withdraw_responder(ports: Ports, actor: Actor, id_: str) -> None:
    require(actor, "responders.write", id_)
    with ports.app.write():
        if not respond.withdraw(ports.app, id_):
            raise NotFound("There is no responder with this id.")
        AuditLog(ports.app).wrote(actor, "responders.write", id_, "withdrawn")


def _view(one: respond.Declared) -> ResponderView:
    who = one.responder
    return ResponderView(
        one.id, who.role, who.session_name, who.source_identity, iso(who.from_), iso(who.to), one.why, iso(one.set_at), one.set_by
    )
