"""ASSUMED_ROLE between principals: how often, first and last. Keyed by ARN, so that it joins Cartography's graph of the estate.

A derived relationship beside the sessions' own edges, kept by what each linking transaction changed of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from roletrail.lineage.model import Edge
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements

_Q = statements("projection")
_OBTAINED = frozenset({"ASSUMED", "FEDERATED", "SWITCHED", "DELIVERED"})

Pair = tuple[str, str]


def settle(cypher: Cypher, lost: Collection[Edge], new: Collection[Edge]) -> None:
    """Count what came; where something went, count the pair anew."""
    counted = [e for e in (*lost, *new) if e.kind in _OBTAINED]
    if not counted:
        return
    ends = sorted({(e.parent, e.child) for e in counted})
    rows = cypher.rows_of(_Q["principals"], [{"parent": parent, "child": child} for parent, child in ends])
    pairs: dict[Pair, Pair] = {(parent, child): (principal, role) for parent, child, principal, role in rows}
    again = {pairs[e.parent, e.child] for e in lost if e.kind in _OBTAINED and (e.parent, e.child) in pairs}
    sums: dict[Pair, list[int]] = {}
    for e in new:
        pair = pairs.get((e.parent, e.child)) if e.kind in _OBTAINED else None
        if pair is not None and pair not in again:
            sums.setdefault(pair, []).append(e.at)
    cypher.write(_Q["count_up"], [_row(pair, ats) for pair, ats in sorted(sums.items())])
    cypher.write(_Q["count_again"], [{"principal": principal, "role": role} for principal, role in sorted(again)])


def _row(pair: Pair, ats: list[int]) -> dict[str, Any]:
    return {"principal": pair[0], "role": pair[1], "count": len(ats), "first": min(ats), "last": max(ats)}
