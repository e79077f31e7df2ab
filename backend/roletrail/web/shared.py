"""What a reader of a share sees, without an account: a cover, then the frozen document. Asks only the app database.

The secret leaves the address bar at once: the link's GET sets a cookie for the share's own path and goes there. A view counts when
somebody presses Open; previewers fetch links. Unknown, expired, used up, revoked and stopped are answered alike.
"""

from __future__ import annotations

import json

from fastapi import APIRouter
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.audit import AuditLog
from roletrail.auth.rates import Rates
from roletrail.errors import TooMany
from roletrail.investigations.redact import SAID
from roletrail.investigations.shares import VISIT_SECONDS, Share, ShareBook
from roletrail.usecases.chains.present import iso
from roletrail.usecases.investigations.shares import stopped
from roletrail.usecases.ports import Ports
from roletrail.web.site import ports_of, site_of

router = APIRouter(include_in_schema=False)

COOKIE = "roletrail_share"
_HEADERS = {"x-robots-tag": "noindex, nofollow, noarchive"}
_passphrases = Rates(10)
"""Tries of a passphrase, by share."""


@router.get("/s/{secret}")
def arrive(request: Request, secret: str) -> Response:
    ports = ports_of(request)
    found = None if stopped(ports) else ShareBook(ports.app).arrive(secret)
    if found is None:
        return _gone(request)
    id_, visit = found
    secure = "; Secure" if request.url.scheme == "https" or request.app.state.rules.https else ""
    cookie = f"{COOKIE}={visit}; Path=/shared/{id_}; HttpOnly; SameSite=Lax; Max-Age={VISIT_SECONDS}{secure}"
    return RedirectResponse(f"/shared/{id_}", 303, {"set-cookie": cookie, **_HEADERS})


@router.get("/shared/{id_}")
def shared(request: Request, id_: str) -> Response:
    found = _visited(request, id_)
    if found is None:
        return _gone(request)
    share, opened = found
    context = {
        "share": share,
        "expires": iso(share.expires_at),
        "made": iso(share.created_at),
        "redacted": SAID[share.redaction],
        "wrong": False,
    }
    if not opened:
        return _page(request, "share_cover", context)
    book = ShareBook(ports_of(request).app)
    drawn = Markup(book.picture(id_).decode("utf-8", "replace"))  # noqa: S704 - render escaped every text when it was frozen
    return _page(request, "shared", {**context, "doc": json.loads(book.content(id_)), "drawn": drawn})


@router.post("/shared/{id_}/open")
async def open_share(request: Request, id_: str) -> Response:
    async with request.form(max_files=0, max_fields=2, max_part_size=4096) as form:
        typed = form.get("passphrase", "")
    return await run_in_threadpool(_open, request, id_, typed if isinstance(typed, str) else "")


def _open(request: Request, id_: str, typed: str) -> Response:
    found, ports = _visited(request, id_), ports_of(request)
    if found is None:
        return _gone(request)
    share, _ = found
    if share.passphrase and not _passphrases.spend(id_):
        return _cover_again(request, share, 429)
    if not ShareBook(ports.app).open(id_, request.cookies.get(COOKIE, ""), typed):
        return _cover_again(request, share, 403) if share.passphrase else _gone(request)
    AuditLog(ports.app).add("reader of a share", "share", "shares.view", id_, "opened")
    return RedirectResponse(f"/shared/{id_}", 303)


def _cover_again(request: Request, share: Share, status: int) -> Response:
    context = {
        "share": share,
        "expires": iso(share.expires_at),
        "made": iso(share.created_at),
        "redacted": SAID[share.redaction],
        "wrong": True,
    }
    answer = _page(request, "share_cover", context, status)
    if status == 429:
        answer.headers["retry-after"] = str(TooMany.retry_seconds)
    return answer


@router.get("/shared/{id_}/picture.svg")
def picture(request: Request, id_: str) -> Response:
    if not _opened(request, id_):
        return _gone(request)
    return Response(ShareBook(ports_of(request).app).picture(id_), media_type="image/svg+xml", headers=_HEADERS)


@router.get("/shared/{id_}/snapshot.json")
def download(request: Request, id_: str) -> Response:
    """The frozen document, byte for byte, when its sharer allowed it."""
    share = _opened(request, id_)
    if share is None or not share.may_download:
        return _gone(request)
    headers = {"content-disposition": f'attachment; filename="roletrail-snapshot-{id_}.json"', **_HEADERS}
    return Response(ShareBook(ports_of(request).app).content(id_), media_type="application/json", headers=headers)


def _opened(request: Request, id_: str) -> Share | None:
    found = _visited(request, id_)
    return found[0] if found and found[1] else None


def _visited(request: Request, id_: str) -> tuple[Share, bool] | None:
    ports: Ports = ports_of(request)
    visit = request.cookies.get(COOKIE, "")
    return None if stopped(ports) else ShareBook(ports.app).visited(id_, visit)


def _gone(request: Request) -> Response:
    return _page(request, "share_gone", {}, 404)


def _page(request: Request, page: str, context: dict[str, object], status: int = 200) -> Response:
    answer = site_of(request).page(request, page, context, status)
    answer.headers.update(_HEADERS)
    return answer
