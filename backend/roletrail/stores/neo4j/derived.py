"""The cached columns of `stores.columns` as properties: which nodes they change on, and what is written of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from roletrail.lineage.model import Edge, Node, Standing
from roletrail.stores.columns import band, growth, seen_between, stretch, walk_down
from roletrail.stores.lookups import default_standing
from roletrail.stores.neo4j import projection
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.orders import SORTS, orders
from roletrail.stores.neo4j.statements import statements

_Q = statements("linking")

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
    ends: dict[str, projection.End] = field(
        default_factory=dict[str, projection.End]
    )  # of what was written or removed, as it was counted until now

    def note_edges(self, old: tuple[Edge, ...], new: tuple[Edge, ...]) -> None:
        gone, come = set(old) - set(new), set(new) - set(old)
        self.lost_edges |= gone - self.new_edges
        self.new_edges -= gone
        self.new_edges |= come - self.lost_edges
        self.lost_edges -= come

    def counted_as(self, nodes: dict[str, Node], unknown: Iterable[str]) -> None:
        """Before they are written, too."""
        for id_, node in nodes.items():
            self.ends.setdefault(id_, projection.end_of(node))
        for id_ in unknown:
            self.ends.setdefault(id_, projection.NOBODY)

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
    projection.settle(cypher, changes.nodes, changes.ends, changes.lost_edges, changes.new_edges)


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
        walk_down(set(self._places), self._inherit, self._below)
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
        outside = {self._places[id_].standing.parent for id_ in ids}.difference(self._places, self._parents, ("",))
        if outside:
            self._parents.update(places_of(self._cypher, outside))
        changed: set[str] = set()
        waiting = set(ids)
        for id_ in ids:
            for one in stretch(id_, waiting, self._parent_of):
                waiting.discard(one)
                if self._inherit_one(one):
                    changed.add(one)
        return changed

    def _parent_of(self, id_: str) -> str:
        return self._places[id_].standing.parent

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

    def _below(self, ids: set[str]) -> set[str]:
        found = self._cypher.rows_of(_Q["primary_children"], sorted(ids))
        children = {id_ for (id_,) in found} - self._changes.removed
        self._load(children)
        self._places.update((id_, self._old[id_]) for id_ in children if id_ not in self._places and id_ in self._old)
        return children & self._places.keys()

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
        self._load(concerned.difference(self._places))
        for id_ in concerned:
            place = self._places.get(id_) or self._old.get(id_)
            if place is not None:
                found_band = band(place.standing.sessions, place.counts, continued=id_ in continued)
                self._places[id_] = place if place.band == found_band else place._replace(band=found_band)

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
        grown = growth(new, changed, before, gone)
        self._lease.add({name: getattr(grown, name) for name in ("identities", "sessions", "chains2", "chains3")})
        self._lease.at_least("longestChain", grown.longest)


def _of_node(node: Node, standing: Standing, seen: tuple[int, int] | None) -> Place:
    return Place(
        node.id, standing, node.counts, node.account, *seen_between(standing.started, node.issued_at, seen or (0, 0)), "", "", 0
    )


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
