"""Pages of the sharer: what leaves, the link told once, and the list with its ways to revoke."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.policy import allowed, require
from roletrail.errors import InvalidRequest
from roletrail.investigations.redact import told
from roletrail.investigations.shares import DAY, HOUR
from roletrail.usecases.investigations import shares as cases
from roletrail.web.investigations import form_of
from roletrail.web.pages import API, last_of_each
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)

LIVES = (("1 hour", HOUR), ("1 day", DAY), ("7 days", 7 * DAY), ("30 days", 30 * DAY), ("90 days", 90 * DAY))


@router.get("/shares/new")
def new_share(request: Request) -> Response:
    raw = last_of_each(request)
    leaving = cases.show_leaving(ports_of(request), actor_of(request), raw.get("kind", ""), raw.get("subject", ""))
    context = {
        "leaving": leaving,
        "told": told(leaving.counts),
        "lives": LIVES,
        "life": 7 * DAY,
        "stopped": cases.stopped(ports_of(request)),
    }
    return site_of(request).page(request, "share_new", context)


@router.post("/shares")
async def make_share(request: Request) -> Response:
    actor, fields = actor_of(request), await form_of(request, "shares.write")
    if fields.get("leave") != "yes":
        raise InvalidRequest("Tick that you may share this.", hint="Go back and tick the box.")

    def make() -> cases.NewShareView:
        return cases.create_share(
            ports_of(request),
            actor,
            fields.get("kind", ""),
            fields.get("subject", ""),
            redaction=fields.get("redaction", "none"),
            seconds=_number(fields, "seconds", 7 * DAY),
            passphrase=fields.get("passphrase", ""),
            view_limit=_number(fields, "view_limit", 0),
            may_download="may_download" in fields,
        )

    made = await run_in_threadpool(make)
    scheme = "https" if request.app.state.rules.https else request.url.scheme  # TLS may end before us
    link = f"{scheme}://{request.url.netloc}{made.path}"
    return site_of(request).page(request, "share_made", {"link": link, "share": made.share}, 201)


@router.get("/settings/shares")
def share_list(request: Request) -> Response:
    actor = actor_of(request)
    view = cases.list_shares(ports_of(request), actor)
    context = {"part": "shares", "view": view, "may_stop": allowed(actor, "shares.stop").allowed, "twin": f"{API}/shares"}
    return site_of(request).page(request, "settings_shares", context)


@router.post("/settings/shares/{id_}/revoke")
def revoke(request: Request, id_: str) -> Response:
    cases.revoke_share(ports_of(request), actor_of(request), id_)
    return RedirectResponse("/settings/shares", 303)


@router.post("/settings/shares/revoke-all")
def revoke_all(request: Request) -> Response:
    cases.revoke_every_share(ports_of(request), actor_of(request))
    return RedirectResponse("/settings/shares", 303)


@router.post("/settings/shares/{what}")
def stop_or_resume(request: Request, what: str) -> Response:
    """`stop` or `resume`."""
    require(actor_of(request), "shares.stop")
    if what not in ("stop", "resume"):
        raise InvalidRequest("Sharing can be stopped or resumed.")
    cases.stop_sharing(ports_of(request), actor_of(request), stop=what == "stop")
    return RedirectResponse("/settings/shares", 303)


def _number(fields: dict[str, str], name: str, default: int) -> int:
    text = fields.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(f"{name} must be a whole number.")
    return int(text)
