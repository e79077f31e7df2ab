"""Where a workload's credentials were used: the panel of a session, as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from roletrail.api.answers import answer
from roletrail.api.requests import actor_of, only, parameters, ports_of
from roletrail.api.v1 import MOVED, PREFIX, PROBLEMS
from roletrail.errors import NotFound
from roletrail.usecases.chains import sessions
from roletrail.usecases.places.panel import place_of
from roletrail.usecases.places.views import PlaceView

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)


@router.get(
    "/sessions/{id}/place",
    response_model=PlaceView,
    responses=MOVED,
    summary="The workload on a session's path: its addresses over time, each use against them, neighbours, GuardDuty",
)
def get_place(
    request: Request,
    id: Annotated[str, Path(description="Opaque id, as lists and traces give it.")],  # noqa: A002 - the name in the URL
) -> Response:
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/place", 308)
    found = place_of(ports, actor, [step.id for step in ports.graph.paths([id]).get(id, [])])
    if found is None:
        raise NotFound(
            "No credentials of a workload are on this session's path.", hint="It leads to no instance, function or task."
        )
    return answer(found)
