"""The data page: what is being taken in, what went in, what is covered, what was set aside."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.actor import Actor
from roletrail.errors import InvalidRequest, NotFound
from roletrail.usecases import coverage, health, sources
from roletrail.usecases.chains.views import Page
from roletrail.usecases.loading import ingests
from roletrail.usecases.ports import Ports
from roletrail.web.live import INGESTS
from roletrail.web.pages import API
from roletrail.web.site import actor_of, last_of_each, ports_of, site_of
from roletrail.web.strip import strip_of

router = APIRouter(include_in_schema=False)

OBJECTS = 25
"""Files and quarantined records on a page of the data page."""
KINDS = {
    "upload": "upload over the API",
    "run": "run of roletrail ingest",
    "history": "run over Event history",
    "schedule": "feed that comes back",
    "follow": "feed that follows a queue",
}


@router.get("/data")
def data(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    raw = last_of_each(request)
    try:
        objects = sources.list_objects(ports.graph, actor, raw.get("after", ""), OBJECTS)
        quarantine = sources.list_quarantine(ports.graph, actor, raw.get("quarantine", ""), OBJECTS)
    except InvalidRequest:  # a stale cursor: from the start
        objects = sources.list_objects(ports.graph, actor, "", OBJECTS)
        quarantine = sources.list_quarantine(ports.graph, actor, "", OBJECTS)
    covered, running = coverage.show_coverage(ports.graph, actor), _ingests(ports, actor, raw.get("ingests", ""))
    context = {
        "health": health.health(ports.graph, actor, ports.store_name),
        "ingests": running,
        "ingest_kinds": KINDS,
        "ingests_url": "/data?" + urlencode({"ingests": running.next or ""}) + "#ingests",
        "coverage": covered,
        "strip": strip_of(covered),
        "objects": objects,
        "quarantine": quarantine,
        "objects_url": "/data?" + urlencode({"after": objects.next or ""}) + "#objects",
        "later": bool(raw.get("after") or raw.get("quarantine")),
        "module": "data.js",
        "quarantine_url": "/data?" + urlencode({"quarantine": quarantine.next or ""}) + "#quarantine",
        "twin": f"{API}/health",
    }
    return site_of(request).page(request, "data", context)


def _ingests(ports: Ports, actor: Actor, after: str) -> Page[ingests.IngestView]:
    try:
        return ingests.list_ingests(ports.app, actor, INGESTS, after)
    except NotFound:  # a stale cursor
        return ingests.list_ingests(ports.app, actor, INGESTS)


@router.post("/data/ingests/{id_}/cancel")
def cancel(request: Request, id_: str) -> Response:
    ingests.cancel_ingest(ports_of(request).app, actor_of(request), id_)
    return RedirectResponse("/data#ingests", 303)
