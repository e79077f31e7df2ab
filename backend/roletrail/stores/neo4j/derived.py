"""Cached columns beside standings: what lists sort and filter by. Written once, at the end of a linking transaction.

Three columns are inherited from the primary parent and can change although the node's own standing did not:
`above` (nearest counting session above in the segment), `crossing` (accounts on the path) and, through `above`,
`band` (is this the last session of its chain). A change walks down only as far as it makes a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from roletrail.lineage.model import Edge, Node, Standing
from roletrail.stores.lookups import MAX_BAND, default_standing
from roletrail.stores.neo4j import projection
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.orders import SORTS, orders
from roletrail.stores.neo4j.statements import statements

_Q = statements("linking")

MAX_DEPTH = 100_000
"""Longest path a change walks down. Paths have no cycles; this only bounds the harm if one had."""

CACHED = ("firstSeen", "lastSeen", "above", "crossing", "band", *SORTS.values())
"""Columns this module keeps beside a node's own properties and its standing's."""


class Place(NamedTuple):
    """Where a node stands, with its cached columns."""

    id: str
    standing: Standing
    counts: bool
    account: str
    first_seen: int
    last_seen: int
    above: str
    crossing: str  # accounts of the path, ascending, parted by spaces
    band: int


@dataclass(slots=True)
class Changes:
    """What one linking transaction has put."""

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    standings: dict[str, Standing] = field(default_factory=dict[str, Standing])
    removed: set[str] = field(default_factory=set[str])
    before: dict[str, Place] = field(default_factory=dict[str, Place])  # places of what was written or removed, as they were
    left: set[str] = field(default_factory=set[str])  # removed at some time, though they may be back
    lost_edges: set[Edge] = field(default_factory=set[Edge])
    new_edges: set[Edge] = field(default_factory=set[Edge])

    def note_edges(self, old: tuple[Edge, ...], new: tuple[Edge, ...]) -> None:
        gone, come = set(old) - set(new), set(new) - set(old)
        self.lost_edges |= gone - self.new_edges
        self.new_edges -= gone
        self.new_edges |= come - self.lost_edges
        self.lost_edges -= come

    def remember(self, places: dict[str, Place]) -> None:
        """Before they are written: what a node says and where it stands lie on one node of the database."""
        for id_, place in places.items():
            self.before.setdefault(id_, place)

    def leave(self, ids: Collection[str]) -> None:
        self.left.update(ids)
        for id_ in ids:
            self.nodes.pop(id_, None)
            self.standings.pop(id_, None)
        self.removed.update(ids)


def places_of(cypher: Cypher, ids: Iterable[str]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for row in cypher.rows_of(_Q["places"], sorted(set(ids))):
        standing = Standing._make((row[1], row[2] or "", *row[3:11], row[11] or ""))
        found[row[0]] = Place._make((row[0], standing, *row[12:16], row[16] or "", row[17] or "", row[18]))
    return found


def settle(cypher: Cypher, lease: Lease, changes: Changes) -> None:
    changes.removed -= changes.nodes.keys()
    if changes.nodes or changes.standings or changes.removed:
        _Settling(cypher, lease, changes).run()
    projection.settle(cypher, changes.lost_edges, changes.new_edges)


class _Settling:
    def __init__(self, cypher: Cypher, lease: Lease, changes: Changes) -> None:
        self._cypher = cypher
        self._lease = lease
        self._changes = changes
        self._old: dict[str, Place] = {}
        self._places: dict[str, Place] = {}
        self._parents: dict[str, Place] = {}
        self._told: dict[str, tuple[object, ...]] = {}  # what children know or will be told
        self._sums: dict[tuple[str, str], str] = {}
        self._gone: list[Place] = []

    def run(self) -> None:
        dirty = self._changes.nodes.keys() | self._changes.standings.keys()
        before, left = self._changes.before, self._changes.left
        self._old.update((id_, place) for id_, place in before.items() if id_ not in left)
        self._gone = [place for id_, place in before.items() if id_ in left]
        self._load(dirty)
        self._compose(dirty)
        changed = self._inherit(set(self._places))
        for _ in range(MAX_DEPTH):
            if not changed:
                break
            below = self._children(changed)
            self._load(below)
            self._places.update((id_, self._old[id_]) for id_ in below if id_ not in self._places and id_ in self._old)
            changed = self._inherit(below & self._places.keys())
        self._set_bands()
        self._write()

    # --- own columns ---

    def _load(self, ids: Iterable[str]) -> None:
        missing = [id_ for id_ in ids if id_ not in self._old]
        if missing:
            self._old.update(places_of(self._cypher, missing))

    def _compose(self, dirty: Collection[str]) -> None:
        nodes = self._changes.nodes
        lost = [id_ for id_ in dirty if id_ not in nodes and (id_ not in self._old or not self._changes.standings[id_].started)]
        nodes.update((id_, shapes.NODE.row(row)) for id_, row in self._cypher.rows_of(_Q["nodes"], lost))
        seen = {id_: (first, last) for id_, first, last in self._cypher.rows_of(_Q["seen_times"], sorted(nodes))}
        for id_ in dirty:
            node, old, standing = nodes.get(id_), self._old.get(id_), self._changes.standings.get(id_)
            if node is not None:
                self._places[id_] = _of_node(node, standing or (old.standing if old else default_standing(node)), seen.get(id_))
            elif old is not None and standing is not None:
                self._places[id_] = old._replace(standing=standing, first_seen=standing.started)

    # --- inherited columns ---

    def _inherit(self, ids: set[str]) -> set[str]:
        """Sets above and crossing, parents first; ids whose children must look again."""
        outside = {self._places[id_].standing.parent for id_ in ids} - self._places.keys() - self._parents.keys() - {""}
        if outside:
            self._parents.update(places_of(self._cypher, outside))
        changed: set[str] = set()
        waiting = set(ids)
        for id_ in ids:
            for one in self._down_to(id_, waiting):
                waiting.discard(one)
                if self._inherit_one(one):
                    changed.add(one)
        return changed

    def _down_to(self, id_: str, waiting: set[str]) -> list[str]:
        """The waiting stretch of the path that ends here, topmost first."""
        stretch: dict[str, None] = {}
        while id_ in waiting and id_ not in stretch:
            stretch[id_] = None
            id_ = self._places[id_].standing.parent
        return list(reversed(stretch))

    def _inherit_one(self, id_: str) -> bool:
        place = self._places[id_]
        up = place.standing.parent
        parent = (self._places.get(up) or self._parents.get(up)) if up else None
        above = ""
        if parent is not None and parent.standing.segment == place.standing.segment:
            above = parent.id if parent.counts else parent.above
        crossing = self._with(parent.crossing if parent else "", place.account)
        new = self._places[id_] = place._replace(above=above, crossing=crossing)
        told, self._told[id_] = self._told.get(id_), _handed_down(new)
        if told is None:
            told = _handed_down(self._old[id_]) if id_ in self._old else None
        return told != self._told[id_]

    def _with(self, crossing: str, account: str) -> str:
        """This set of accounts with one more."""
        found = self._sums.get((crossing, account))
        if found is None:
            found = self._sums[crossing, account] = " ".join(sorted({*crossing.split(), *account.split()}))
        return found

    def _children(self, ids: set[str]) -> set[str]:
        found = self._cypher.rows_of(_Q["primary_children"], sorted(ids))
        return {id_ for (id_,) in found} - self._changes.removed

    # --- the chain list ---

    def _set_bands(self) -> None:
        """Last sessions of chains among all whose place, or whose children's place, changed."""
        old_above = {self._old[id_].above for id_ in self._places if id_ in self._old}
        old_above |= {one.above for one in self._gone}
        concerned = (
            (self._places.keys() | old_above | {one.above for one in self._places.values()}) - {""} - self._changes.removed
        )
        continued = {one.above for one in self._places.values() if one.counts}
        skip = self._places.keys() | self._changes.removed
        found = self._cypher.rows_of(_Q["continued"], sorted(concerned - continued))
        continued.update(above for above, id_ in found if id_ not in skip)
        self._load(concerned - self._places.keys())
        for id_ in concerned:
            place = self._places.get(id_) or self._old.get(id_)
            if place is not None:
                band = min(place.standing.sessions, MAX_BAND) if place.counts and id_ not in continued else 0
                self._places[id_] = place if place.band == band else place._replace(band=band)

    # --- writing ---

    def _write(self) -> None:
        new = [one for id_, one in sorted(self._places.items()) if id_ not in self._old]
        changed = [one for id_, one in sorted(self._places.items()) if id_ in self._old and self._old[id_] != one]
        gone = self._gone
        rows = [{"id": one.id, "properties": _columns(one)} for one in (*new, *changed)]
        self._cypher.write(_Q["put_places"], rows, turn=self._lease.turn)
        before = {one.id: self._old[one.id] for one in changed}
        both = [*new, *changed]
        self._label("list_chains", "unlist_chains", before, both, lambda one: one.band > 0)
        self._label("lose", "find", before, both, _is_lost)
        parted = [one for one in changed if before[one.id].standing.parent != one.standing.parent]
        self._cypher.write(_Q["part_ways"], [one.id for one in parted])
        led = [{"id": one.id, "parent": one.standing.parent} for one in (*new, *parted) if one.standing.parent]
        self._cypher.write(_Q["lead"], led)
        crossings = sorted({one.crossing for one in both if one.band and one.crossing})
        sets = [{"crossing": crossing, "accounts": crossing.split()} for crossing in crossings]
        self._cypher.write(_Q["put_crossings"], sets)
        self._count(new, changed, [*gone, *before.values()], len(gone))

    def _label(self, put: str, drop: str, before: dict[str, Place], both: list[Place], holds: Callable[[Place], bool]) -> None:
        had = {id_ for id_, one in before.items() if holds(one)}
        has = {one.id for one in both if holds(one)}
        self._cypher.write(_Q[put], sorted(has - had))
        self._cypher.write(_Q[drop], sorted(had - has))

    def _count(self, new: list[Place], changed: list[Place], before: list[Place], gone: int) -> None:
        """Totals a start page asks for."""
        after = [*new, *changed]
        amounts = {
            "identities": len(new) - gone,
            "sessions": sum(one.counts for one in after) - sum(one.counts for one in before),
        }
        for band in (2, 3):
            amounts[f"chains{band}"] = sum(one.band >= band for one in after) - sum(one.band >= band for one in before)
        self._lease.add(amounts)
        self._lease.at_least("longestChain", max((one.last_seen - one.first_seen for one in after), default=0))


