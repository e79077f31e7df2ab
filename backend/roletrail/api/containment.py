"""REST v1 of containment plans, as JSON, Markdown or a shell script. They are printed: no route carries one out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from roletrail.api import described
from roletrail.api.answers import answer
from roletrail.api.requests import actor_of, only, parameters, ports_of
from roletrail.api.v1 import MOVED, PREFIX, PROBLEMS, OpaqueId
from roletrail.errors import InvalidRequest
from roletrail.usecases.chains import sessions
from roletrail.usecases.containment import plan as containment
from roletrail.usecases.containment.subject import containment_of_finding, containment_of_investigation
from roletrail.usecases.containment.views import ContainmentView
from roletrail.usecases.parameters import CONTAINMENT_PARAMETERS, containment_facts

router = APIRouter(prefix=PREFIX, responses=PROBLEMS)

FORMATS = {"json": "application/json", "md": "text/markdown; charset=utf-8", "sh": "text/x-shellscript; charset=utf-8"}
KNOWN = ("format", *(parameter.name for parameter in CONTAINMENT_PARAMETERS))


@router.get(
    "/sessions/{id}/containment",
    response_model=ContainmentView,
    responses=MOVED,
    openapi_extra={"parameters": described.containment_parameters()},
    summary="How to stop the chain of a session, in order, and whether it worked. Printed, never carried out",
)
def get_containment(request: Request, id: OpaqueId) -> Response:  # noqa: A002 - the name in the URL
    raw = only(parameters(request), KNOWN)
    ports, actor = ports_of(request), actor_of(request)
    form, options = form_of(raw), containment.options_of(containment_facts(raw))
    canonical = sessions.canonical_id(ports.graph, actor, id)
    if canonical != id:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{PREFIX}/sessions/{canonical}/containment{query}", 308)
    return written(containment.show_containment(ports, actor, id, options), form)


@router.get(
    "/findings/{id}/containment",
    response_model=ContainmentView,
    openapi_extra={"parameters": described.containment_parameters()},
    summary="How to stop the chain that a finding opens at",
)
def get_finding_containment(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    raw = only(parameters(request), KNOWN)
    form, options = form_of(raw), containment.options_of(containment_facts(raw))
    return written(containment_of_finding(ports_of(request), actor_of(request), id, options), form)


@router.get(
    "/investigations/{id}/containment",
    response_model=ContainmentView,
    openapi_extra={"parameters": described.containment_parameters()},
    summary="How to stop everything that is pinned in an investigation, and what was marked for it",
)
def get_investigation_containment(request: Request, id: OpaqueId) -> Response:  # noqa: A002
    raw = only(parameters(request), KNOWN)
    form, options = form_of(raw), containment.options_of(containment_facts(raw))
    return written(containment_of_investigation(ports_of(request), actor_of(request), id, options), form)


def form_of(raw: dict[str, str]) -> str:
    form = raw.get("format", "") or "json"
    if form not in FORMATS:
        raise InvalidRequest("The parameter format must be one of json, md, sh.")
    return form


def written(view: ContainmentView, form: str) -> Response:
    if form == "json":
        return answer(view)
    text = containment.as_markdown(view) if form == "md" else containment.as_shell(view)
    return Response(text.encode("utf-8", "replace"), media_type=FORMATS[form])
