"""REST v1. Each route reads its parameters, asks one use-case, and writes the view as JSON."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from roletrail.api import described
from roletrail.api.answers import answer
from roletrail.api.bodies import read_body
from roletrail.api.requests import actor_of, flag, only, own_role_of, parameters, ports_of, whole_number
from roletrail.errors import InvalidRequest
from roletrail.usecases import coverage, entities, events, health, impact, role_map, sources, trace
from roletrail.usecases.chains import grouped as shapes
from roletrail.usecases.chains import sessions, timeline, views
from roletrail.usecases.chains import table as lineage_table
from roletrail.usecases.chains.listing import list_chains
from roletrail.usecases.parameters import chain_query, coverage_window
from roletrail.usecases.places import off_instance

PREFIX = "/api/v1"

PROBLEM = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((401, 403, 404, 422, 429, 503), PROBLEM)
MOVED: dict[int | str, dict[str, Any]] = {308: {"description": "The id is an alias; `Location` has the one it stands for now."}}

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

OpaqueId = Annotated[str, Path(description="Opaque id, as lists and traces give it.")]


@router.get(
    "/chains",
    response_model=views.Listed[views.ChainView],
    openapi_extra={"parameters": described.chain_parameters()},
    summary="Chains of role sessions, each once, at its last session",
)
def get_chains(request: Request) -> Response:
    raw = parameters(request)
    query, own_role = chain_query(raw, strict=True, also=frozenset({"full", "own"})), own_role_of(request, raw)
    return answer(list_chains(ports_of(request).graph, actor_of(request), query, full=flag(raw, "full"), own_role=own_role))


@router.get(
    "/chains/shapes",
    response_model=views.Listed[shapes.ShapeView],
    openapi_extra={"parameters": [one for one in described.chain_parameters() if one["name"] not in ("limit", "full")]},
    summary="Chains grouped by shape: the same kinds of credentials and role names in the same order",
)
def get_shapes(request: Request) -> Response:
    raw = parameters(request)
    if "limit" in raw:
        raise InvalidRequest("There is no parameter 'limit' here.", hint="A page holds the shapes of the next 5,000 chains.")
    query, own_role = chain_query(raw, strict=True, also=frozenset({"own"})), own_role_of(request, raw)
    return answer(shapes.list_shapes(ports_of(request).graph, actor_of(request), query, own_role=own_role))


@router.get(
    "/sessions/{id}",
    response_model=views.SessionView,
    responses=MOVED,
    summary="One session: the path above it, the tree around it, what it did",
)
def get_session(request: Request, id: OpaqueId) -> Response:  # noqa: A002 - the name in the URL
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}", 308)
    return answer(sessions.show_session(ports.graph, actor, id))


@router.get(
    "/sessions/{id}/events",
    response_model=views.Page[views.EventRow],
    responses=MOVED,
    openapi_extra={
        "parameters": [
            described.integer("limit", "Events on a page.", events.DEFAULT_LIMIT, events.MAX_LIMIT),
            described.text("after", "Cursor: `next` of the previous page."),
        ]
    },
    summary="Events of one session, oldest first",
)
def get_session_events(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    raw = only(parameters(request), ("limit", "after"))
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/events{query}", 308)
    limit = whole_number(raw, "limit", events.DEFAULT_LIMIT, events.MAX_LIMIT)
    return answer(events.session_events(ports, actor, id, limit, raw.get("after", "")))


@router.get(
    "/sessions/{id}/impact",
    response_model=views.ImpactView,
    responses=MOVED,
    summary="What a session and those below it read, shared out, destroyed and spent",
)
def get_impact(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/impact", 308)
    return answer(impact.impact_of(ports, actor, id))


@router.get(
    "/sessions/{id}/lineage",
    response_model=lineage_table.LineageView,
    responses=MOVED,
    summary="The whole lineage around a session as plain rows in tree order, at most 20,000",
)
def get_lineage(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/lineage", 308)
    return answer(lineage_table.show_lineage(ports.graph, actor, id))


@router.get(
    "/sessions/{id}/timeline",
    response_model=timeline.TimelineView,
    responses=MOVED,
    summary="When each credential of a session's tree was valid, used, refused, and made another",
)
def get_timeline(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    ports, actor = ports_of(request), actor_of(request)
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/timeline", 308)
    return answer(timeline.show_timeline(ports.graph, actor, sessions.show_session(ports.graph, actor, id)))


@router.get(
    "/roles",
    response_model=role_map.RoleMapView,
    openapi_extra={
        "parameters": [
            described.text("focus", "Id of a node: only what is within two steps of it."),
            described.text("account", "Only pairs that touch this account (12 digits)."),
        ]
    },
    summary="Roles that assume roles, with counts; cycles marked",
)
def get_roles(request: Request) -> Response:
    raw = only(parameters(request), ("focus", "account"))
    view = role_map.show_role_map(ports_of(request).graph, actor_of(request), raw.get("focus", ""), raw.get("account", ""))
    return answer(view)


@router.get(
    "/entities/{id}",
    response_model=views.EntityView,
    openapi_extra={"parameters": [described.own()]},
    summary="A role, address, account, instance or user",
)
def get_entity(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    own_role = own_role_of(request, only(parameters(request), ("own",)))
    return answer(entities.show_entity(ports_of(request).graph, actor_of(request), id, own_role=own_role))


@router.get(
    "/events/{event_id:path}",
    response_model=views.EventView,
    responses={308: {"description": "A bare event id; `Location` has it with its day."}},
    summary="One event: the raw record beside what it proves",
)
def get_event(
    request: Request, event_id: Annotated[str, Path(description="`yyyymmdd.eventID`, or the bare eventID.")]
) -> Response:
    only(parameters(request), ())
    view = events.show_event(ports_of(request), actor_of(request), event_id)
    if view.event_ref != event_id:
        return RedirectResponse(f"{PREFIX}/events/{quote(view.event_ref, safe='')}", 308)
    return answer(view)


THING = "What to trace: an access key id, ARN, role-id:session, address, instance id, event id, account, name, or a whole record."


@router.get(
    "/trace",
    response_model=views.TraceView,
    openapi_extra={"parameters": [described.text("thing", THING, required=True)]},
    summary="Where a pasted thing leads",
)
def get_trace(request: Request) -> Response:
    raw = only(parameters(request), ("thing",))
    return answer(trace.trace(ports_of(request).graph, actor_of(request), raw.get("thing", "")))


@router.post(
    "/trace",
    response_model=views.TraceView,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["thing"],
                        "properties": {"thing": {"type": "string", "description": THING}},
                    }
                }
            },
        }
    },
    summary="Where a pasted thing leads, for things that should not stand in a URL",
)
async def post_trace(request: Request) -> Response:
    only(parameters(request), ())
    thing = _thing(await read_body(request))
    return answer(await run_in_threadpool(trace.trace, ports_of(request).graph, actor_of(request), thing))


SOURCE_PARAMETERS = [
    described.integer("limit", "Rows on a page.", sources.DEFAULT_LIMIT, events.MAX_LIMIT),
    described.text("after", "Cursor: `next` of the previous page."),
]


USE_PARAMETERS = [
    {"name": "limit", "in": "query", "required": False, "description": "Rows on a page; all of them when it is left out.",
     "schema": {"type": "integer", "minimum": 1, "maximum": events.MAX_LIMIT}},
    described.text("after", "Cursor: as the Link header of the previous page has it."),
]  # fmt: skip


@router.get(
    "/objects",
    response_model=views.Page[views.ObjectView],
    openapi_extra={"parameters": SOURCE_PARAMETERS},
    summary="Files and objects that were read, newest first",
)
def get_objects(request: Request) -> Response:
    raw = only(parameters(request), ("limit", "after"))
    limit = whole_number(raw, "limit", sources.DEFAULT_LIMIT, events.MAX_LIMIT)
    return answer(sources.list_objects(ports_of(request).graph, actor_of(request), raw.get("after", ""), limit))


@router.get(
    "/quarantine",
    response_model=views.Page[views.QuarantineView],
    openapi_extra={"parameters": SOURCE_PARAMETERS},
    summary="Records and files that were not taken, each with its reason",
)
def get_quarantine(request: Request) -> Response:
    raw = only(parameters(request), ("limit", "after"))
    limit = whole_number(raw, "limit", sources.DEFAULT_LIMIT, events.MAX_LIMIT)
    return answer(sources.list_quarantine(ports_of(request).graph, actor_of(request), raw.get("after", ""), limit))


@router.get(
    "/coverage",
    response_model=views.CoverageView,
    openapi_extra={"parameters": described.coverage_parameters()},
    summary="What is loaded hour by hour, what digests prove of it, and what these logs cannot show",
)
def get_coverage(request: Request) -> Response:
    window = coverage_window(parameters(request))
    return answer(coverage.show_coverage(ports_of(request).graph, actor_of(request), **window))


@router.get(
    "/off-instance",
    response_model=list[views.OffInstanceView],
    openapi_extra={"parameters": USE_PARAMETERS},
    summary="Every use of a workload's credentials with its verdict, those off their workload first. A list; the Link header "
    "has the address of what comes after it",
)
def get_off_instance(request: Request) -> Response:
    """All of them without a limit: the answer is a list, so where it goes on is said in the header (RFC 8288)."""
    raw = only(parameters(request), ("limit", "after"))
    limit = whole_number(raw, "limit", 0, events.MAX_LIMIT)
    page = off_instance.off_instance_page(ports_of(request), actor_of(request), limit, raw.get("after", ""))
    link = f'<{PREFIX}/off-instance?limit={limit}&after={page.next}>; rel="next"'
    return answer(page.items, headers={"link": link} if page.next else None)


@router.get("/health", response_model=views.HealthView, summary="What this installation holds, and whether it answers")
def get_health(request: Request) -> Response:
    only(parameters(request), ())
    ports = ports_of(request)
    return answer(health.health(ports.graph, actor_of(request), ports.store_name))


def _thing(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("The body is not JSON.", hint='Send {"thing": "..."}.') from None
    if not isinstance(found, dict) or set(found) != {"thing"} or not isinstance(found["thing"], str):
        raise InvalidRequest("The body has to be an object with one text, thing.", hint='Send {"thing": "..."}.')
    return found["thing"]