def _of_node(node: Node, standing: Standing, seen: tuple[int, int] | None) -> Place:
    first, last = seen or (0, 0)
    first_seen = standing.started or first or node.issued_at
    return Place(node.id, standing, node.counts, node.account, first_seen, max(last, node.issued_at), "", "", 0)


def _is_lost(one: Place) -> bool:
    """Sessions are what has no parent and began at a known time, or counts: keys and origins do neither."""
    return not one.standing.parent and (one.standing.started > 0 or one.counts)


def _handed_down(place: Place) -> tuple[object, ...]:
    """What children's inherited columns depend on."""
    return place.above, place.crossing, place.counts, place.standing.segment


def _columns(one: Place) -> dict[str, Any]:
    s = one.standing
    found: dict[str, Any] = dict(zip(shapes.STANDING.names, s, strict=True))
    found |= {"parent": s.parent or None, "lastPivot": s.last_pivot or None}
    found |= {
        "firstSeen": one.first_seen, "lastSeen": one.last_seen, "above": one.above or None, "crossing": one.crossing or None,
        "band": one.band,
    }  # fmt: skip
    values = {
        "last_seen": one.last_seen, "first_seen": one.first_seen, "sessions": s.sessions, "reach": s.reach, "confidence": s.confidence,
    }  # fmt: skip
    return found | orders(one.band, one.id, values)
