"""In which portions, and in which order, a run hands its objects to workers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from roletrail.ingest.source import Listed, is_remote

UNIT_OBJECTS = 50
UNIT_BYTES = 16 << 20
"""Stored bytes of hours that are fetched together; a single hour may be more."""

_DELIVERED = re.compile(r"(\d{12}_CloudTrail_[a-z0-9-]+_\d{8}T\d\d)\d\dZ_")


def units_of(objects: Sequence[Listed]) -> list[list[Listed]]:
    """Objects in the units workers get. What CloudTrail delivered for one account, region and hour, by however many trails,
    is one unit: there lie the doubles. Days come one after another, so that a batch touches few of them and leaves few
    archive files; the largest unit of a day comes first."""
    groups: dict[str, list[Listed]] = defaultdict(list)
    for one in objects:
        found = _DELIVERED.search(one.locator)
        groups[found[1] if found else one.locator].append(one)
    units = [group[start : start + UNIT_OBJECTS] for group in groups.values() for start in range(0, len(group), UNIT_OBJECTS)]
    units.sort(key=lambda unit: (_day(unit[0].locator), -sum(one.size for one in unit), unit[0].locator))
    return _together(units)


def _together(units: list[list[Listed]]) -> list[list[Listed]]:
    """Small units of objects far away joined with their neighbours: a worker fetches many at once, but only of one unit."""
    joined: list[list[Listed]] = []
    size = 0
    for unit in units:
        more = sum(one.size for one in unit)
        if (
            joined
            and is_remote(unit[0])
            and is_remote(joined[-1][0])
            and len(joined[-1]) + len(unit) <= UNIT_OBJECTS
            and size + more <= UNIT_BYTES
        ):
            joined[-1] += unit
            size += more
        else:
            joined.append(unit)
            size = more
    return joined


def _day(locator: str) -> str:
    found = _DELIVERED.search(locator)
    return found[1][-11:-3] if found else ""
