"""REST of findings: the list, one of them, what people say of them, exceptions, rules."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roletrail.api import bodies, described
from roletrail.api.answers import answer
from roletrail.api.bodies import decoded
from roletrail.api.requests import actor_of, only, parameters, ports_of
from roletrail.api.v1 import PREFIX, PROBLEMS, OpaqueId
from roletrail.usecases.chains.views import Listed
from roletrail.usecases.findings import delivering, views
from roletrail.usecases.findings import listing as cases

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)


class Said(msgspec.Struct, forbid_unknown_fields=True):
    status: str
    note: str = ""


class Excepted(msgspec.Struct, forbid_unknown_fields=True):
    match: dict[str, str]
    owner: str
    reason: str
    days: int


@router.get(
    "/findings",
    response_model=Listed[views.FindingView],
    openapi_extra={"parameters": described.finding_parameters()},
    summary="Findings, worst first",
)
def get_findings(request: Request) -> Response:
    asked = cases.finding_filter(parameters(request), strict=True)
    return answer(cases.list_findings(ports_of(request), actor_of(request), asked))


@router.get("/findings/{id}", response_model=views.FindingDetail, summary="One finding: why it fired and what to do next")
def get_finding(request: Request, id: OpaqueId) -> Response:  # noqa: A002 - the name in the URL
    only(parameters(request), ())
    return answer(cases.show_finding(ports_of(request), actor_of(request), id))


@router.post(
    "/findings/{id}/status",
    response_model=views.FindingView,
    openapi_extra=bodies.described(Said),
    summary="Say what a finding is; evaluating again never changes it",
)
async def post_status(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    body = await decoded(request, Said)
    return answer(await run_in_threadpool(cases.decide, ports_of(request), actor_of(request), id, body.status, body.note))


@router.get(
    "/deliveries", response_model=delivering.DeliveriesView, summary="What was sent where, what waits, and what nobody took"
)
def get_deliveries(request: Request) -> Response:
    only(parameters(request), ())
    return answer(delivering.show_deliveries(ports_of(request), actor_of(request)))


@router.get("/rules", response_model=list[views.RuleView], summary="All rules: why, ATT&CK techniques, benign causes, next steps")
def get_rules(request: Request) -> Response:
    only(parameters(request), ())
    return answer(cases.list_rules(actor_of(request)))


@router.get("/allowed", response_model=list[views.AllowedView], summary="Exceptions, with how many findings each covers")
def get_allowed(request: Request) -> Response:
    only(parameters(request), ())
    return answer(cases.list_exceptions(ports_of(request), actor_of(request)))


@router.post(
    "/allowed",
    response_model=views.AllowedView,
    openapi_extra=bodies.described(Excepted),
    summary="Save an exception; at least one of rule, account, session, title, reason in `match` says what it covers",
)
async def post_allowed(request: Request) -> Response:
    only(parameters(request), ())
    body = await decoded(request, Excepted)
    said = (body.match, body.owner, body.reason, body.days)
    return answer(await run_in_threadpool(cases.allow, ports_of(request), actor_of(request), *said))


@router.delete("/allowed/{id}", status_code=204, summary="End an exception")
def delete_allowed(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    only(parameters(request), ())
    cases.end_exception(ports_of(request), actor_of(request), id)
    return Response(status_code=204)
