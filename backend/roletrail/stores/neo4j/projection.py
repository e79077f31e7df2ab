"""ASSUMED_ROLE between principals: how often, first and last. Keyed by ARN, so that it joins Cartography's graph of the estate.

A derived relationship beside the sessions' own edges, kept by what each linking transaction changed of them: counting a pair
anew passes over all sessions of a role, and is done only for the ends of its time that went away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from roletrail.lineage.model import Edge, Node
from roletrail.stores.lookups import node_arn
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements

_Q = statements("projection")
_OBTAINED = frozenset({"ASSUMED", "FEDERATED", "SWITCHED", "DELIVERED"})


class End(NamedTuple):
    """What an identity is at the ends of its edges."""

    principal: str  # role or user it acts as; "" when no record says
    role: str


class Count(NamedTuple):
    """One edge as it is counted."""

    principal: str
    role: str
    at: int


NOBODY = End("", "")


def end_of(node: Node) -> End:
    return End(node.role_arn or node_arn(node), node.role_arn)


def led_already(cypher: Cypher, ids: Collection[str]) -> list[str]:
    """Those among new identities that edges come from: these counted for nobody."""
    return [id_ for (id_,) in cypher.rows_of(_Q["led_already"], sorted(ids))]


def settle(
    cypher: Cypher, nodes: Mapping[str, Node], before: Mapping[str, End], lost: Collection[Edge], new: Collection[Edge]
) -> None:
    """Counts what came and takes off what went. `before`: as which ends the edges of written nodes were counted until now."""
    gone, come = ([e for e in edges if e.kind in _OBTAINED] for edges in (lost, new))
    now = _ends(cypher, nodes, before)
    kept = _kept(cypher, sorted(id_ for id_, end in before.items() if end != now.get(id_, NOBODY)), come)
    now.update(_ends(cypher, nodes, {id_ for e in (*gone, *come, *kept) for id_ in (e.parent, e.child)} - now.keys()))
    was = {**now, **before}
    less = Counter(_counts(was, [*gone, *kept]))
    more = Counter(_counts(now, [*come, *kept]))
    cypher.write(_Q["count_up"], [_row(pair, ats) for pair, ats in _by_pair(more - less)])
    taken = [_row(pair, ats) for pair, ats in _by_pair(less - more)]
    left = cypher.rows_of(_Q["count_down"], taken) if taken else []
    cypher.write(_Q["drop_counts"], [{"principal": p, "role": r} for p, r, count, _ in left if count <= 0])
    cypher.write(_Q["measure"], [{"principal": p, "role": r} for p, r, count, at_an_end in left if count > 0 and at_an_end])


def _ends(cypher: Cypher, nodes: Mapping[str, Node], ids: Iterable[str]) -> dict[str, End]:
    """As what linking leaves them; nothing of those that are no identities."""
    wanted = set(ids)
    found = {id_: end_of(node) for id_, node in nodes.items() if id_ in wanted}
    stored = cypher.pairs_of(_Q["ends"], sorted(wanted - found.keys()))
    for id_, row in stored.items():
        found[id_] = end_of(shapes.NODE.row({name: value for name, value in row.items() if value is not None}))
    return found


def _kept(cypher: Cypher, renamed: list[str], come: list[Edge]) -> list[Edge]:
    """Edges that stayed while one of their ends came to be another principal or role."""
    if not renamed:
        return []
    keys = {(e.kind, shapes.edge_key(e)) for e in come}
    around = cypher.rows_of(_Q["edges_around"], renamed)
    found = {shapes.edge_of(kind, parent, child, row) for kind, parent, child, row in around}
    return [e for e in found if (e.kind, shapes.edge_key(e)) not in keys]


def _counts(ends: Mapping[str, End], edges: Iterable[Edge]) -> list[Count]:
    pairs = ((ends.get(e.parent, NOBODY).principal, ends.get(e.child, NOBODY).role, e.at) for e in edges)
    return [Count(*pair) for pair in pairs if pair[0] and pair[1]]


def _by_pair(counts: Counter[Count]) -> list[tuple[tuple[str, str], list[int]]]:
    found: dict[tuple[str, str], list[int]] = {}
    for count in sorted(counts.elements()):
        found.setdefault((count.principal, count.role), []).append(count.at)
    return list(found.items())


def _row(pair: tuple[str, str], ats: list[int]) -> dict[str, Any]:
    return {"principal": pair[0], "role": pair[1], "count": len(ats), "first": ats[0], "last": ats[-1]}
