"""Who can come in now: API tokens and sign-ins, listed and ended by those who may."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail.auth.access import Access
from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import NotFound
from roletrail.usecases.ports import Ports
from roletrail.usecases.present import iso


@dataclass(frozen=True, slots=True)
class TokenView:
    id: str
    name: str
    role: str
    scopes: list[str]
    created_at: str
    expires_at: str
    used_at: str  # "" never


@dataclass(frozen=True, slots=True)
class SignInView:
    id: str
    name: str
    role: str
    way: str
    began_at: str
    used_at: str


def list_tokens(ports: Ports, actor: Actor) -> list[TokenView]:
    require(actor, "access.manage")
    return [
        TokenView(one.id, one.name, one.role, list(one.scopes), iso(one.created_at), iso(one.expires_at), iso(one.used_at))
        for one in Access(ports.app).tokens()
    ]


def revoke_token(ports: Ports, actor: Actor, id_: str) -> None:
    """Takes effect with the next request."""
    require(actor, "access.manage", id_)
    if not Access(ports.app).revoke_token(id_):
        raise NotFound("There is no token with this id.")


def list_sign_ins(ports: Ports, actor: Actor) -> list[SignInView]:
    require(actor, "access.manage")
    return [
        SignInView(one.id, one.name, one.role, one.way, iso(one.began_at), iso(one.used_at))
        for one in Access(ports.app).sign_ins()
    ]


def end_sign_in(ports: Ports, actor: Actor, id_: str) -> None:
    require(actor, "access.manage", id_)
    if not Access(ports.app).end_sign_in(id_):
        raise NotFound("There is no sign-in with this id.")
