"""Nodes as pages want them: rows, aliases, paths, what lies below, totals."""

from __future__ import annotations

from collections.abc import Collection

from roletrail.lineage.model import Alias
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import counters
from roletrail.stores.neo4j.linking import seen_of
from roletrail.stores.neo4j.recent import OBSERVED
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import NodeRow, PathStep, RolePair, Totals

_Q = statements("reads")
_L = statements("linking")

AT_ONCE = 4
"""A level of at most so many nodes is asked for together with the fifty below it: juggling makes hundreds of such levels."""
MOST_AT_ONCE = 2_000


def rows(cypher: Cypher, ids: Collection[str]) -> dict[str, NodeRow]:
    found = cypher.rows_of(_Q["rows"], sorted(set(ids)))
    edges: dict[str, list[shapes.Edge]] = {row[0]: [] for row in found}
    for id_, kind, parent, row in cypher.rows_of(_L["edges_into"], sorted(edges)) if edges else ():
        edges[id_].append(shapes.edge_of(kind, parent, id_, row))
    return {
        id_: NodeRow(
            shapes.NODE.row(row), shapes.STANDING.row(row), tuple(edges[id_]), row.get("firstAt", 0), row.get("lastAt", 0),
            row.get("count", 0), row.get("errors", 0), children, row.get("band", 0) > 0,
        )
        for id_, row, children in found
    }  # fmt: skip


def resolve_alias(cypher: Cypher, id_: str) -> str:
    return cypher.value(_Q["resolve"], id=id_) or ""


def aliases_of(cypher: Cypher, id_: str) -> list[str]:
    return [alias for (alias,) in cypher.rows(_Q["aliases_of"], id=id_)]


def same_as(cypher: Cypher, id_: str, limit: int) -> list[Alias]:
    return [shapes.alias_of(alias, id_, grade) for alias, grade in cypher.rows(_Q["same_as"], id=id_, limit=limit)]


def paths(cypher: Cypher, ids: Collection[str]) -> dict[str, list[PathStep]]:
    return {id_: [PathStep(*step) for step in steps] for id_, steps in cypher.rows_of(_Q["paths"], sorted(set(ids)))}


def descendants(cypher: Cypher, id_: str, limit: int) -> tuple[list[str], bool]:
    """Level by level, each level by (started, id)."""
    level = [id_]
    found: list[str] = []
    while level and len(found) <= limit:
        if len(level) <= AT_ONCE:
            below = cypher.rows(_Q["levels"], rows=level, limit=MOST_AT_ONCE)
            if len(below) < MOST_AT_ONCE:
                found += [row[2] for row in below]
                deepest = below[-1][0] if below else 0
                level = [row[2] for row in below if row[0] == deepest] if deepest == 50 else []
                continue
        level = [row[1] for row in cypher.rows(_Q["level"], rows=level, limit=limit + 1 - len(found))]
        found += level
    return found[:limit], len(found) > limit


def totals(cypher: Cypher) -> Totals:
    of = counters(cypher).get
    pending = cypher.value(_Q["waiting"]) or 0
    for kind in OBSERVED:
        if of(f"{kind}s", 0) > of(f"linked_{kind}", 0):
            pending += cypher.value(_Q[f"waiting_{kind}s"], mark=of(f"linked_{kind}", 0))
    return Totals(
        events=of("events", 0),
        objects=cypher.value(_Q["objects"]),
        identities=of("identities", 0),
        sessions=of("sessions", 0),
        chains_2=of("chains2", 0),
        chains_3=of("chains3", 0),
        quarantined=cypher.value(_Q["quarantined"]),
        doubles=of("doubles", 0),
        first_at=of("firstAt", 0),
        last_at=of("lastAt", 0),
        pending=pending,
    )


def lost(cypher: Cypher, limit: int) -> tuple[list[str], int]:
    found = [id_ for (id_,) in cypher.rows(_Q["lost"], limit=limit)]
    return found, cypher.value(_Q["lost_total"])


def role_pairs(cypher: Cypher, limit: int) -> tuple[list[RolePair], bool]:
    """One pass over the joins that paths follow: the estate's map has no filter that an index could serve."""
    found = [RolePair(*row) for row in cypher.rows(_Q["role_pairs"], limit=limit + 1)]
    return found[:limit], len(found) > limit


seen = seen_of
