"""REST v1 of share snapshots. Reading one is no part of the API: its link is the credential."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Request
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roletrail.api import described
from roletrail.api.answers import answer
from roletrail.api.bodies import decoded
from roletrail.api.bodies import described as body_of
from roletrail.api.requests import actor_for, actor_of, only, parameters, ports_of
from roletrail.api.v1 import PREFIX, PROBLEMS
from roletrail.investigations.redact import Preset
from roletrail.investigations.shares import DEFAULT_SECONDS, LEAST_SECONDS, MOST_SECONDS
from roletrail.usecases.investigations import shares

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

Kind = Literal["investigation", "handover", "session"]
Subject = Annotated[str, Meta(min_length=1, max_length=80)]


class NewShareBody(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind
    subject: Subject
    redaction: Preset = "none"
    seconds: Annotated[int, Meta(ge=LEAST_SECONDS, le=MOST_SECONDS)] = DEFAULT_SECONDS
    passphrase: Annotated[str, Meta(max_length=shares.MAX_PASSPHRASE)] = ""
    view_limit: Annotated[int, Meta(ge=0, le=shares.MAX_VIEWS)] = 0
    may_download: bool = False


class Sharing(msgspec.Struct, forbid_unknown_fields=True):
    stopped: bool


class Revoked(msgspec.Struct):
    revoked: int


@router.get("/shares", response_model=shares.SharesView, summary="Shares, the newest first; never their links")
def get_shares(request: Request) -> Response:
    only(parameters(request), ())
    return answer(shares.list_shares(ports_of(request), actor_of(request)))


@router.get(
    "/shares/leaving",
    response_model=shares.LeavingView,
    openapi_extra={
        "parameters": [
            described.text("kind", "investigation or session.", required=True),
            described.text("subject", "Its id.", required=True),
        ]
    },
    summary="What a share would take with it, and what each redaction replaces",
)
def get_leaving(request: Request) -> Response:
    raw = only(parameters(request), ("kind", "subject"))
    return answer(shares.show_leaving(ports_of(request), actor_of(request), raw.get("kind", ""), raw.get("subject", "")))


@router.post(
    "/shares",
    status_code=201,
    response_model=shares.NewShareView,
    openapi_extra=body_of(NewShareBody),
    summary="Freeze an investigation or session and get its link, once",
)
async def post_share(request: Request) -> Response:
    actor = actor_for(request, "shares.write")
    new = await decoded(request, NewShareBody)

    def create() -> shares.NewShareView:
        fields = msgspec.structs.asdict(new)
        return shares.create_share(ports_of(request), actor, fields.pop("kind"), fields.pop("subject"), **fields)

    return answer(await run_in_threadpool(create), 201)


@router.delete("/shares/{id}", status_code=204, response_class=Response, summary="Revoke a share, from the next request on")
def delete_share(request: Request, id: Annotated[str, Path(description="Id of the share.")]) -> Response:  # noqa: A002
    only(parameters(request), ())
    shares.revoke_share(ports_of(request), actor_of(request), id)
    return Response(status_code=204)


@router.delete(
    "/shares",
    openapi_extra={
        "responses": {
            "200": {
                "description": "How many",
                "content": {"application/json": {"schema": msgspec.json.schema(Revoked)["$defs"]["Revoked"]}},
            }
        }
    },
    summary="Revoke every share",
)
def delete_shares(request: Request) -> Response:
    only(parameters(request), ())
    return answer(Revoked(shares.revoke_every_share(ports_of(request), actor_of(request))))


@router.put(
    "/shares/sharing",
    status_code=204,
    response_class=Response,
    openapi_extra=body_of(Sharing),
    summary="Stop all sharing, or let it go on",
)
async def put_sharing(request: Request) -> Response:
    actor = actor_for(request, "shares.stop")
    new = await decoded(request, Sharing)
    await run_in_threadpool(lambda: shares.stop_sharing(ports_of(request), actor, stop=new.stopped))
    return Response(status_code=204)
