"""What the attacker can still do: which credentials are valid at a moment, and which can be asked for again.

An expired session is not over while something alive can ask for another of its role: so validity is followed along who obtained
what, around cycles too, until nothing new is reached. Never says more than the logs hold: a moment that no record names is a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from roletrail.detect.containment.case import Case, Subject, is_role_session
from roletrail.lineage.model import Node

State = Literal["valid", "maybe", "ended"]

HOUR = 3_600
LONGEST: Mapping[str, int] = {
    "ASSUMED": 12 * HOUR,
    "FEDERATED": 12 * HOUR,
    "DELIVERED": 12 * HOUR,
    "SWITCHED": 12 * HOUR,
    "SIGNED_IN": 12 * HOUR,
    "GOT_SESSION_TOKEN": 36 * HOUR,
    "GOT_FEDERATION_TOKEN": 36 * HOUR,
    "RAN_ROOT_TASK": HOUR // 4,
}
"""Longest life of what an edge issues, where no record says when it expires (semantics section 2)."""
ANY = 36 * HOUR


class Ending(NamedTuple):
    """What the logs say ended a credential before its time, or `since` when all issued before are denied."""

    at: int
    text: str


class Credential(NamedTuple):
    id: str
    node: Node
    issued: int
    expires: int  # 0: a long-term key, which has no end
    known: bool  # the end is in the logs; else it is the latest that can be
    last_seen: int
    state: State
    renewed_by: str  # what can ask for another, "" nothing that is known
    cycle: bool
    ending: str


def credentials(case: Case, now: int, endings: Mapping[str, Ending]) -> list[Credential]:
    """Of everything the attacker holds in this plan, in the plan's order."""
    held = [one for one in case.attackers if one.node.kind in {"session", "key"}]
    states: dict[str, State] = {one.node.id: _state(one, now, endings) for one in held}
    sources = _renewers(case, states, endings)
    onward = _onward(case)
    return [_credential(one, states[one.node.id], sources, onward, endings) for one in held]


def latest_end(one: Subject) -> tuple[int, bool]:
    """When a session ends, and whether a record says so."""
    node = one.node
    if node.expires:
        return node.expires, True
    if node.kind == "key":
        return 0, True
    kind = next((edge.kind for edge in one.edges if not edge.pivot), "")
    begun = node.issued_at or one.first_seen
    return begun + LONGEST.get(kind, ANY), False


def _state(one: Subject, now: int, endings: Mapping[str, Ending]) -> State:
    if one.node.id in endings:
        return "ended"
    expires, known = latest_end(one)
    if one.node.kind == "key":
        return "valid"
    if expires <= now:
        return "ended"
    return "valid" if known else "maybe"


def _credential(
    one: Subject, state: State, sources: Mapping[str, str], onward: Mapping[str, set[str]], endings: Mapping[str, Ending]
) -> Credential:
    expires, known = latest_end(one)
    group = _group(one.node)
    ending = endings.get(one.node.id)
    return Credential(
        id=one.node.id,
        node=one.node,
        issued=one.node.issued_at,
        expires=expires,
        known=known,
        last_seen=one.last_seen,
        state=state,
        renewed_by=sources.get(group, ""),
        cycle=group in _reached(group, onward),
        ending=ending.text if ending else "",
    )


# --- who can ask for what ---


def _group(node: Node) -> str:
    """Sessions of one role are interchangeable for asking; anything else stands for itself."""
    return node.role_arn if is_role_session(node) else node.id


def _onward(case: Case) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in case.subjects.values():
        above = case.subjects.get(one.parent)
        if above is not None and one.node.kind == "session":
            found.setdefault(_group(above.node), set()).add(_group(one.node))
    return found


def _renewers(case: Case, states: Mapping[str, State], endings: Mapping[str, Ending]) -> dict[str, str]:
    """For each role or session that can be had again: the label of what is alive and asks for it, nearest first."""
    onward = _onward(case)
    labels: dict[str, str] = {}
    alive: list[str] = []
    for one in case.attackers:
        outside = one.node.kind == "origin" and one.node.id not in endings
        if outside or states.get(one.node.id) in {"valid", "maybe"}:
            group = _group(one.node)
            labels.setdefault(group, one.node.label or one.node.principal_id)
            alive.append(group)
    found: dict[str, str] = {}
    waiting = list(dict.fromkeys(alive))
    while waiting:
        group = waiting.pop(0)
        for below in sorted(onward.get(group, ())):
            if below not in found:
                found[below] = labels.get(group) or found.get(group, "")
                labels.setdefault(below, _label_of(case, below))
                waiting.append(below)
    return found


def _label_of(case: Case, group: str) -> str:
    return next((one.node.label for one in case.subjects.values() if _group(one.node) == group), group)


def _reached(group: str, onward: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(onward.get(group, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += onward.get(one, ())
    return found
