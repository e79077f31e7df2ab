"""Views to JSON, straight from the dataclasses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

JSON = "application/json"
_encoder = msgspec.json.Encoder()


def encode(view: Any) -> bytes:
    """UTF-8 JSON of a view. Raw records may hold what UTF-8 or 64 bits cannot carry; those are written as escapes."""
    try:
        return _encoder.encode(view)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(msgspec.to_builtins(view), separators=(",", ":")).encode()


def answer(view: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode(view), status, headers, JSON)
