"""Settings: what this installation is, and who can come in. Shares, exceptions and the audit have pages of their own."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.actor import ROLES, SCOPES
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, NotFound
from roletrail.usecases import access, health
from roletrail.web.investigations import form_of
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
    return _tokens(request, "")


def _tokens(request: Request, made: str, status: int = 200) -> Response:
    """`made` is a token that is shown this once."""
    found = access.list_tokens(ports_of(request), actor_of(request))
    context = {"part": "tokens", "tokens": found, "made": made, "roles": ROLES, "scopes": SCOPES, "twin": f"{API}/access/tokens"}
    return site_of(request).page(request, "settings", context, status)


@router.post("/settings/tokens")
async def make_token(request: Request) -> Response:
    fields = await form_of(request, "access.manage")
    scopes = [scope for scope in SCOPES if f"scope-{scope}" in fields]
    days = fields.get("days", "30")
    if not (days.isascii() and days.isdigit() and len(days) < 4):
        raise InvalidRequest("The days must be a whole number.")

    def make() -> Response:
        role = fields.get("role", "")
        made = access.create_token(ports_of(request), actor_of(request), fields.get("name", ""), scopes, role, int(days))
        return _tokens(request, made.token, 201)

    return await run_in_threadpool(make)


@router.get("/settings/sessions")
def sign_ins(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    context = {"part": "sessions", "sign_ins": access.list_sign_ins(ports, actor), "twin": f"{API}/access/sign-ins"}
    return site_of(request).page(request, "settings", context)


@router.post("/settings/sessions/end")
def end_every(request: Request) -> Response:
    access.end_every_sign_in(ports_of(request), actor_of(request))
    return RedirectResponse("/settings/sessions", 303)


@router.get("/settings/audit")
def audit(request: Request) -> Response:
    ports, actor, after = ports_of(request), actor_of(request), request.query_params.get("after", "")
    try:
        page = access.list_audit(ports, actor, after)
    except InvalidRequest:  # a stale cursor: from the end
        page = access.list_audit(ports, actor)
    context = {"part": "audit", "rows": page, "verified": access.verify_audit(ports, actor), "twin": f"{API}/audit"}
    return site_of(request).page(request, "settings_audit", context)


@router.post("/settings/{part}/{id_}/end")
def end(request: Request, part: str, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    require(actor, "access.manage", id_)
    if part == "tokens":
        access.revoke_token(ports, actor, id_)
    elif part == "sessions":
        access.end_sign_in(ports, actor, id_)
    else:
        raise NotFound("There is no such part of the settings.")
    return RedirectResponse(f"/settings/{part}", 303)
