"""REST v1 of home, and of who can come in: tokens, sign-in sessions, the audit log."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roletrail.api import described
from roletrail.api.answers import answer
from roletrail.api.bodies import decoded
from roletrail.api.bodies import described as body_of
from roletrail.api.requests import actor_for, actor_of, only, parameters, ports_of, whole_number
from roletrail.api.v1 import PREFIX, PROBLEMS
from roletrail.auth.actor import Role
from roletrail.auth.actor import Scope as TokenScope
from roletrail.auth.audit import MAX_ROWS
from roletrail.usecases import access, home
from roletrail.usecases.chains import views

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[TokenScope], Meta(min_length=1, max_length=5)]
    role: Role = "viewer"
    days: Annotated[int, Meta(ge=1, le=366)] = access.DEFAULT_DAYS


@router.get(
    "/home",
    response_model=home.HomeView,
    summary="Open findings, credentials in wrong hands that still work, what is not covered",
)
def get_home(request: Request) -> Response:
    only(parameters(request), ())
    return answer(home.show_home(ports_of(request), actor_of(request), int(time.time()), visit=False))


@router.get("/access/tokens", response_model=list[access.TokenView], summary="API tokens, the newest first; never their text")
def get_tokens(request: Request) -> Response:
    only(parameters(request), ())
    return answer(access.list_tokens(ports_of(request), actor_of(request)))


@router.post(
    "/access/tokens",
    status_code=201,
    response_model=access.NewTokenView,
    openapi_extra=body_of(NewToken),
    summary="Make an API token; its text is told once",
)
async def post_token(request: Request) -> Response:
    actor = actor_for(request, "access.manage")
    new = await decoded(request, NewToken)
    fields = (new.name, new.scopes, new.role, new.days)
    return answer(await run_in_threadpool(access.create_token, ports_of(request), actor, *fields), 201)


@router.delete(
    "/access/tokens/{id}", status_code=204, response_class=Response, summary="Revoke a token, from the next request on"
)
def delete_token(request: Request, id: Annotated[str, Path(description="Id of the token.")]) -> Response:  # noqa: A002
    only(parameters(request), ())
    access.revoke_token(ports_of(request), actor_of(request), id)
    return Response(status_code=204)


@router.get("/access/sign-ins", response_model=list[access.SignInView], summary="Sign-in sessions, the last used first")
def get_sign_ins(request: Request) -> Response:
    only(parameters(request), ())
    return answer(access.list_sign_ins(ports_of(request), actor_of(request)))


@router.delete("/access/sign-ins/{id}", status_code=204, response_class=Response, summary="End a sign-in session")
def delete_sign_in(request: Request, id: Annotated[str, Path(description="Id of the session.")]) -> Response:  # noqa: A002
    only(parameters(request), ())
    access.end_sign_in(ports_of(request), actor_of(request), id)
    return Response(status_code=204)


@router.get(
    "/audit",
    response_model=views.Page[access.AuditView],
    openapi_extra={
        "parameters": [
            described.integer("limit", "Rows on a page.", 100, MAX_ROWS),
            described.text("after", "Cursor: `next` of the previous page."),
        ]
    },
    summary="The audit log, newest first",
)
def get_audit(request: Request) -> Response:
    raw = only(parameters(request), ("limit", "after"))
    limit = whole_number(raw, "limit", 100, MAX_ROWS)
    return answer(access.list_audit(ports_of(request), actor_of(request), raw.get("after", ""), limit))


@router.get(
    "/audit/verify",
    response_model=access.AuditCheckView,
    openapi_extra={"parameters": [described.text("noted", "Head of the chain that was written down before.")]},
    summary="Walk the audit log's chain of hashes",
)
def get_audit_verified(request: Request) -> Response:
    raw = only(parameters(request), ("noted",))
    return answer(access.verify_audit(ports_of(request), actor_of(request), raw.get("noted", "")))
