"""The report of a chain as a page made for paper, and everything that can be downloaded of a session."""

from __future__ import annotations

import time
from itertools import chain

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from roletrail.render import html
from roletrail.usecases.chains import sessions
from roletrail.usecases.reports import report
from roletrail.usecases.reports.export import FORMATS, Export, export_session
from roletrail.web.site import actor_of, moved, ports_of, site_of

router = APIRouter(include_in_schema=False)

API = "/api/v1"


@router.get("/sessions/{id_}/report")
def report_page(request: Request, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id_)
    if canonical != id_:
        return moved(f"/sessions/{canonical}/report", request)
    view = report.make_report(ports, actor, id_, int(time.time()))
    made = report.document(view, report.picture_of(ports, actor, view.session))
    context = {
        "id": id_,
        "title": view.session.node.label,
        "formats": FORMATS,
        "body": Markup(html.body(made)),  # noqa: S704 - render escapes every text
        "twin": f"{API}/sessions/{id_}/report",
    }
    return site_of(request).page(request, "report", context)


@router.get("/sessions/{id_}/export/{format_}")
def download(request: Request, id_: str, format_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id_)
    if canonical != id_:
        return moved(f"/sessions/{canonical}/export/{format_}", request)
    return file_response(export_session(ports, actor, id_, format_, int(time.time())))


def file_response(made: Export) -> Response:
    """A file in pieces. The first piece is made before the answer begins: a refusal is an answer, not half a file."""
    pieces = iter(made.content)
    first = next(pieces, "")
    headers = {"content-disposition": f'attachment; filename="{made.file_name}"', "cache-control": "no-store"}
    encoded = (piece.encode("utf-8", "replace") for piece in chain([first], pieces))
    return StreamingResponse(encoded, headers=headers, media_type=made.media_type)
