"""From edges to paths: the primary parent, ordinals and counts, folding, juggling. Iterative: paths may be thousands long.

A path follows one edge upward at each identity. Who issued the credential decides; where that is an origin outside our
credentials (a workload, a provider, a password), a pivot takes the path on to who made it (ADR 0002).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from roletrail.lineage.model import Edge, Node, Standing

CREDENTIAL_PIVOTS = frozenset({"access_key", "login_profile"})
"""Pivots that hand the path on with its ordinals; every other pivot begins a new segment."""
LEAST_PIVOT = 0.5
LEAST_REACH = 0.85
SLACK = 2
NO_STANDING = Standing("", "", 0, 0, 0, 0, 1, 0, 1.0, 0, "")
IMPOSSIBLE = "each of these sessions would have issued the other"


class Above(NamedTuple):
    """A possible parent: what choosing and counting need of it."""

    node: Node
    standing: Standing
    back: bool = False  # it began no earlier than the child: such joins alone can close a circle


def possible(edge: Edge, node: Node, parent: Node) -> bool:
    """False for a join that time forbids: a parent that began later, or had expired."""
    if edge.conflict == IMPOSSIBLE:
        return False
    if parent.expires and edge.at > parent.expires + SLACK:
        return False
    later = parent.issued_at > (node.issued_at or edge.at) + SLACK
    # A command reaches a session that is already there: its time is the command's.
    return edge.pivot == "command" or not later


def primary(node: Node, edges: Sequence[Edge], above: Mapping[str, Above]) -> Edge | None:
    """The edge the path follows; None at a root."""
    usable = [e for e in edges if (up := above.get(e.parent)) is not None and possible(e, node, up.node)]
    if not usable:
        return None
    if len(usable) == 1 and not usable[0].pivot:
        return usable[0]
    issued = [e for e in usable if not e.pivot]
    best = _best(issued, above)
    if best is not None and above[best.parent].node.kind != "origin":
        return best
    if best is not None and best.rule == "J10":
        # The stranger is certain, who it is in these logs is less so: the path follows the lead.
        best = _best([e for e in issued if above[e.parent].node.kind != "origin"], above) or best
        if above[best.parent].node.kind != "origin":
            return best
    return _best([e for e in usable if e.pivot and e.confidence >= LEAST_PIVOT], above) or best


def _best(edges: Sequence[Edge], above: Mapping[str, Above]) -> Edge | None:
    """Highest confidence, then larger ordinal, then key.

    A parent that began no earlier than the child lends no ordinal: in a circle it would owe it to that child.
    """
    if len(edges) <= 1:
        return edges[0] if edges else None
    return min(edges, key=lambda e: (-e.confidence, *_ordinal(above[e.parent]), e.parent, e.parent_key, e.child_key, e.kind))


def _ordinal(up: Above) -> tuple[bool, int]:
    return (True, 0) if up.back else (False, -up.standing.sessions)


def issuing_edge(edges: Sequence[Edge], chosen: Edge) -> Edge | None:
    """The edge that issued the credential, where the path follows a pivot beside it; None where there is none."""
    return next((e for e in edges if not e.pivot and e.kind != "ATTEMPTED"), None) if chosen.pivot else None


def alternatives(edges: Sequence[Edge], chosen: Edge) -> list[Edge]:
    """Other possible parents. Another key from the same parent is none, and an edge that a pivot or lead completes is none."""
    beside = issuing_edge(edges, chosen)
    named = {chosen.parent, beside.parent if beside else ""}
    return [
        e
        for e in edges
        if e.parent not in named and not (chosen.rule in {"J10", "J2m"} and e.rule == "J10" and e.confidence == 1.0)
    ]


def standing(
    parent: Standing | None, node: Node, edge: Edge | None, parent_node: Node | None = None, beside: Edge | None = None
) -> Standing:
    """Where a node stands below its primary parent. `beside` is the edge that issued it, when `edge` is a pivot."""
    mine = 1 if node.counts else 0
    if parent is None or edge is None:
        return Standing(node.id, "", mine, 0, 0, 0, 1, mine, 1.0, node.issued_at, "")
    new_segment = bool(edge.pivot) and edge.pivot not in CREDENTIAL_PIVOTS
    over = NO_STANDING if new_segment else parent
    hop = mine and not edge.pivot and parent_node is not None and parent_node.counts
    far = edge.pivot and edge.confidence < LEAST_REACH
    # By position, as every session passes here: eleven keywords take twice as long.
    return Standing(
        parent.root,
        edge.parent,
        over.sessions + mine,
        over.hops + (1 if hop else 0),
        over.depth + _issues(node, edge),
        parent.pivots + (1 if edge.pivot else 0),
        parent.segment + (1 if new_segment else 0),
        (0 if far else parent.reach) + mine,
        min(parent.confidence, edge.confidence, beside.confidence if beside else 1.0),
        parent.started or node.issued_at,
        node.id if edge.pivot else parent.last_pivot,
    )


def _issues(node: Node, edge: Edge) -> int:
    """1 when a credential was issued on the way: not for a key's making, not for a link that carries a session on."""
    if edge.pivot:
        return 0 if node.kind == "key" else 1
    return 0 if edge.kind == "SIGNED_IN" and edge.parent_key else 1


