"""The API's mapping of errors to HTTP: RFC 9457 problem+json with `code`, `detail` and `hint`. Pages have theirs in `web.errors`.

Details of failures on our side stay in the log: they may hold paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
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

_STATUS: tuple[tuple[type[RoletrailError], int], ...] = (
    (InvalidRequest, 422),
    (NotFound, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (StoreUnavailable, 503),
    (InputUnavailable, 503),
)

TITLES = {
    400: "Bad request",
    401: "Sign-in or token needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Changed meanwhile",
    413: "Too large",
    421: "Unknown host name",
    422: "Not a usable request",
    429: "Too many requests",
    500: "Internal error",
    503: "Not available right now",
}
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 421: "unknown_host"}


def status_of(error: RoletrailError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def public(error: RoletrailError, status: int) -> tuple[str, str, str]:
    """Code, detail and hint as a stranger may read them."""
    if isinstance(error, StoreUnavailable) and error.since:
        return error.code, f"The graph store has not answered since {iso(error.since)}.", "Ask again in a few seconds."
    if status >= 500:
        return error.code, "The store, the archive or the app database cannot be read right now.", "The server's log says why."
    return _CODES.get(status, error.code), error.detail, error.hint


def problem(status: int, code: str, detail: str, hint: str, more: Mapping[str, object] = MappingProxyType({})) -> Response:
    body = {
        **more,
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": scalar(detail),
        "hint": scalar(hint),
    }
    headers = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": str(TooMany.retry_seconds)}}.get(status, {})
    return Response(msgspec.json.encode(body), status, headers, "application/problem+json")


def scalar(text: str) -> str:
    """The text with lone surrogates replaced: UTF-8 has none."""
    return text.encode("utf-8", "replace").decode()


def problem_for(error: RoletrailError, status: int = 0) -> Response:
    status = status or status_of(error)
    more = {"changed": [scalar(text) for text in error.changed], "version": error.version} if isinstance(error, Conflict) else {}
    return problem(status, *public(error, status), more)


def problem_for_status(status: int) -> Response:
    """A refusal of the framework itself: an unknown address or method."""
    return problem(status, _CODES.get(status, "error"), f"{TITLES.get(status, 'Error')}.", "See /api/v1/docs.")
