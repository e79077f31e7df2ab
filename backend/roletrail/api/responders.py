"""REST v1 of responders."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roletrail.api.answers import answer
from roletrail.api.bodies import decoded
from roletrail.api.bodies import described as body_of
from roletrail.api.requests import actor_for, actor_of, only, parameters, ports_of
from roletrail.api.v1 import PREFIX, PROBLEMS
from roletrail.usecases.investigations import responders

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

Text = Annotated[str, Meta(max_length=responders.MAX_TEXT)]


class NewResponder(msgspec.Struct, forbid_unknown_fields=True):
    role: Text
    session_name: Text = ""
    source_identity: Text = ""
    since: Text = ""
    until: Text = ""
    why: Text = ""


@router.get("/responders", response_model=list[responders.ResponderView], summary="Declared responders, the newest first")
def get_responders(request: Request) -> Response:
    only(parameters(request), ())
    return answer(responders.list_responders(ports_of(request), actor_of(request)))


@router.post(
    "/responders",
    status_code=201,
    response_model=responders.ResponderView,
    openapi_extra=body_of(NewResponder),
    summary="Declare a role, or sessions of it, as responders",
)
async def post_responder(request: Request) -> Response:
    actor = actor_for(request, "responders.write")
    fields = msgspec.structs.asdict(await decoded(request, NewResponder))
    role = fields.pop("role")
    return answer(await run_in_threadpool(lambda: responders.declare_responder(ports_of(request), actor, role, **fields)), 201)


@router.delete("/responders/{id}", status_code=204, response_class=Response, summary="Withdraw a declaration")
def delete_responder(request: Request, id: Annotated[str, Path(description="Id of the responder.")]) -> Response:  # noqa: A002
    only(parameters(request), ())
    responders.withdraw_responder(ports_of(request), actor_of(request), id)
    return Response(status_code=204)
