"""REST of ingests: a log file in the body, rows to watch, whoever runs them, a way to stop one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roletrail.api import described
from roletrail.api.answers import answer
from roletrail.api.requests import actor_of, only, parameters, ports_of, whole_number
from roletrail.api.v1 import PREFIX, PROBLEMS, OpaqueId
from roletrail.errors import TooLarge
from roletrail.usecases.chains.views import Page
from roletrail.usecases.loading import ingests as cases

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

DEFAULT_LIMIT, MAX_LIMIT = 50, 500

_BODY = {
    "required": True,
    "description": "One log file as it is: JSON, JSON Lines, gzip, CSV or Parquet.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "/ingests",
    response_model=cases.IngestView,
    status_code=202,
    openapi_extra={"requestBody": _BODY, "parameters": [described.text("name", "Name of the file, for people.")]},
    summary="Upload a log file; a process of its own takes it in (scope ingest)",
)
async def post_ingest(request: Request) -> Response:
    name = only(parameters(request), ("name",)).get("name", "")
    ports = ports_of(request)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > ports.uploads.most_bytes:
        raise TooLarge(
            f"An upload may have {ports.uploads.most_bytes // 1_000_000} MB.", hint="Split it, or use `roletrail ingest`."
        )
    view = await cases.upload(ports.app, ports.uploads, actor_of(request), name, request.stream())
    found = answer(view)
    found.status_code = 202
    found.headers["location"] = f"{PREFIX}/ingests/{view.id}"
    return found


@router.get(
    "/ingests",
    response_model=Page[cases.IngestView],
    openapi_extra={
        "parameters": [
            described.integer("limit", "Rows on a page.", DEFAULT_LIMIT, MAX_LIMIT),
            described.text("after", "Cursor: `next` of the previous page."),
        ]
    },
    summary="Ingests, newest first: uploads, and runs and feeds of the command line",
)
def get_ingests(request: Request) -> Response:
    raw = only(parameters(request), ("limit", "after"))
    limit = whole_number(raw, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    return answer(cases.list_ingests(ports_of(request).app, actor_of(request), limit, raw.get("after", "")))


@router.get("/ingests/{id}", response_model=cases.IngestView, summary="One ingest: how far it is, what came of it")
def get_ingest(request: Request, id: OpaqueId) -> Response:  # noqa: A002 - the name in the URL
    only(parameters(request), ())
    return answer(cases.show_ingest(ports_of(request).app, actor_of(request), id))


@router.post(
    "/ingests/{id}/cancel",
    response_model=cases.IngestView,
    summary="Stop an ingest between two commits; what is committed stays (scope ingest)",
)
async def post_cancel(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    return answer(await run_in_threadpool(cases.cancel_ingest, ports_of(request).app, actor_of(request), id))
