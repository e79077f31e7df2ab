"""The OpenAPI document: FastAPI's, with our problem schema, security and description."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

TITLE = "Roletrail API"
ABOUT = (
    "Who is behind an AWS session: chains of role sessions rebuilt from CloudTrail, each join with rule, confidence and the "
    "events that prove it. Send `Authorization: Bearer rtt_...`. Lists answer `{items, next}`; pass `next` as `after`. "
    "Errors are problem+json (RFC 9457) with `code`, `detail` and `hint`."
)
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "hint"],
    "properties": {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "code": _TEXT, "detail": _TEXT, "hint": _TEXT},
}


def document_of(app: FastAPI) -> dict[str, Any]:
    """Pages leave themselves out of it: they have no promise about their form."""
    document = get_openapi(title=TITLE, version="1", description=ABOUT, routes=app.routes)
    components = document["components"]
    components["schemas"]["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "rtt_"},
        "session": {"type": "apiKey", "in": "cookie", "name": "roletrail_8765", "description": "Set by the launch link."},
    }
    document["security"] = [{"token": []}, {"session": []}]
    return document
