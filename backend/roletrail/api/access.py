"""REST v1 of home and of who can come in."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from roletrail.api.answers import answer
from roletrail.api.requests import actor_of, only, parameters, ports_of
from roletrail.api.v1 import PREFIX, PROBLEMS
from roletrail.usecases import access, home

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

Id = Annotated[str, Path(description="Id of the list.")]


@router.get(
    "/home",
    response_model=home.HomeView,
    summary="Open findings, credentials in wrong hands that still work, what is not covered",
)
def get_home(request: Request) -> Response:
    only(parameters(request), ())
    return answer(home.show_home(ports_of(request), actor_of(request), int(time.time()), visit=False))


@router.get("/access/tokens", response_model=list[access.TokenView], summary="API tokens, without their secrets")
def get_tokens(request: Request) -> Response:
    only(parameters(request), ())
    return answer(access.list_tokens(ports_of(request), actor_of(request)))


@router.delete("/access/tokens/{id}", status_code=204, response_class=Response, summary="Revoke an API token")
def delete_token(request: Request, id: Id) -> Response:  # noqa: A002 - the name in the URL
    access.revoke_token(ports_of(request), actor_of(request), id)
    return Response(status_code=204)


@router.get("/access/sign-ins", response_model=list[access.SignInView], summary="Sign-in sessions of browsers")
def get_sign_ins(request: Request) -> Response:
    only(parameters(request), ())
    return answer(access.list_sign_ins(ports_of(request), actor_of(request)))


@router.delete("/access/sign-ins/{id}", status_code=204, response_class=Response, summary="End a sign-in session")
def delete_sign_in(request: Request, id: Id) -> Response:  # noqa: A002
    access.end_sign_in(ports_of(request), actor_of(request), id)
    return Response(status_code=204)
