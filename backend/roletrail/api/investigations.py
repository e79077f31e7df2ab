"""REST v1 of investigations. Changes of the whole say which version they saw: `version` in the body or `If-Match`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roletrail.api import described
from roletrail.api.answers import answer
from roletrail.api.bodies import decoded, read_body
from roletrail.api.bodies import described as body_of
from roletrail.api.requests import actor_for, actor_of, only, parameters, ports_of, whole_number
from roletrail.api.v1 import PREFIX, PROBLEM, PROBLEMS
from roletrail.errors import InvalidRequest
from roletrail.investigations.model import MAX_BODY, MAX_NAME, MAX_TITLE, NoteKind, PinKind, Status
from roletrail.usecases.chains import views
from roletrail.usecases.investigations import case_file, handover
from roletrail.usecases.investigations import cases as investigations
from roletrail.usecases.investigations import views as case_views

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

CONFLICT: dict[int | str, dict[str, Any]] = {409: {**PROBLEM, "description": "Somebody changed it first; `changed` says what"}}
Id = Annotated[str, Path(description="Id of the investigation.")]
PartId = Annotated[str, Path(description="Id of the pin or note.")]
Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE)]
Name = Annotated[str, Meta(max_length=MAX_NAME)]
Body = Annotated[str, Meta(min_length=1, max_length=MAX_BODY)]
Version = Annotated[int, Meta(ge=0, le=2**53)]


class NewInvestigation(msgspec.Struct, forbid_unknown_fields=True):
    title: Title
    status: Status = "open"
    assignee: Name = ""


class ChangedInvestigation(msgspec.Struct, forbid_unknown_fields=True):
    version: Version | None = None
    title: Title | None = None
    status: Status | None = None
    assignee: Name | None = None


class NewPin(msgspec.Struct, forbid_unknown_fields=True):
    kind: PinKind
    target: Annotated[str, Meta(min_length=1, max_length=300)]


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    body: Body
    pin: Annotated[str, Meta(max_length=80)] = ""
    kind: NoteKind = "note"
    state: Annotated[str, Meta(max_length=20)] = ""
    owner: Name = ""


class ChangedNote(msgspec.Struct, forbid_unknown_fields=True):
    version: Version | None = None
    body: Body | None = None
    state: Annotated[str, Meta(max_length=20)] | None = None
    owner: Name | None = None


class NewImport(msgspec.Struct):
    format: str
    version: int


@router.get(
    "/investigations",
    response_model=views.Page[case_views.InvestigationRow],
    openapi_extra={
        "parameters": [
            described.text("status", "Only of this status: open, active, contained or closed."),
            described.text("assignee", "Only of this assignee."),
            described.integer("limit", "Investigations on a page.", investigations.DEFAULT_LIMIT, investigations.MAX_LIMIT),
            described.text("after", "Cursor: `next` of the previous page."),
        ]
    },
    summary="Investigations, the last changed first",
)
def get_investigations(request: Request) -> Response:
    raw = only(parameters(request), ("status", "assignee", "limit", "after"))
    limit = whole_number(raw, "limit", investigations.DEFAULT_LIMIT, investigations.MAX_LIMIT)
    texts = {name: raw.get(name, "") for name in ("status", "assignee", "after")}
    return answer(investigations.list_investigations(ports_of(request), actor_of(request), limit=limit, **texts))


@router.post(
    "/investigations",
    status_code=201,
    response_model=case_views.Made,
    openapi_extra=body_of(NewInvestigation),
    summary="Open an investigation",
)
async def post_investigation(request: Request) -> Response:
    actor = actor_for(request, "investigations.write")
    new = await decoded(request, NewInvestigation)
    made = await run_in_threadpool(
        investigations.create_investigation, ports_of(request), actor, new.title, new.status, new.assignee
    )
    return answer(made, 201, {"location": f"{PREFIX}/investigations/{made.id}"})


@router.get(
    "/investigations/{id}",
    response_model=case_views.InvestigationView,
    summary="One investigation: pins, notes, timeline, history",
)
def get_investigation(request: Request, id: Id) -> Response:  # noqa: A002 - the name in the URL
    only(parameters(request), ())
    view = investigations.show_investigation(ports_of(request), actor_of(request), id)
    return answer(view, headers={"etag": f'"{view.version}"'})


@router.patch(
    "/investigations/{id}",
    response_model=case_views.Made,
    responses=CONFLICT,
    openapi_extra=body_of(ChangedInvestigation),
    summary="Change title, status or assignee",
)
async def patch_investigation(request: Request, id: Id) -> Response:  # noqa: A002
    actor = actor_for(request, "investigations.write")
    new = await decoded(request, ChangedInvestigation)
    version = seen_version(request, new.version)

    def edit() -> case_views.Made:
        fields = {"title": new.title, "status": new.status, "assignee": new.assignee}
        return investigations.edit_investigation(ports_of(request), actor, id, version, **fields)

    return answer(await run_in_threadpool(edit))


@router.delete(
    "/investigations/{id}",
    status_code=204,
    response_class=Response,
    responses=CONFLICT,
    openapi_extra={"parameters": [described.text("version", "The version that was seen; or send If-Match.")]},
    summary="Delete an investigation; the audit log keeps that it was there",
)
def delete_investigation(request: Request, id: Id) -> Response:  # noqa: A002
    actor = actor_for(request, "investigations.write", id)
    investigations.delete_investigation(ports_of(request), actor, id, _version_parameter(request))
    return Response(status_code=204)


@router.get(
    "/investigations/{id}/handover",
    response_model=handover.HandoverView,
    openapi_extra={
        "parameters": [described.text("since", "What is new since this time (ISO 8601, UTC); the last day without it.")]
    },
    summary="What whoever takes over needs: alive until when, new, done, decided, open",
)
def get_handover(request: Request, id: Id) -> Response:  # noqa: A002
    raw = only(parameters(request), ("since",))
    return answer(handover.handover(ports_of(request), actor_of(request), id, raw.get("since", "")))


@router.get("/investigations/{id}/export", summary="The investigation as one versioned file", response_model=dict)
def get_export(request: Request, id: Id) -> Response:  # noqa: A002
    only(parameters(request), ())
    return answer(case_file.export_investigation(ports_of(request), actor_of(request), id))


@router.post(
    "/investigations/import",
    status_code=201,
    response_model=case_views.Made,
    openapi_extra=body_of(NewImport),
    summary="A file of `export` as a new investigation",
)
async def post_import(request: Request) -> Response:
    actor = actor_for(request, "investigations.write")
    content = await read_body(request)
    return answer(await run_in_threadpool(case_file.import_investigation, ports_of(request), actor, content), 201)


@router.post(
    "/investigations/{id}/pins",
    status_code=201,
    response_model=case_views.Made,
    openapi_extra=body_of(NewPin),
    summary="Pin a chain, session, event or finding",
)
async def post_pin(request: Request, id: Id) -> Response:  # noqa: A002
    actor = actor_for(request, "investigations.write")
    new = await decoded(request, NewPin)
    return answer(await run_in_threadpool(investigations.pin, ports_of(request), actor, id, new.kind, new.target), 201)


@router.delete("/investigations/{id}/pins/{part}", response_model=case_views.Made, summary="Unpin; notes beside it stay")
def delete_pin(request: Request, id: Id, part: PartId) -> Response:  # noqa: A002
    only(parameters(request), ())
    return answer(investigations.unpin(ports_of(request), actor_of(request), id, part))


@router.post("/investigations/{id}/seen", response_model=case_views.Made, summary="Growth of watched pins was seen")
def post_seen(request: Request, id: Id) -> Response:  # noqa: A002
    only(parameters(request), ())
    return answer(investigations.look_at_growth(ports_of(request), actor_of(request), id))


@router.post(
    "/investigations/{id}/notes",
    status_code=201,
    response_model=case_views.Made,
    openapi_extra=body_of(NewNote),
    summary="Write a note, decision, question or step, in Markdown",
)
async def post_note(request: Request, id: Id) -> Response:  # noqa: A002
    actor = actor_for(request, "investigations.write")
    new = await decoded(request, NewNote)

    def add() -> case_views.Made:
        more = {"pin_id": new.pin, "kind": new.kind, "state": new.state, "owner": new.owner}
        return investigations.add_note(ports_of(request), actor, id, new.body, **more)

    return answer(await run_in_threadpool(add), 201)


@router.patch(
    "/investigations/{id}/notes/{part}",
    response_model=case_views.Made,
    responses=CONFLICT,
    openapi_extra=body_of(ChangedNote),
    summary="Change a note's text, state or owner; `version` is the note's own",
)
async def patch_note(request: Request, id: Id, part: PartId) -> Response:  # noqa: A002
    actor = actor_for(request, "investigations.write")
    new = await decoded(request, ChangedNote)
    version = seen_version(request, new.version)

    def edit() -> case_views.Made:
        fields = {"body": new.body, "state": new.state, "owner": new.owner}
        return investigations.edit_note(ports_of(request), actor, id, part, version, **fields)

    return answer(await run_in_threadpool(edit))


@router.delete(
    "/investigations/{id}/notes/{part}",
    response_model=case_views.Made,
    responses=CONFLICT,
    openapi_extra={"parameters": [described.text("version", "The note's version that was seen; or send If-Match.")]},
    summary="Remove a note",
)
def delete_note(request: Request, id: Id, part: PartId) -> Response:  # noqa: A002
    actor = actor_for(request, "investigations.write", id)
    return answer(investigations.delete_note(ports_of(request), actor, id, part, _version_parameter(request)))


def _version_parameter(request: Request) -> int:
    text = only(parameters(request), ("version",)).get("version", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidRequest("The parameter version must be a whole number.")
    return seen_version(request, int(text) if text else None)


def seen_version(request: Request, given: int | None) -> int:
    """The version the sender saw, from the body or from If-Match. Raises InvalidRequest without one."""
    text = request.headers.get("if-match", "").strip('"')
    if given is None and text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    if given is None:
        raise InvalidRequest(
            "Say which version you saw, so that nothing is overwritten unseen.", hint="Send `version`, or If-Match with the ETag."
        )
    return given
