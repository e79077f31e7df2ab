"""Settings: what this installation is, and who can come in. Shares, exceptions and the audit have pages of their own."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.errors import NotFound
from roletrail.usecases import access, health
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)

API = "/api/v1"


@router.get("/settings")
def settings() -> Response:
    return RedirectResponse("/settings/about", 303)


@router.get("/settings/about")
def about(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    totals = health.health(ports.graph, actor, ports.store_name)
    context = {"part": "about", "health": totals, "actor": actor, "responders": ports.responders, "management": ports.management}
    return site_of(request).page(request, "settings", {**context, "twin": f"{API}/health"})


@router.get("/settings/tokens")
def tokens(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    context = {"part": "tokens", "tokens": access.list_tokens(ports, actor), "twin": f"{API}/access/tokens"}
    return site_of(request).page(request, "settings", context)


@router.get("/settings/sessions")
def sign_ins(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    context = {"part": "sessions", "sign_ins": access.list_sign_ins(ports, actor), "twin": f"{API}/access/sign-ins"}
    return site_of(request).page(request, "settings", context)


@router.post("/settings/{part}/{id_}/end")
def end(request: Request, part: str, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    if part == "tokens":
        access.revoke_token(ports, actor, id_)
    elif part == "sessions":
        access.end_sign_in(ports, actor, id_)
    else:
        raise NotFound("There is no such part of the settings.")
    return RedirectResponse(f"/settings/{part}", 303)
