"""Reading requests strictly: an unknown or repeated parameter is an error that names it."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, Unauthenticated
from roletrail.usecases.ports import Ports


def ports_of(request: Request) -> Ports:
    return request.app.state.ports


def actor_of(request: Request) -> Actor:
    """The actor the gate found. Raises Unauthenticated when a route was reached without one."""
    actor = request.scope.get("state", {}).get("actor")
    if actor is None:
        raise Unauthenticated("This needs a sign-in or a token.")
    return actor


def actor_for(request: Request, action: str, resource: str = "") -> Actor:
    """The actor, asked for before a body is read: who may not do a thing is not told what is wrong with how they ask."""
    actor = actor_of(request)
    require(actor, action, resource)
    return actor


def parameters(request: Request) -> dict[str, str]:
    """Query parameters by name."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            raise InvalidRequest(f"The parameter {name[:60]!r} is given twice.")
        found[name] = value
    return found


def only(raw: dict[str, str], known: Collection[str]) -> dict[str, str]:
    """`raw`, when every name is known."""
    for name in raw:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise InvalidRequest(f"There is no parameter {name[:60]!r} here.", hint=f"Known: {names}.")
    return raw


def whole_number(raw: dict[str, str], name: str, default: int, most: int) -> int:
    text = raw.get(name, "")
    if text == "":
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or not 1 <= int(text) <= most:
        raise InvalidRequest(f"The parameter {name} must be a whole number from 1 to {most}.")
    return int(text)


def own_role_of(request: Request, raw: dict[str, str]) -> str:
    """The role whose reading a list leaves out: ours, "" when `own` asks for it."""
    return "" if flag(raw, "own") else ports_of(request).own_role


def flag(raw: dict[str, str], name: str) -> bool:
    text = raw.get(name, "")
    if text not in ("", "0", "1", "true", "false"):
        raise InvalidRequest(f"The parameter {name} must be true or false.")
    return text in ("1", "true")