def path(leaf: str, parent_of: Callable[[str], str]) -> list[str]:
    """Ids from the root to a leaf."""
    found: list[str] = []
    passed: set[str] = set()
    id_ = leaf
    while id_ and id_ not in passed:
        passed.add(id_)
        found.append(id_)
        id_ = parent_of(id_)
    found.reverse()
    return found


class Juggling(NamedTuple):
    """A maximal stretch of a path that alternates between two roles."""

    roles: tuple[str, str]
    sessions: int
    first: int
    last: int
    widest_gap: int  # seconds between neighbouring sessions

    @property
    def summary(self) -> str:
        gap = "no gap over 1 h" if self.widest_gap <= 3600 else f"widest gap {self.widest_gap // 60} min"
        return f"{self.roles[0]}<->{self.roles[1]} x {self.sessions}, {gap}"


LEAST_JUGGLING = 4


def juggling(nodes: Sequence[Node]) -> list[Juggling]:
    """Stretches of four sessions and more of a path, root first, in which two roles take turns."""
    found: list[Juggling] = []
    roles = [n.role_arn if n.counts else "" for n in nodes]
    start = 0
    while start < len(roles):
        end = start + 1
        while end < len(roles) and roles[end] and roles[start] and _takes_turn(roles, start, end):
            end += 1
        if end - start >= LEAST_JUGGLING:
            found.append(_summed(nodes[start:end]))
            start = end - 1
        start = max(start + 1, end - 1)
    return found


def _takes_turn(roles: Sequence[str], start: int, end: int) -> bool:
    return roles[end] != roles[end - 1] if end == start + 1 else roles[end] == roles[end - 2]


def _summed(nodes: Sequence[Node]) -> Juggling:
    times = [n.issued_at for n in nodes]
    gap = max(b - a for a, b in pairwise(times))
    return Juggling((nodes[0].role_name, nodes[1].role_name), len(nodes), times[0], times[-1], gap)


MAX_DRAWN = 12
TAIL = 5


def fold(pivots: Sequence[bool], most: int = MAX_DRAWN) -> list[int | range]:
    """Which nodes of a path a list shows: root, pivots, the last five; stretches between as ranges. At most 12 entries."""
    size = len(pivots)
    if size <= most:
        return list(range(size))
    tail = size - TAIL
    kept = [0, *[n for n in range(1, tail) if pivots[n]][-2:], *range(tail, size)]
    shown: list[int | range] = []
    last = -1
    for n in kept:
        if n > last + 1:
            shown.append(range(last + 1, n))
        shown.append(n)
        last = n
    return shown
