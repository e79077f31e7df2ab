"""Pages of investigations: the list, one of them, and the forms that change it. They work without a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.policy import allowed, require
from roletrail.errors import Conflict, InvalidRequest
from roletrail.investigations.model import MAX_BODY, NOTE_KINDS, STATES, STATUSES
from roletrail.usecases.investigations import case_file, cases
from roletrail.usecases.investigations import handover as briefs
from roletrail.web.pages import API, last_of_each
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)


@router.get("/investigations")
def investigation_list(request: Request) -> Response:
    """With `pin` and `kind`: where to pin that thing."""
    ports, actor, raw = ports_of(request), actor_of(request), last_of_each(request)
    status = raw.get("status", "") if raw.get("status", "") in STATUSES else ""
    try:
        found = cases.list_investigations(ports, actor, status=status, after=raw.get("after", ""))
    except InvalidRequest:
        found = cases.list_investigations(ports, actor, status=status)
    context = {
        "found": found,
        "status": status,
        "statuses": STATUSES,
        "pin": raw.get("pin", "")[:300],
        "kind": raw.get("kind", "chain"),
        "next_url": f"/investigations?status={status}&after={quote(found.next or '')}",
        "twin": f"{API}/investigations",
    }
    return site_of(request).page(request, "investigations", context)


@router.get("/investigations/{id_}")
def investigation(request: Request, id_: str) -> Response:
    return _page(request, id_)


def _page(request: Request, id_: str, conflict: Conflict | None = None, typed: Mapping[str, str] | None = None) -> Response:
    view = cases.show_investigation(ports_of(request), actor_of(request), id_)
    beside = {pin.id: [note for note in view.notes if note.pin == pin.id] for pin in view.pins}
    context = {
        "view": view,
        "beside": beside,
        "loose": [note for note in view.notes if note.pin not in beside],
        "may_write": may_write(request),
        "statuses": STATUSES,
        "kinds": NOTE_KINDS,
        "states": STATES,
        "conflict": conflict,
        "typed": typed or {},
        "twin": f"{API}/investigations/{id_}",
    }
    return site_of(request).page(request, "investigation", context, 409 if conflict else 200)


@router.get("/investigations/{id_}/handover")
def handover_page(request: Request, id_: str) -> Response:
    """`since` is when the last shift ended."""
    ports, actor, since = ports_of(request), actor_of(request), last_of_each(request).get("since", "")
    try:
        view = briefs.handover(ports, actor, id_, since)
    except InvalidRequest:
        view = briefs.handover(ports, actor, id_)
    twin = f"{API}/investigations/{id_}/handover?since={quote(view.since)}"
    return site_of(request).page(request, "handover", {"view": view, "text": briefs.as_markdown(view), "twin": twin})


@router.get("/investigations/{id_}/export")
def export(request: Request, id_: str) -> Response:
    file = case_file.export_investigation(ports_of(request), actor_of(request), id_)
    headers = {"content-disposition": f'attachment; filename="investigation-{id_}.json"'}
    return Response(msgspec.json.format(msgspec.json.encode(file), indent=2), media_type="application/json", headers=headers)


@router.post("/investigations")
async def open_investigation(request: Request) -> Response:
    """A new one; with `target`, that thing is pinned at once."""
    actor, fields = actor_of(request), await form_of(request, "investigations.write")

    def create() -> str:
        ports = ports_of(request)
        made = cases.create_investigation(ports, actor, fields.get("title", ""), assignee=fields.get("assignee", ""))
        if fields.get("target"):
            cases.pin(ports, actor, made.id, fields.get("kind", ""), fields["target"])
        return made.id

    return RedirectResponse(f"/investigations/{await run_in_threadpool(create)}", 303)


@router.post("/investigations/{id_}")
async def edit_investigation(request: Request, id_: str) -> Response:
    fields = await form_of(request, "investigations.write")

    def edit() -> None:
        chosen = {name: fields[name] for name in ("title", "status", "assignee") if name in fields}
        cases.edit_investigation(ports_of(request), actor_of(request), id_, version_of(fields), **chosen)

    return await _changed(request, id_, fields, edit)


@router.post("/investigations/{id_}/pins")
async def pin(request: Request, id_: str) -> Response:
    fields = await form_of(request, "investigations.write")
    kind, target = fields.get("kind", ""), fields.get("target", "")
    return await _changed(request, id_, fields, lambda: cases.pin(ports_of(request), actor_of(request), id_, kind, target))


@router.post("/investigations/{id_}/pins/{part}/remove")
async def unpin(request: Request, id_: str, part: str) -> Response:
    return await _changed(request, id_, {}, lambda: cases.unpin(ports_of(request), actor_of(request), id_, part))


@router.post("/investigations/{id_}/seen")
async def seen(request: Request, id_: str) -> Response:
    return await _changed(request, id_, {}, lambda: cases.look_at_growth(ports_of(request), actor_of(request), id_))


@router.post("/investigations/{id_}/notes")
async def add_note(request: Request, id_: str) -> Response:
    fields = await form_of(request, "investigations.write")

    def add() -> None:
        more = {"pin_id": fields.get("pin", ""), "kind": fields.get("kind", "note"), "owner": fields.get("owner", "")}
        cases.add_note(ports_of(request), actor_of(request), id_, fields.get("body", ""), **more)

    return await _changed(request, id_, fields, add)


@router.post("/investigations/{id_}/notes/{part}")
async def edit_note(request: Request, id_: str, part: str) -> Response:
    """`remove` takes it away; otherwise the fields that are there are set."""
    fields = await form_of(request, "investigations.write")

    def edit() -> None:
        ports, actor, version = ports_of(request), actor_of(request), version_of(fields)
        if "remove" in fields:
            cases.delete_note(ports, actor, id_, part, version)
            return
        chosen = {name: fields[name] for name in ("body", "state", "owner") if name in fields}
        cases.edit_note(ports, actor, id_, part, version, **chosen)

    return await _changed(request, id_, fields | {"note": part}, edit)


async def _changed(request: Request, id_: str, fields: Mapping[str, str], change: Callable[[], object]) -> Response:
    """Back to the page; where somebody was first, the page with what changed and what was typed."""
    try:
        await run_in_threadpool(change)
    except Conflict as conflict:
        return await run_in_threadpool(_page, request, id_, conflict, fields)
    return RedirectResponse(f"/investigations/{id_}", 303)


def may_write(request: Request) -> bool:
    return allowed(actor_of(request), "investigations.write").allowed


async def form_of(request: Request, action: str) -> dict[str, str]:
    """Texts of a form, read only when its sender may do `action`."""
    require(actor_of(request), action)
    async with request.form(max_files=0, max_fields=20, max_part_size=4 * MAX_BODY) as form:
        return {name: value.replace("\r\n", "\n") for name, value in form.items() if isinstance(value, str)}


def version_of(fields: Mapping[str, str]) -> int:
    text = fields.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidRequest("The form does not say which version it was filled in for.", hint="Open the page again.")
    return int(text)
