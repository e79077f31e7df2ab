"""The chain page: one session's lineage as table, canvas, waterfall and panel, and the events of that session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from roletrail.errors import InvalidRequest
from roletrail.render import waterfall
from roletrail.usecases import events, impact
from roletrail.usecases.chains import sessions, timeline
from roletrail.usecases.chains import table as lineage_table
from roletrail.usecases.chains.fold import fold_siblings
from roletrail.usecases.chains.references import as_query, references
from roletrail.usecases.chains.timeline import TimelineView
from roletrail.usecases.chains.tree import MAX_DRAWN, MOST_DRAWN
from roletrail.usecases.chains.views import SessionView, TreeRow
from roletrail.usecases.containment import plan as containment
from roletrail.usecases.places import panel as place_panel
from roletrail.usecases.reports.export import FORMATS
from roletrail.web.places import lines_of
from roletrail.web.site import actor_of, last_of_each, moved, ports_of, site_of

router = APIRouter(include_in_schema=False)

API = "/api/v1"
STEP = 200
"""Rows that one click adds to a large lineage."""
PAGE_ROWS = 200
"""Rows of a page of the whole lineage, for readers without scripts."""


@router.get("/sessions/{id_}")
def session(request: Request, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id_)
    if canonical != id_:
        return moved(f"/sessions/{canonical}", request)
    view = sessions.show_session(ports.graph, actor, id_, rows=rows_asked(request.query_params))
    context = session_context(view, request.query_params)
    waterfall_view = timeline.show_timeline(ports.graph, actor, view, context["tree"])
    context |= {**fall_context(waterfall_view), "impact": impact.impact_of(ports, actor, id_)}
    place = place_panel.place_of(ports, actor, [node.id for node in view.chain.path])
    context |= {"place": place, "place_lines": lines_of(place) if place else []}
    context |= {"plan": containment.show_containment(ports, actor, id_)}
    return site_of(request).page(request, "session", {**context, "module": "session.js", "twin": f"{API}/sessions/{id_}"})


def session_context(view: SessionView, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What the chain page's template needs besides the view: the selected row, the strip, the room of the canvas."""
    unfolded, asked = parameters.get("unfold") == "1", parameters.get("sel", "")
    tree = view.tree if unfolded else fold_siblings(view.tree)
    return {
        "view": view,
        "tree": tree,
        "unfolded": unfolded,
        "selected": asked if any(row.node.id == asked for row in tree) else view.id,
        "strip": [stage(text) for text in view.shape],
        "graph_size": graph_size(tree),
        "references": references,
        "query": as_query,
        "formats": FORMATS,
        "more_rows": min(rows_asked(parameters) + STEP, MOST_DRAWN) if view.truncated else 0,
    }


def fall_context(view: TimelineView) -> dict[str, Any]:
    """The waterfall's picture, and what the panel says of each credential's calls."""
    chart = timeline.chart(view)
    return {
        "timeline": view,
        "fall": Markup(waterfall.draw(chart)),  # noqa: S704 - render escapes every text
        "fall_mini": Markup(waterfall.overview(chart)),  # noqa: S704
        "stories": {row.id: [mark for mark in row.marks if mark.kind in ("notable", "denied")] for row in view.rows},
    }


def rows_asked(parameters: Mapping[str, str]) -> int:
    """How many rows of a large lineage somebody wants to see; anything unusable counts as not asked."""
    text = parameters.get("rows", "")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(max(asked, MAX_DRAWN), MOST_DRAWN)


def stage(text: str) -> tuple[str, str, bool]:
    """Name of a stage, what was seen of it, and whether that is nothing."""
    name, _, seen = text.partition(": ")
    return name, seen, seen in ("no evidence", "not collected")


def graph_size(tree: list[TreeRow]) -> str:
    lanes = len({row.y for row in tree})
    return "xs" if lanes == 1 else "s" if lanes == 2 else "m" if lanes <= 4 else "l"


@router.get("/sessions/{id_}/table")
def whole_lineage(request: Request, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id_)
    if canonical != id_:
        return moved(f"/sessions/{canonical}/table", request)
    view = lineage_table.show_lineage(ports.graph, actor, id_)
    text = last_of_each(request).get("from", "")
    first = int(text) if text.isascii() and text.isdigit() and len(text) < 9 and int(text) < len(view.rows) else 0
    label = next(row.label for row in view.rows if row.id == id_)
    context = {
        "view": view,
        "label": label,
        "shown": view.rows[first : first + PAGE_ROWS],
        "first": first,
        "next_url": f"/sessions/{id_}/table?from={first + PAGE_ROWS}" if first + PAGE_ROWS < len(view.rows) else "",
        "module": "whole.js",
        "twin": f"{API}/sessions/{id_}/lineage",
    }
    return site_of(request).page(request, "whole", context)


@router.get("/sessions/{id_}/events")
def session_events(request: Request, id_: str) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id_)
    if canonical != id_:
        return moved(f"/sessions/{canonical}/events", request)
    node = sessions.show_session(ports.graph, actor, id_).node
    try:
        found = events.session_events(ports, actor, id_, after=last_of_each(request).get("after", ""))
    except InvalidRequest:
        found = events.session_events(ports, actor, id_)
    missing = "Its logs name it only where it was issued: no call with these credentials is in this store."
    next_url = f"/sessions/{id_}/events?" + urlencode({"after": found.next}) if found.next else ""
    context = {"node": node, "events": found, "next_url": next_url, "missing": missing}
    return site_of(request).page(request, "events", {**context, "twin": f"{API}/sessions/{id_}/events"})
