"""AssumeRole by a user or a role, in one account or across two: kind ASSUMED.

When only the role owner's copy is there, the parent is a stranger of the caller's account (rule J10); sessions of that
principal in these logs that were alive then are the candidates for who the stranger is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from roletrail.lineage.link import origins, switch
from roletrail.lineage.link.case import Case, Found, edge_of, from_identity
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.match import SEVERAL, Match
from roletrail.lineage.model import Edge, Issuance, Node

SINGLE_CANDIDATE = 0.70
SAME_PLACE = "used from the same address with the same agent"
AROUND_CALL = 43200
"""Seconds before and after a stranger's call in which a candidate's own activity is looked at."""
_ROLE_SESSION_LIFE = 43200
UsedFrom = Callable[[Collection[str], int, int], Mapping[str, Collection[tuple[str, str]]]]
"""Addresses and user-agent families of identities' activity between two times."""


def edges(case: Case, m: Match) -> list[Found]:
    if m.grant.foreign:
        return from_stranger(case, m, "ASSUMED", note=_note(m))
    return from_identity(case, m, switch.kind(case, m), note=_note(m))


def _note(m: Match) -> str:
    external_id = m.grant.told.external_id
    return f"external id {external_id}" if external_id else ""


def from_stranger(case: Case, m: Match, kind: str, *, note: str) -> list[Found]:
    """The caller's own copy is not loaded: the edge starts at whom the other account's copy names (J10)."""
    stranger = origins.of_stranger(m.grant.told)
    rule = "J10" if m.rule == "J1" else m.rule
    edge = edge_of(case, m._replace(rule=rule), kind, stranger.id, note=note)
    return [] if edge is None else [Found(edge, stranger)]


def candidates(case: Case, m: Match, nodes: Iterable[Node], used: UsedFrom) -> list[Edge]:
    """Edges from sessions and keys of the stranger's principal that were alive when it called.

    Of several, the only one that was also used from the call's address with its user agent; the others stay possible.
    """
    i = m.grant.told
    kind = "RAN_ROOT_TASK" if i.family == "root_task" else "ASSUMED"
    alive = [n for n in nodes if n.id != case.id and n.partition == i.partition and _alive(n, i.at)]
    sure = _preferred(alive, i, used)
    found: list[Edge] = []
    for node in alive:
        rule, confidence = ("J10", SINGLE_CANDIDATE) if node is sure else ("J2m", SEVERAL)
        note = _note(m) if node is not sure or len(alive) == 1 else "; ".join(filter(None, (_note(m), SAME_PLACE)))
        edge = edge_of(case, m._replace(rule=rule, confidence=min(confidence, m.confidence)), kind, node.id, note=note)
        if edge is not None:
            found.append(edge)
    return found


def _preferred(alive: list[Node], i: Issuance, used: UsedFrom) -> Node | None:
    if len(alive) <= 1:
        return alive[0] if alive else None
    places = used([n.id for n in alive], i.at - AROUND_CALL, i.at + AROUND_CALL + 1)
    there = [n for n in alive if (i.address, i.agent) in places.get(n.id, ())]
    return there[0] if len(there) == 1 else None


def _alive(node: Node, at: int) -> bool:
    if node.kind == "key":
        return True
    if node.type in {"IAMUser", "Root"} and detail_of(node.detail).get("forward_access"):
        return False  # forward access of a long-term key, which is a candidate itself
    ends = node.expires or node.issued_at + _ROLE_SESSION_LIFE
    return node.kind == "session" and 0 < node.issued_at <= at + SLACK and at <= ends + SLACK
