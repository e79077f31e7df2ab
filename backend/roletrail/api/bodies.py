"""Reading JSON bodies strictly: bounded, and of exactly the fields a route names."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from roletrail.errors import InvalidRequest

MAX_BODY = 1_048_576
T = TypeVar("T")


async def read_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise InvalidRequest("The body is larger than 1 MiB.")
    return body


async def decoded(request: Request, type_: type[T]) -> T:
    """The body as `type_`, a msgspec.Struct that forbids unknown fields."""
    try:
        return msgspec.json.decode(await read_body(request), type=type_)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"The body is not what this takes: {error}.", hint="See /api/v1/docs.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("The body is not JSON.", hint="See /api/v1/docs.") from None


def described(type_: type[Any], *, required: bool = True) -> dict[str, Any]:
    """`requestBody` of the OpenAPI document for a struct."""
    schema = msgspec.json.schema(type_)
    (fields,) = schema["$defs"].values()
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": fields}}}}
