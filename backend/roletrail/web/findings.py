"""Pages of findings: the landing list, one finding, rules, exceptions. Forms are same-site (the gate sees to that)."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.usecases.findings import delivering
from roletrail.usecases.findings import listing as cases
from roletrail.usecases.findings.folds import fold_findings
from roletrail.web.pages import API, last_of_each, own_context, own_shown
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)
_MOST_FORM = 20_000


@router.get("/findings")
def finding_list(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    raw = {"limit": str(cases.MAX_LIMIT), **last_of_each(request)}  # equal ones fold, so a page has room for many
    try:
        found = cases.list_findings(ports, actor, cases.finding_filter(raw, strict=False))
    except InvalidRequest:  # a cursor of another list: start over, as without it
        raw.pop("after", None)
        found = cases.list_findings(ports, actor, cases.finding_filter(raw, strict=False))
    kept = {name: value for name, value in raw.items() if name in cases.PARAMETERS and value}
    filters = {name: value for name, value in kept.items() if name not in ("after", "limit", "own")}
    context = {
        "findings": found,
        "rows": fold_findings(found.items),
        "counts": cases.count_findings(ports, actor),
        "query": filters,
        "next_url": "/findings?" + urlencode({**filters, **own_shown(kept), "after": found.next}) if found.next else "",
        "choices": cases.CHOICES,
        "twin": f"{API}/findings?{urlencode(kept)}".rstrip("?"),
        **own_context("/findings", found, kept),
    }
    return site_of(request).page(request, "findings", context)


@router.get("/findings/{id_}")
def finding(request: Request, id_: str) -> Response:
    view = cases.show_finding(ports_of(request), actor_of(request), id_)
    return site_of(request).page(request, "finding", {"view": view, "twin": f"{API}/findings/{id_}"})


@router.post("/findings/{id_}/status")
async def set_status(request: Request, id_: str) -> Response:
    async with request.form(max_files=0, max_fields=5, max_part_size=_MOST_FORM) as form:
        said = (_text(form, "status"), _text(form, "note"))
    await run_in_threadpool(cases.decide, ports_of(request), actor_of(request), id_, *said)
    return RedirectResponse(f"/findings/{id_}", 303)


@router.get("/rules")
def rule_list(request: Request) -> Response:
    rules = cases.list_rules(actor_of(request))
    return site_of(request).page(request, "rules", {"rules": rules, "twin": f"{API}/rules"})


@router.get("/exceptions")
def exception_list(request: Request) -> Response:
    """The list; and, when a match is asked for, what it would cover before it is saved."""
    ports, actor = ports_of(request), actor_of(request)
    raw = last_of_each(request)
    match = {name: raw.get(name, "") for name in cases.MATCHES}
    asked = {name: value for name, value in match.items() if value}
    covered = cases.preview_exception(ports, actor, asked) if asked else []
    context = {
        "allowed": cases.list_exceptions(ports, actor),
        "match": match,
        "asked": bool(asked),
        "covered": covered,
        "rows": fold_findings(covered),
    }
    return site_of(request).page(request, "exceptions", {**context, "twin": f"{API}/allowed"})


@router.post("/exceptions")
async def add_exception(request: Request) -> Response:
    require(actor_of(request), "findings.decide")
    async with request.form(max_files=0, max_fields=12, max_part_size=_MOST_FORM) as form:
        match = {name: _text(form, name) for name in cases.MATCHES}
        owner, why, days = _text(form, "owner"), _text(form, "why"), _text(form, "days")
    if not days.isdigit() or len(days) > 4:
        raise InvalidRequest("Say after how many days it ends.")
    await run_in_threadpool(cases.allow, ports_of(request), actor_of(request), match, owner, why, int(days))
    return RedirectResponse("/exceptions", 303)


@router.post("/exceptions/{id_}/end")
def end_exception(request: Request, id_: str) -> Response:
    cases.end_exception(ports_of(request), actor_of(request), id_)
    return RedirectResponse("/exceptions", 303)


@router.get("/deliveries")
def delivery_list(request: Request) -> Response:
    view = delivering.show_deliveries(ports_of(request), actor_of(request))
    return site_of(request).page(request, "deliveries", {"view": view, "twin": f"{API}/deliveries"})


@router.post("/deliveries/retry")
def retry_dead(request: Request) -> Response:
    """Another round for what nobody took; the next sending hands it over."""
    delivering.retry_dead(ports_of(request), actor_of(request))
    return RedirectResponse("/deliveries", 303)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
