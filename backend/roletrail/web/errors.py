"""Failures as pages: what happened, what to do, and nothing about our insides."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from roletrail.errors import (
    Conflict,
    Forbidden,
    InputUnavailable,
    InvalidRequest,
    NotFound,
    RoletrailError,
    StoreUnavailable,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from roletrail.usecases.chains.present import iso
from roletrail.web.site import Site

RETRY_SECONDS = "5"

_STATUS: tuple[tuple[type[RoletrailError], int], ...] = (
    (InvalidRequest, 400),
    (NotFound, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (StoreUnavailable, 503),
    (InputUnavailable, 503),
)

_TITLES = {
    200: "Launch link",
    400: "This cannot be answered",
    401: "Open Roletrail with a launch link",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not done this way",
    409: "Changed meanwhile",
    413: "Too large",
    421: "Unknown host name",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "The store cannot be read",
}


def status_of(error: RoletrailError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_page(site: Site, request: Request, error: RoletrailError, status: int = 0) -> Response:
    """The page for an error of ours. Failures on our side say no more than that: details may hold paths."""
    status = status or status_of(error)
    if status >= 500:
        detail, hint = unavailable(error)
        return plain_page(site, request, status, detail, hint)
    return plain_page(site, request, status, error.detail, error.hint)


def unavailable(error: RoletrailError) -> tuple[str, str]:
    """What a stranger may read of a failure on our side, and what comes next."""
    if isinstance(error, StoreUnavailable) and error.since:
        return f"The graph store has not answered since {iso(error.since)}.", "This page tries again by itself every few seconds."
    return "The store, the archive or the app database cannot be read right now.", "The server's log says why."


def status_page(site: Site, request: Request, status: int) -> Response:
    """The page for a refusal of the framework: an unknown address or method."""
    detail = "There is no page at this address." if status == 404 else "This address does not answer such a request."
    return plain_page(site, request, status, detail, "")


def plain_page(site: Site, request: Request, status: int, detail: str, hint: str) -> Response:
    command = "roletrail token launch" if status == 401 else ""
    title = _TITLES.get(status, "Something went wrong")
    context = {"status": status, "title": title, "detail": detail, "hint": "" if command else hint, "command": command}
    page = site.page(request, "error", context, status)
    if status == 503:
        page.headers["refresh"] = RETRY_SECONDS
        page.headers["retry-after"] = RETRY_SECONDS
    if status == 429:
        page.headers["retry-after"] = str(TooMany.retry_seconds)
    return page
