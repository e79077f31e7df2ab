"""What linking reads and writes inside its transaction: every look-up is one statement, however many ids it is about.

Standings are kept back and settled at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any, NamedTuple, cast

from roletrail.lineage.model import Activity, Alias, CredentialUse, Edge, Linked, Node, Providers, Seen, Standing
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.derived import Changes, settle
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.nodes import Nodes
from roletrail.stores.neo4j.observed import activities_of
from roletrail.stores.neo4j.recent import Recent
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import Pending

_Q = statements("linking")
_C = statements("commit")
_SHAPES: dict[str, shapes.Shape[Any]] = {"issuance": shapes.ISSUANCE, "sign_in": shapes.SIGN_IN, "action": shapes.ACTION}
_KIND = {"i": "issuance", "s": "sign_in", "a": "action"}
_at = attrgetter("at")


class _Token(NamedTuple):
    callers: tuple[str, ...]
    marks: dict[str, int]  # kind -> number of the last row handed out


class Neo4jLinkWriter:
    """LinkWriter over an open write transaction."""

    def __init__(self, cypher: Cypher, lease: Lease, recent: Recent) -> None:
        self._cypher = cypher
        self._lease = lease
        self._recent = recent
        self._changes = Changes()
        self._nodes = Nodes(cypher, self._changes)
        self._refs: dict[int, set[str]] = {}

    # --- what is new ---

    def pending(self, limit: int) -> Pending:
        """What was issued together with the sessions it made and those who asked, then other callers: rounds are small here,
        and what is linked in one round with its issuance is linked and placed once, mostly plainly."""
        marks: dict[str, int] = {}
        left = (limit + 1) // 2
        found: dict[str, tuple[Any, ...]] = {}
        for kind in _SHAPES:
            numbers = self._new(kind, left)
            left -= len(numbers)
            if numbers:
                marks[kind] = numbers[-1]
            rows = self._observed(kind, numbers)
            found[kind] = tuple(rows[number] for number in numbers)
        told = {id_ for issuance in found["issuance"] for id_ in (issuance.child, issuance.parent)}
        callers = self._pending_callers(told, limit - sum(map(len, found.values())))
        pending = Pending(callers, found["issuance"], found["sign_in"], found["action"], _Token(callers, marks))
        if pending.empty:
            self._recent.forget()
        return pending

    def _pending_callers(self, first: set[str], limit: int) -> tuple[str, ...]:
        """Those among `first`, then any."""
        among = [id_ for (id_,) in self._cypher.rows_of(_Q["pending_among"], sorted(first - {""}))][:limit]
        others = [id_ for (id_,) in self._cypher.rows(_Q["pending"], limit=limit)] if len(among) < limit else []
        return tuple(dict.fromkeys([*among, *others]))[:limit]

    def _new(self, kind: str, limit: int) -> list[int]:
        mark = self._lease.counter(f"linked_{kind}")
        if limit <= 0 or self._lease.counter(f"{kind}s") <= mark:
            return []
        return [number for (number,) in self._cypher.rows(_Q[f"new_{kind}s"], mark=mark, limit=limit)]

    def advance(self, pending: Pending) -> None:
        token = cast("_Token", pending.token)
        self._cypher.write(_Q["linked"], token.callers)
        for kind, mark in token.marks.items():
            self._lease.set(f"linked_{kind}", mark)

    # --- neighbourhood ---

    def seen(self, ids: Collection[str]) -> dict[str, Seen]:
        kept = self._recent.seen
        found = {id_: kept[id_] for id_ in ids if id_ in kept}
        missing = sorted(set(ids).difference(found))
        if missing:
            found.update(seen_of(self._cypher, missing))
        return found

    def callers_at(self, anchors: Collection[int]) -> set[str]:
        return {ref[1:] for ref in self._refs_at(anchors) if ref[0] == "c"}

    def counts_at(self, anchors: Collection[int]) -> dict[int, int]:
        self._refs_at(anchors)
        return {a: len(self._refs[a]) for a in anchors}

    def providers_at(self, anchors: Collection[int]) -> Providers:
        wanted: dict[str, set[int]] = {kind: set() for kind in _SHAPES}
        for ref in self._refs_at(anchors):
            if ref[0] != "c":
                wanted[_KIND[ref[0]]].add(int(ref[1:]))
        return Providers._make(self._in_time(self._observed(kind, wanted[kind]).values()) for kind in _SHAPES)

    def _refs_at(self, anchors: Iterable[int]) -> list[str]:
        """Observations under these anchors. Linking adds none, and asks for callers and providers under the same ones."""
        known, asked = self._refs, set(anchors)
        missing = sorted(asked.difference(known))
        known.update((a, set()) for a in missing)
        for a, ref in self._cypher.rows_of(_Q["refs"], missing):
            known[a].add(ref)
        return [ref for a in asked for ref in known[a]]

    def _observed(self, kind: str, numbers: Collection[int]) -> dict[int, Any]:
        found = self._recent.kept(kind, numbers)
        missing = sorted(set(numbers).difference(found))
        shape = _SHAPES[kind]
        found.update((number, shape.row(row)) for number, row in self._cypher.rows_of(_Q[f"{kind}s"], missing))
        return found

    @staticmethod
    def _in_time(rows: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(sorted(sorted(rows), key=_at))  # event_id comes first

    # --- what linking makes ---

    def put_linked(self, linked: Collection[Linked]) -> None:
        turned = [one for one in linked if one.alias_of]
        linked = [one for one in linked if not one.alias_of]
        self._nodes.put_origins({origin.id: origin for one in linked for origin in sorted(one.origins)})
        self._nodes.put({one.node.id: one for one in linked})
        self._nodes.put_aliases(linked)
        self._nodes.turn_to_aliases([one.same_as for one in turned if one.same_as is not None])

    def aliases(self, ids: Collection[str]) -> dict[str, Alias]:
        found: dict[str, Alias] = {}
        for row in self._cypher.rows_of(_Q["aliases"], sorted(ids)):
            found.setdefault(row[0], shapes.alias_of(*row))
        return found

    def named(self, principal_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for principal, id_ in self._cypher.rows_of(_Q["named"], sorted(set(principal_ids) - {""})):
            found.setdefault(principal, []).append(id_)
        return {principal: tuple(ids) for principal, ids in found.items()}

    def nodes(self, ids: Collection[str]) -> dict[str, Node]:
        return self._nodes.stored(ids)

    def edges_into(self, ids: Collection[str]) -> dict[str, tuple[Edge, ...]]:
        return self._nodes.edges_into(ids)

    def children(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for parent, child in self._cypher.rows_of(_Q["children"], sorted(set(ids))):
            found.setdefault(parent, []).append(child)
        return {parent: tuple(sorted(below)) for parent, below in found.items()}

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        return activities_of(self._cypher, ids, from_, to)

    def standings(self, ids: Collection[str]) -> dict[str, Standing]:
        kept = {id_: self._changes.standings[id_] for id_ in ids if id_ in self._changes.standings}
        missing = sorted(set(ids).difference(kept, self._changes.removed))
        found = {id_: shapes.STANDING.row(row) for id_, row in self._cypher.rows_of(_Q["standings"], missing)}
        return {**found, **kept}

    def put_standings(self, standings: dict[str, Standing]) -> None:
        self._changes.standings.update(standings)

    def finish(self) -> None:
        """At the end of the transaction: cached columns of everything that changed."""
        settle(self._cypher, self._lease, self._changes)


def seen_of(cypher: Cypher, ids: Collection[str]) -> dict[str, Seen]:
    """Callers with their credentials, by key id."""
    callers = {row[0]: shapes.caller_of(*row) for row in cypher.rows_of(_C["callers"], ids)}
    uses: dict[str, list[CredentialUse]] = {}
    for id_, key, found in cypher.rows_of(_C["uses"], sorted(callers)) if callers else ():
        uses.setdefault(id_, []).append(shapes.use_of(id_, key, found))
    return {
        id_: Seen(caller, tuple(sorted(uses.get(id_, ()), key=lambda use: use.access_key_id))) for id_, caller in callers.items()
    }
