"""The page where a credential's use is split into strands, and each can be marked whole."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.usecases.chains import sessions
from roletrail.usecases.investigations import marks as cases
from roletrail.web.investigations import form_of
from roletrail.web.pages import API, moved
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)


@router.get("/sessions/{id_}/strands")
def strands(request: Request, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id_)
    if canonical != id_:
        return moved(f"/sessions/{canonical}/strands", request)
    view = cases.show_strands(ports, actor, id_)
    context = {
        "view": view,
        "sides": cases.show_sides(ports, actor, id_),
        "marks": [mark for mark in cases.list_marks(ports, actor, lifted=True) if mark.session_id == id_],
        "twin": f"{API}/sessions/{id_}/strands",
    }
    return site_of(request).page(request, "strands", context)


@router.post("/sessions/{id_}/marks")
async def mark(request: Request, id_: str) -> Response:
    """`strand` "" marks the whole credential."""
    fields = await form_of(request, "marks.write")
    more = {"strand": fields.get("strand", ""), "why": fields.get("why", "")}
    await run_in_threadpool(
        lambda: cases.set_mark(ports_of(request), actor_of(request), fields.get("side", ""), session_id=id_, **more)
    )
    return RedirectResponse(f"/sessions/{id_}/strands", 303)


@router.post("/sessions/{id_}/marks/{part}/lift")
def lift(request: Request, id_: str, part: str) -> Response:
    cases.lift_mark(ports_of(request), actor_of(request), part)
    return RedirectResponse(f"/sessions/{id_}/strands", 303)
