"""A hand-made place with everything its panel and page can show."""

from __future__ import annotations

from roletrail.usecases.chains.views import OffInstanceView
from roletrail.usecases.places.views import (
    AddressLineView,
    GuardDutyView,
    NeighbourView,
    PlacedUseView,
    PlacesView,
    PlaceView,
    SpanView,
    TouchView,
)

AT, LATER = "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z"


def use(text: str = "", *, off: bool = True) -> PlacedUseView:
    judged = OffInstanceView(
        "abcdefghijklmnopqrst", f"i-0{text}", "333333333333", f"arn:aws:iam::333333333333:role/web{text}", f"ASIAEXAMPLE{text}",
        f"203.0.113.9{text}", "PUBLIC", AT, LATER, 7, "OFF_INSTANCE_OUTSIDE_AWS" if off else "NOT_DECIDABLE", 0.95 if off else 0.4,
        "unfamiliar", [f"D13: reason{text}"], [] if off else [f"inventory{text}"],
    )  # fmt: skip
    neighbours = [NeighbourView("bcdefghijklmnopqrstu", f"key{text}", "person", AT)]
    return PlacedUseView(judged, off, f"Used from outside AWS.{text}", neighbours, [f"a fact{text}"], where=f"AS64500{text}")


def place_view(text: str = "") -> PlaceView:
    return PlaceView(
        kind="instance",
        id=f"i-0{text}",
        account="333333333333",
        facts=[("VPC", f"vpc{text}")],
        since=AT,
        until=LATER,
        addresses=[
            AddressLineView(f"10.0.1.5{text}", "own", f"inventory{text}", [SpanView(AT, LATER)]),
            AddressLineView(f"203.0.113.9{text}", "used", f"OFF{text}", [SpanView(AT, AT, off=True)]),
        ],
        uses=[use(text), use(text, off=False)],
        touched=[TouchView(AT, f"SendCommand{text}", f"20261102.e{text}", "bcdefghijklmnopqrstu", f"203.0.113.9{text}")],
        guardduty=[
            GuardDutyView("g", f"UnauthorizedAccess{text}", 8.0, f"title{text}", AT, LATER, 3, [f"203.0.113.9{text}"], "yes")
        ],
        ranges=f"ranges{text}",
        warning=f"old{text}",
    )


def places_view(text: str = "") -> PlacesView:
    return PlacesView([use(text), use(text, off=False)], 9, 1, 4, 7, 0, 0, f"ranges{text}", f"old{text}")
