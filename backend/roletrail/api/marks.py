"""REST v1 of marks and strands."""

from __future__ import annotations

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
from roletrail.api.requests import actor_for, actor_of, flag, only, parameters, ports_of
from roletrail.api.v1 import PREFIX, PROBLEMS, OpaqueId
from roletrail.detect.marks import Side
from roletrail.usecases.chains import views
from roletrail.usecases.investigations import marks

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

Text = Annotated[str, Meta(max_length=300)]
Places = Annotated[list[Text], Meta(max_length=marks.MAX_PLACES)]


class NewMark(msgspec.Struct, forbid_unknown_fields=True):
    """What it speaks of: a session or key, a strand of its use, or addresses, agents and times."""

    side: Side
    session_id: Text = ""
    strand: Text = ""
    addresses: Places = []
    agents: Places = []
    since: Text = ""
    until: Text = ""
    why: Annotated[str, Meta(max_length=marks.MAX_WHY)] = ""
    investigation: Text = ""


@router.get(
    "/marks",
    response_model=views.Page[marks.MarkView],
    openapi_extra={"parameters": [described.boolean("lifted", "Those too that do not count any more.")]},
    summary="Marks, in the order they were set",
)
def get_marks(request: Request) -> Response:
    raw = only(parameters(request), ("lifted",))
    return answer(views.Page(marks.list_marks(ports_of(request), actor_of(request), lifted=flag(raw, "lifted"))))


@router.post(
    "/marks",
    status_code=201,
    response_model=marks.MarkView,
    openapi_extra=body_of(NewMark),
    summary="Say whose hands used a credential, or a strand of it; it flows down the lineage until overridden",
)
async def post_mark(request: Request) -> Response:
    actor = actor_for(request, "marks.write")
    new = await decoded(request, NewMark)

    def mark() -> marks.MarkView:
        fields = msgspec.structs.asdict(new)
        return marks.set_mark(ports_of(request), actor, fields.pop("side"), **fields)

    return answer(await run_in_threadpool(mark), 201)


@router.get(
    "/marks/sides",
    response_model=marks.SidesView,
    openapi_extra={"parameters": [described.text("session_id", "Only what is above and below this session or key.")]},
    summary="Identities by whose hands used them",
)
def get_sides(request: Request) -> Response:
    raw = only(parameters(request), ("session_id",))
    return answer(marks.show_sides(ports_of(request), actor_of(request), raw.get("session_id", "")))


@router.delete(
    "/marks/{id}", status_code=204, response_class=Response, summary="Lift a mark; it stays in the list of lifted ones"
)
def delete_mark(request: Request, id: Annotated[str, Path(description="Id of the mark.")]) -> Response:  # noqa: A002
    only(parameters(request), ())
    marks.lift_mark(ports_of(request), actor_of(request), id)
    return Response(status_code=204)


@router.get(
    "/sessions/{id}/strands",
    response_model=marks.StrandsView,
    summary="A credential's use split by network, client family and time",
)
def get_strands(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    return answer(marks.show_strands(ports_of(request), actor_of(request), id))
