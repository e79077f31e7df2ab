"""Pages of the plan for a finding and for an investigation; a chain's is a panel of its own page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from roletrail.usecases.containment.subject import containment_of_finding, containment_of_investigation
from roletrail.usecases.containment.views import ContainmentView
from roletrail.web.pages import API
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)


@router.get("/findings/{id_}/containment")
def plan_of_finding(request: Request, id_: str) -> Response:
    plan = containment_of_finding(ports_of(request), actor_of(request), id_)
    return _page(request, plan, f"/findings/{id_}", "Finding")


@router.get("/investigations/{id_}/containment")
def plan_of_investigation(request: Request, id_: str) -> Response:
    plan = containment_of_investigation(ports_of(request), actor_of(request), id_)
    return _page(request, plan, f"/investigations/{id_}", "Investigation")


def _page(request: Request, plan: ContainmentView, back: str, what: str) -> Response:
    context = {"plan": plan, "plan_at": f"{API}{back}/containment", "back": back, "what": what}
    return site_of(request).page(request, "containment", {**context, "twin": context["plan_at"]})
