"""The graph in canonical order: what equality of two graphs means. Where it came from is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from roletrail.stores.neo4j import ledger
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.derived import places_of
from roletrail.stores.neo4j.linking import seen_of
from roletrail.stores.neo4j.observed import actions_of, activities_of, attempts_of, resources_of
from roletrail.stores.neo4j.statements import statements

_Q = statements("reads")
_L = statements("linking")
STEP = 1000
EVERY = 1 << 60

Said = tuple[str, object]


def export(cypher: Cypher) -> Iterator[Said]:
    """Identities by id, each with all that is known of it; then coverage."""
    after = ""
    while True:
        page = [id_ for (id_,) in cypher.rows(_Q["subjects"], after=after, limit=STEP)]
        found: defaultdict[str, list[Said]] = defaultdict(list)
        _linked(cypher, page, found)
        _observed(cypher, page, found)
        for id_ in page:
            yield from found[id_]
        if len(page) < STEP:
            break
        after = page[-1]
    yield from (("coverage", row) for row in ledger.coverage(cypher))


def _linked(cypher: Cypher, ids: list[str], found: defaultdict[str, list[Said]]) -> None:
    for id_, row in cypher.rows_of(_L["nodes"], ids):
        found[id_].append(("node", shapes.NODE.row(row)))
    for id_, kind, parent, row in cypher.rows_of(_L["edges_into"], ids):
        if found[id_]:  # edges lead to nodes
            found[id_].append(("edge", shapes.edge_of(kind, parent, id_, row)))
    for id_, place in places_of(cypher, ids).items():
        found[id_].append(("standing", (id_, place.standing, place.band, place.first_seen, place.last_seen)))
    for row in cypher.rows_of(_Q["all_aliases"], ids):
        found[row[0]].append(("alias", shapes.alias_of(*row)))


def _observed(cypher: Cypher, ids: list[str], found: defaultdict[str, list[Said]]) -> None:
    for id_, seen in seen_of(cypher, ids).items():
        found[id_].append(("caller", seen.caller))
        found[id_] += [("credential", use) for use in seen.credentials]
    for activity in activities_of(cypher, ids, 0, EVERY):
        found[activity.identity].append(("activity", activity))
    for what, ask in _ONE_BY_ONE:
        for row in ask(cypher, ids, EVERY):
            found[row.identity].append((what, row))


def _oldest(newest: Callable[[Cypher, list[str], int], list[Any]]) -> Callable[[Cypher, list[str], int], list[Any]]:
    return lambda cypher, ids, limit: newest(cypher, ids, limit)[::-1]


_ONE_BY_ONE: tuple[tuple[str, Callable[[Cypher, list[str], int], list[Any]]], ...] = (
    ("action", _oldest(actions_of)),
    ("attempt", _oldest(attempts_of)),
    ("resource", resources_of),
)
