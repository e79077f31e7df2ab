"""How two observations of one thing become one: sums, least and greatest, so that no order of arrival shows.

Pure; shared by every store and by the reference the contract suite compares them with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from roletrail.lineage.model import Activity, Caller, CredentialUse, ResourceUse

CALLER_FACTS = Caller._fields.index("internal")
"""Fields of a Caller before this one are texts and creationDate: the greater of two holds."""

ACTIVITY_KEY = Activity._fields.index("count")
"""Fields of an Activity before this one are its key (ADR 0003)."""


RESOURCE_KEY = ResourceUse._fields.index("count")


def merge_callers(a: Caller, b: Caller) -> Caller:
    facts = a[:CALLER_FACTS] if a[:CALLER_FACTS] == b[:CALLER_FACTS] else tuple(map(max, a[:CALLER_FACTS], b[:CALLER_FACTS]))
    first = min((a.first_at, a.first_event), (b.first_at, b.first_event))
    last = max((a.last_at, a.last_event), (b.last_at, b.last_event))
    return Caller._make((*facts, a.internal + b.internal, a.count + b.count, a.errors + b.errors, *first, *last))


def linked_facts(caller: Caller) -> tuple[Any, ...]:
    """What linking may read of a caller: all but how often and how long it went on."""
    return (*caller[:CALLER_FACTS], caller.internal == caller.count, caller.first_at, caller.first_event)


def merge_uses(a: CredentialUse, b: CredentialUse) -> CredentialUse:
    """Two uses of one key by one identity."""
    first = min((a.first_at, a.first_event), (b.first_at, b.first_event))
    last = max((a.last_at, a.last_event), (b.last_at, b.last_event))
    said = (max(a.kind, b.kind), max(a.delivery, b.delivery), max(a.from_console, b.from_console))
    return CredentialUse._make((a.identity, a.access_key_id, *said, *first, *last))


def merge_activities(a: Activity, b: Activity) -> Activity:
    """Two folds of one key. Equal (time, event id) means one event, so its name decides nothing."""
    counts = (a.count + b.count, a.errors + b.errors, add_sources(a.sources, b.sources))
    first = min((a.first_at, a.first_event, a.first_name), (b.first_at, b.first_event, b.first_name))
    last = max((a.last_at, a.last_event, a.last_name), (b.last_at, b.last_event, b.last_name))
    return Activity._make((*a[:ACTIVITY_KEY], *counts, *first, *last))


def add_sources(a: str, b: str) -> str:
    """Sum of two `source=count` lists."""
    sums: dict[str, int] = {}
    for pair in f"{a} {b}".split():
        source, _, count = pair.rpartition("=")
        if count.isdecimal():
            sums[source] = sums.get(source, 0) + int(count)
    return " ".join(f"{source}={count}" for source, count in sorted(sums.items()))


def fold_callers(callers: Iterable[Caller]) -> dict[str, Caller]:
    merged: dict[str, Caller] = {}
    for caller in callers:
        other = merged.get(caller.id)
        merged[caller.id] = caller if other is None else merge_callers(other, caller)
    return merged


def fold_uses(uses: Iterable[CredentialUse]) -> dict[tuple[str, str], CredentialUse]:
    merged: dict[tuple[str, str], CredentialUse] = {}
    for use in uses:
        key = use[:2]
        other = merged.get(key)
        merged[key] = use if other is None else merge_uses(other, use)
    return merged


def fold_activities(activities: Iterable[Activity]) -> dict[tuple[str | int, ...], Activity]:
    merged: dict[tuple[str | int, ...], Activity] = {}
    for activity in activities:
        key = activity[:ACTIVITY_KEY]
        other = merged.get(key)
        merged[key] = activity if other is None else merge_activities(other, activity)
    return merged


def merge_resources(a: ResourceUse, b: ResourceUse) -> ResourceUse:
    first = min((a.first_at, a.first_event), (b.first_at, b.first_event))
    last = max((a.last_at, a.last_event), (b.last_at, b.last_event))
    return ResourceUse._make((*a[:RESOURCE_KEY], a.count + b.count, a.errors + b.errors, *first, *last))


def fold_resources(uses: Iterable[ResourceUse]) -> list[ResourceUse]:
    """By key ascending."""
    merged: dict[tuple[str | int, ...], ResourceUse] = {}
    for use in uses:
        key = use[:RESOURCE_KEY]
        other = merged.get(key)
        merged[key] = use if other is None else merge_resources(other, use)
    return [merged[key] for key in sorted(merged)]
