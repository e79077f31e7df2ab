"""REST v1 of reports and downloads: the report as JSON, and a session in every format there is."""

from __future__ import annotations

import time
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from roletrail.api.answers import answer
from roletrail.api.requests import actor_of, only, parameters, ports_of
from roletrail.api.v1 import MOVED, PREFIX, PROBLEMS, OpaqueId
from roletrail.usecases.chains import sessions
from roletrail.usecases.reports import report
from roletrail.usecases.reports.export import FORMATS, Export, export_session

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

Named = Annotated[str, Path(description="; ".join(f"`{name}`: {known.what}" for name, known in FORMATS.items()))]
FILES: dict[str, Any] = {known.media_type.partition(";")[0]: {"schema": {"type": "string"}} for known in FORMATS.values()}


@router.get(
    "/sessions/{id}/report",
    response_model=report.ReportView,
    responses=MOVED,
    summary="The report of a chain: five graded sentences and everything they stand on",
)
def get_report(request: Request, id: OpaqueId) -> Response:  # noqa: A002 - the name in the URL
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/report", 308)
    return answer(report.make_report(ports, actor, id, int(time.time())))


@router.get(
    "/sessions/{id}/export/{format}",
    response_class=Response,
    responses={**MOVED, 200: {"description": "The file", "content": FILES}},
    summary="A session as a file: report, picture or events",
)
def get_export(request: Request, id: OpaqueId, format: Named) -> Response:  # noqa: A002
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/export/{format}", 308)
    return file_answer(export_session(ports, actor, id, format, int(time.time())))


def file_answer(made: Export) -> Response:
    """A file in pieces. The first piece is made before the answer begins: a refusal is an answer, not half a file."""
    pieces = iter(made.content)
    first = next(pieces, "")
    headers = {"content-disposition": f'attachment; filename="{made.file_name}"', "cache-control": "no-store"}
    encoded = (piece.encode("utf-8", "replace") for piece in chain([first], pieces))
    return StreamingResponse(encoded, headers=headers, media_type=made.media_type)
