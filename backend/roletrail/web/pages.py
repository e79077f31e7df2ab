"""The pages. Each one asks a use-case and renders its view; unknown and unusable parameters are dropped, never an error."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.actor import Actor
from roletrail.errors import InvalidRequest
from roletrail.usecases import entities, events, health
from roletrail.usecases import trace as tracing
from roletrail.usecases.chains import grouped as shapes
from roletrail.usecases.chains import listing as chains
from roletrail.usecases.chains.views import EntityView, Listed
from roletrail.usecases.findings.folds import fold_findings
from roletrail.usecases.home import show_home
from roletrail.usecases.parameters import chain_query, given
from roletrail.usecases.ports import Ports
from roletrail.usecases.recognise import MAX_TEXT
from roletrail.web.site import actor_of, last_of_each, moved, ports_of, site_of

router = APIRouter(include_in_schema=False)

LATEST = 5
"""Shapes of chains of each tone on the home page,"""
LOOKED_AT = 200
"""out of so many chains."""
API = "/api/v1"


@router.get("/")
def home(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    latest = {
        tone: shapes.list_shapes(
            ports.graph, actor, chain_query({"tone": tone}, strict=True), most=LOOKED_AT, own_role=ports.own_role
        ).items[:LATEST]
        for tone in ("alarm", "watch")
    }
    totals = health.health(ports.graph, actor, ports.store_name)
    first = show_home(ports, actor, int(time.time()), visit=True)
    context = {"health": totals, "first": first, "rows": fold_findings(first.findings), "twin": f"{API}/home"}
    return site_of(request).page(request, "home", {**context, **latest})


@router.get("/chains")
def chain_list(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    raw = last_of_each(request)
    shape = raw.get("shape", "") if raw.get("view") == "each" else ""
    grouped = raw.get("view") != "each"
    try:
        found = _listed(ports, actor, raw, shape, grouped=grouped)
    except InvalidRequest:  # a cursor of another list: start over, as without it
        raw.pop("after", None)
        found = _listed(ports, actor, raw, shape, grouped=grouped)
    query, own = given(raw), own_shown(raw)
    shown = {**own, **({} if grouped else {"view": "each", **({"shape": shape} if shape else {})})}
    next_url = "/chains?" + urlencode({**query, **shown, "after": found.next}) if found.next else ""
    filters = {name: value for name, value in query.items() if name not in ("after", "limit")}
    twin = f"{API}/chains/shapes?" if grouped else f"{API}/chains?"
    asked = {name: value for name, value in query.items() if not (grouped and name == "limit")}
    context = {"found": found, "grouped": grouped, "shape": shape, "query": filters, "next_url": next_url}
    context |= own_context("/chains", found, {**filters, **shown})
    kept = urlencode({**filters, **own}, errors="replace")
    context |= {"each_url": f"/chains?{kept}{'&' if kept else ''}view=each", "grouped_url": f"/chains?{kept}".rstrip("?")}
    context |= {
        "health": health.health(ports.graph, actor, ports.store_name),
        "twin": (twin + urlencode({**asked, **own})).rstrip("?"),
    }
    return site_of(request).page(request, "chains", context)


def _listed(ports: Ports, actor: Actor, raw: dict[str, str], shape: str, *, grouped: bool) -> Listed[Any]:
    query, own_role = chain_query(raw, strict=False), "" if own_shown(raw) else ports.own_role
    if grouped:
        return shapes.list_shapes(ports.graph, actor, query, own_role=own_role)
    if shape:
        return shapes.chains_of_shape(ports.graph, actor, query, shape, own_role=own_role)
    return chains.list_chains(ports.graph, actor, query, own_role=own_role)


def own_shown(raw: Mapping[str, str]) -> dict[str, str]:
    """The parameter by which a list shows our own reading too, when it was given."""
    return {"own": "1"} if raw.get("own") == "1" else {}


def own_context(place: str, found: Listed[Any] | EntityView, query: Mapping[str, str]) -> dict[str, object]:
    """What `parts/own.html` says: how many of our own sessions are hidden, and the address of the list the other way round."""
    other = {name: value for name, value in query.items() if name not in ("own", "after", "limit")}
    other |= {} if "own" in query else {"own": "1"}
    url = f"{place}?{urlencode(other, errors='replace')}".rstrip("?")
    return {"own_hidden": found.own_hidden, "own_shown": "own" in query, "own_url": url}


@router.get("/entities/{id_}")
def entity(request: Request, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    own = own_shown(last_of_each(request))
    view = entities.show_entity(ports.graph, actor, id_, own_role="" if own else ports.own_role)
    twin = f"{API}/entities/{id_}?{urlencode(own)}".rstrip("?")
    return site_of(request).page(request, "entity", {"view": view, "twin": twin, **own_context(f"/entities/{id_}", view, own)})


@router.get("/events/{reference:path}")
def event(request: Request, reference: str) -> Response:
    view = events.show_event(ports_of(request), actor_of(request), reference)
    place = quote(view.event_ref, safe="")
    if view.event_ref != reference:
        return moved(f"/events/{place}", request)
    record = "" if view.record is None else json.dumps(view.record, indent=2, ensure_ascii=False)
    return site_of(request).page(request, "event", {"view": view, "record": record, "twin": f"{API}/events/{place}"})


@router.get("/trace")
def trace_box(request: Request) -> Response:
    actor_of(request)
    return site_of(request).page(request, "trace", {"view": None})


@router.post("/trace")
async def trace_pasted(request: Request) -> Response:
    """Straight to the one candidate, else to a page of them under an opaque id."""
    actor_of(request)
    async with request.form(max_files=0, max_fields=5, max_part_size=4 * MAX_TEXT) as form:
        text = form.get("q", "")
    if not isinstance(text, str) or not text.strip():
        return RedirectResponse("/trace", 303)
    view = await run_in_threadpool(tracing.trace, ports_of(request).graph, actor_of(request), text)
    if len(view.candidates) == 1:
        return RedirectResponse(view.candidates[0].url, 303)
    return RedirectResponse(f"/trace/{site_of(request).pasted.put(text)}", 303)


@router.get("/trace/{id_}")
def trace_found(request: Request, id_: str) -> Response:
    actor = actor_of(request)
    text = site_of(request).pasted.get(id_)
    if text is None:
        return RedirectResponse("/trace", 303)
    return site_of(request).page(request, "trace", {"view": tracing.trace(ports_of(request).graph, actor, text)})
