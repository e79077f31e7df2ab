"""Refused assumptions: kind ATTEMPTED, from an identity to a role; no session comes of them.

IAM refuses for some seconds what was allowed a moment ago: such retries are told apart from somebody trying doors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from roletrail.lineage import ids
from roletrail.lineage.model import Attempt, Edge, event_ref

RETRY_WITHIN = 10
"""Seconds after which an assumption succeeds that IAM had not yet heard of (all refusals of one real log are such)."""
BURST = 600
DOORS = 3
"""Different roles within ten minutes, from which on it is no mistake."""
REFUSED, RETRIED, TRIED_DOORS = "refused", "propagation retry", "enumeration"
_MAX_EVIDENCE = 20


class Obtained(NamedTuple):
    """A session an identity did get."""

    identity: str
    role_arn: str
    at: int


class Refusals(NamedTuple):
    """Refusals of one role to one identity, oldest first, and what they look like."""

    attempts: tuple[Attempt, ...]
    nature: str  # refused | propagation retry | enumeration


def refusals(attempts: Iterable[Attempt], obtained: Iterable[Obtained]) -> list[Refusals]:
    """By identity and role, in order of their first attempt."""
    by_door: dict[tuple[str, str], list[Attempt]] = {}
    for a in sorted(attempts, key=lambda a: (a.at, a.event_id)):
        by_door.setdefault((a.identity, a.target), []).append(a)
    got: dict[tuple[str, str], list[int]] = {}
    for o in obtained:
        got.setdefault((o.identity, o.role_arn), []).append(o.at)
    busy = _doors_tried(
        [a for tried in by_door.values() for a in tried if not _retried(tried, got.get((a.identity, a.target), ()))]
    )
    found: list[Refusals] = []
    for door, tried in by_door.items():
        retried = _retried(tried, got.get(door, ()))
        nature = RETRIED if retried else TRIED_DOORS if door in busy else REFUSED
        found.append(Refusals(tuple(tried), nature))
    return found


def _retried(tried: Sequence[Attempt], got: Sequence[int]) -> bool:
    return any(0 <= at - tried[-1].at <= RETRY_WITHIN for at in got)


def _doors_tried(attempts: Iterable[Attempt]) -> set[tuple[str, str]]:
    """(identity, role) of attempts that are part of a burst over several roles."""
    by_identity: dict[str, list[Attempt]] = {}
    for a in sorted(attempts, key=lambda a: (a.at, a.event_id)):
        by_identity.setdefault(a.identity, []).append(a)
    found: set[tuple[str, str]] = set()
    for identity, tried in by_identity.items():
        found.update((identity, door) for door in _burst(tried))
    return found


def _burst(tried: Sequence[Attempt]) -> set[str]:
    """Roles that were tried within ten minutes of enough others."""
    found: set[str] = set()
    lately: Counter[str] = Counter()
    start = 0
    for last in tried:
        lately[last.target] += 1
        while tried[start].at < last.at - BURST:
            lately[tried[start].target] -= 1
            if not lately[tried[start].target]:
                del lately[tried[start].target]
            start += 1
        if len(lately) == DOORS:
            found.update(lately)
        elif len(lately) > DOORS:
            found.add(last.target)
    return found


def edge(r: Refusals) -> Edge:
    """The edge to the role that was refused, named by the id of the role's page."""
    first = r.attempts[0]
    return Edge(
        kind="ATTEMPTED", parent=first.identity, child=ids.entity_id("role", first.target), parent_key=first.access_key_id,
        child_key="", at=first.at, rule="ATTEMPT", confidence=1.0,
        evidence=tuple(event_ref(a.at, a.event_id) for a in r.attempts[:_MAX_EVIDENCE]), pivot="", conflict="",
        note=f"{r.nature}, {len(r.attempts)} x {first.error_code}",
    )  # fmt: skip
