"""The page of off-instance use, and what its strip of addresses is drawn from. Knows no HTML."""

from __future__ import annotations

import time
from calendar import timegm
from typing import NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from roletrail.usecases.places.panel import places
from roletrail.usecases.places.views import AddressLineView, PlaceView
from roletrail.web.site import actor_of, ports_of, site_of

router = APIRouter(include_in_schema=False)

WIDE = 1000
LEAST = 6
"""Width of the whole strip, and of a span too short to see."""


class Bar(NamedTuple):
    x: float
    width: float
    off: bool
    title: str


class Line(NamedTuple):
    address: str
    kind: str
    note: str
    bars: list[Bar]


@router.get("/off-instance")
def off_instance(request: Request) -> Response:
    view = places(ports_of(request), actor_of(request))
    return site_of(request).page(request, "off_instance", {"view": view, "twin": "/api/v1/off-instance"})


def lines_of(view: PlaceView) -> list[Line]:
    since, until = _seconds(view.since), _seconds(view.until)
    return [Line(one.address, one.kind, one.note, _bars(one, since, max(1, until - since))) for one in view.addresses]


def _bars(line: AddressLineView, since: int, length: int) -> list[Bar]:
    bars: list[Bar] = []
    for span in line.spans:
        start = (_seconds(span.since) - since) / length * WIDE
        width = max(LEAST, (_seconds(span.until) - _seconds(span.since)) / length * WIDE)
        title = f"{line.address}: {span.since} to {span.until}"
        bars.append(
            Bar(round(max(0.0, min(start, WIDE - LEAST)), 1), round(min(width, WIDE - max(0.0, start)), 1), span.off, title)
        )
    return bars


def _seconds(iso: str) -> int:
    return timegm(time.strptime(iso, "%Y-%m-%dT%H:%M:%SZ")) if iso else 0
