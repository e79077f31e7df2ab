"""What the store holds, told while it changes: server-sent events for the data page. A browser without them asks again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from roletrail.errors import RoletrailError
from roletrail.usecases import health
from roletrail.usecases.chains.views import HealthView
from roletrail.usecases.loading import ingests
from roletrail.web.site import actor_of, ports_of

router = APIRouter(include_in_schema=False)

EVERY_SECONDS = 1.0
QUIET_ROUNDS = 15
"""A comment is sent after so many rounds without news, so that a gone browser is noticed."""
LONGEST_ROUNDS = 600
"""Then the stream ends and the browser comes back by itself: no connection lives for ever."""
INGESTS = 10
"""Rows of ingests that are told about: those the page shows first."""


@dataclass(frozen=True, slots=True)
class Told:
    totals: HealthView
    ingests: list[ingests.IngestView]


@router.get("/data/live")
async def live(request: Request) -> Response:
    actor_of(request)
    first = await run_in_threadpool(_state, request)  # a refusal is an answer, not an empty stream
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_told(request, first), headers=headers, media_type="text/event-stream")


async def _told(request: Request, state: bytes) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n" + _event(state)
    quiet = 0
    for _ in range(LONGEST_ROUNDS):
        await asyncio.sleep(EVERY_SECONDS)
        if request.app.state.stopping.is_set() or await request.is_disconnected():
            return
        try:
            now = await run_in_threadpool(_state, request)
        except RoletrailError:
            return
        quiet = quiet + 1 if now == state else 0
        if now != state:
            yield _event(now)
        elif quiet % QUIET_ROUNDS == 0:
            yield b": quiet\n\n"
        state = now


def _state(request: Request) -> bytes:
    ports, actor = ports_of(request), actor_of(request)
    told = Told(health.health(ports.graph, actor, ports.store_name), ingests.list_ingests(ports.app, actor, INGESTS).items)
    return msgspec.json.encode(told)


def _event(state: bytes) -> bytes:
    return b"data: " + state + b"\n\n"
