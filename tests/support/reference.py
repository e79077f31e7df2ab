"""What a store must answer, worked out the plain way: everything in lists, every question a loop over all of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from roletrail.lineage.model import (
    Action,
    Activity,
    Attempt,
    Caller,
    CredentialUse,
    Edge,
    Issuance,
    Linked,
    Node,
    Part,
    SignIn,
    Standing,
)
from roletrail.lineage.tone import tone
from roletrail.stores.merge import fold_activities, fold_callers, fold_uses
from roletrail.stores.port import ChainQuery, ChainRow, CoverageRow, NodeRow, PathStep, RegionCoverage, RolePair, search_texts

NO_USE = (0, 0, 0, 0)


class Place(NamedTuple):
    node: Node
    standing: Standing
    edges: tuple[Edge, ...]
    aliases: tuple[str, ...]


class Reference:
    """Parts that went in (each event once), what linking put, and the answers."""

    def __init__(self, parts: Iterable[Part], linked: Iterable[Linked], standings: dict[str, Standing]) -> None:
        self.parts = list(parts)
        self.callers: dict[str, Caller] = fold_callers(caller for part in self.parts for caller in part.callers)
        self.uses: dict[tuple[str, str], CredentialUse] = fold_uses(use for part in self.parts for use in part.credentials)
        self.activities: list[Activity] = sorted(fold_activities(a for part in self.parts for a in part.activities).values())
        self.issuances: list[Issuance] = [row for part in self.parts for row in part.issuances]
        self.actions: list[Action] = sorted(
            (row for part in self.parts for row in part.actions), key=lambda row: (row.at, row.event_id)
        )
        self.sign_ins: list[SignIn] = sorted(
            (row for part in self.parts for row in part.sign_ins), key=lambda row: (row.at, row.event_id)
        )
        self.attempts: list[Attempt] = sorted(
            (row for part in self.parts for row in part.attempts), key=lambda row: (row.at, row.event_id)
        )
        self.places: dict[str, Place] = {}
        for one in linked:
            for origin in one.origins:
                self.places[origin.id] = Place(origin, standings[origin.id], (), ())
        for one in linked:
            self.places[one.node.id] = Place(one.node, standings[one.node.id], one.edges, one.aliases)

    # --- nodes ---

    def use(self, id_: str) -> tuple[int, int, int, int]:
        caller = self.callers.get(id_)
        return (caller.first_at, caller.last_at, caller[19], caller.errors) if caller else NO_USE

    def path(self, id_: str) -> list[str]:
        """From the root down to this one."""
        found = [id_]
        while self.places[found[-1]].standing.parent:
            found.append(self.places[found[-1]].standing.parent)
        return found[::-1]

    def steps(self, id_: str) -> list[PathStep]:
        """The path, with what folding needs of it. A node came out of a pivot when its last one is itself."""
        nodes = [(other, self.places[other]) for other in self.path(id_)]
        return [PathStep(other, place.standing.last_pivot == other, place.node.counts) for other, place in nodes]

    def is_leaf(self, id_: str) -> bool:
        """A counting session below which, in its segment, no other counts."""
        mine = self.places[id_]
        if not mine.node.counts:
            return False
        for other in self.places:
            path = self.path(other)
            below = path[path.index(id_) + 1 :] if id_ in path else []
            if any(self.places[b].node.counts and self.places[b].standing.segment == mine.standing.segment for b in below):
                return False
        return True

    def row(self, id_: str) -> NodeRow:
        place = self.places[id_]
        children = sum(other.standing.parent == id_ for other in self.places.values())
        return NodeRow(place.node, place.standing, place.edges, *self.use(id_), children, self.is_leaf(id_))

    def last_seen(self, id_: str) -> int:
        return max(self.use(id_)[1], self.places[id_].node.issued_at)

    def newest(self, ids: Iterable[str]) -> list[str]:
        return sorted({id_ for id_ in ids if id_ in self.places}, key=lambda id_: (-self.last_seen(id_), id_))

    def resolve_alias(self, id_: str) -> str:
        if id_ in self.places:
            return id_
        return min((other for other, place in self.places.items() if id_ in place.aliases), default="")

    def descendants(self, id_: str) -> list[str]:
        level, found = [id_], []
        while level:
            level = [other for other, place in self.places.items() if place.standing.parent in level]
            level.sort(key=lambda other: (self.places[other].standing.started, other))
            found += level
        return found

    def role_pairs(self) -> list[RolePair]:
        found: defaultdict[tuple[str, str, str, str], list[str]] = defaultdict(list)
        for id_, place in self.places.items():
            above = self.places.get(place.standing.parent)
            if above is None or not place.node.counts or place.standing.last_pivot == id_:
                continue
            found[above.node.role_arn, above.node.account, place.node.role_arn, place.node.account].append(id_)
        rows: list[RolePair] = []
        for pair, members in found.items():
            begun = [first for id_ in members if (first := self._chain(id_).first_seen)]
            rows.append(RolePair(*pair, len(members), min(begun, default=0), max(self.last_seen(id_) for id_ in members)))
        return sorted(rows, key=lambda row: (-row.sessions, row[:4]))

    # --- chains ---

    def chains(self, query: ChainQuery) -> list[ChainRow]:
        """All pages at once."""
        rows = [self._chain(id_) for id_ in self.places if self.is_leaf(id_) and self._admits(query, id_)]
        return sorted(rows, key=lambda row: (-self._sort_value(query.sort, row), row.id))

    def _chain(self, id_: str) -> ChainRow:
        standing = self.places[id_].standing
        first, _, uses, errors = self.use(id_)
        return ChainRow(
            id_, standing, standing.started or first or self.places[id_].node.issued_at, self.last_seen(id_), uses, errors
        )

    def _admits(self, query: ChainQuery, id_: str) -> bool:
        row = self._chain(id_)
        path = self.path(id_)
        return (
            row.standing.sessions >= query.min_sessions
            and row.standing.reach >= query.min_reach
            and (not query.tone or tone(row.standing.sessions) == query.tone)
            and (not query.account or any(self.places[other].node.account == query.account for other in path))
            and (
                not query.q or any(query.q in text for other in (id_, path[0]) for text in search_texts(self.places[other].node))
            )
            and row.last_seen >= query.from_
            and (not query.to or row.first_seen < query.to)
        )

    @staticmethod
    def _sort_value(sort: str, row: ChainRow) -> float:
        return getattr(row, sort) if sort.endswith("_seen") else getattr(row.standing, sort)

    # --- observations ---

    def activities_of(self, id_: str) -> list[Activity]:
        return [activity for activity in self.activities if activity.identity == id_]

    def addresses_of(self, id_: str) -> list[tuple[str, int]]:
        counts: Counter[str] = Counter()
        for activity in self.activities_of(id_):
            counts[activity.address] += activity[11]
        for issuance in self.issuances:
            counts[issuance.address] += issuance.parent == id_
        for row in (*self.actions, *self.attempts):
            counts[row.address] += row.identity == id_
        return sorted(((address, count) for address, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0]))

    def address_uses(self, address: str) -> list[Activity]:
        return sorted((a for a in self.activities if a.address == address), key=lambda a: (-a.last_at, a))

    def users_of(self, address: str) -> set[str]:
        sign_ins = [row for part in self.parts for row in part.sign_ins]
        rows = [*self.activities, *self.actions, *self.attempts, *sign_ins]
        return {row.identity for row in rows if row.address == address} | {
            i.parent for i in self.issuances if i.address == address
        }

    def of_event(self, event_id: str) -> set[str]:
        sign_ins = [row for part in self.parts for row in part.sign_ins]
        made = {row.identity for row in (*self.actions, *self.attempts, *sign_ins) if row.event_id == event_id}
        issued = {self.resolve_alias(id_) for i in self.issuances if i.event_id == event_id for id_ in (i.child, i.parent)}
        return made | issued

    def coverage(self) -> list[CoverageRow]:
        cells: defaultdict[tuple[str, str, int], list] = defaultdict(list)
        for part in self.parts:
            for cell in part.cells:
                cells[cell[:3]].append(cell)
        rows = []
        for place, some in sorted(cells.items()):
            counts: Counter[str] = Counter()
            for cell in some:
                counts.update(cell.counts)
            rows.append(CoverageRow(*place, dict(counts), min(c.first_at for c in some), max(c.last_at for c in some)))
        return rows

    def coverage_near(self, account: str, at: int) -> list[RegionCoverage]:
        regions: defaultdict[str, list[CoverageRow]] = defaultdict(list)
        for row in self.coverage():
            if row.account == account:
                regions[row.region].append(row)
        found: list[RegionCoverage] = []
        for region, rows in sorted(regions.items()):
            near: Counter[str] = Counter()
            for row in rows:
                near.update(row.counts if at - 86_400 <= row.hour <= at + 86_400 else {})
            found.append(RegionCoverage(region, min(row.first_at for row in rows), max(row.last_at for row in rows), dict(near)))
        return found

    def issued_near(self, account: str, at: int) -> bool:
        return any(
            place.node.account == account
            and place.node.counts
            and place.standing.parent
            and abs(self.last_seen(id_) - at) <= 3600
            for id_, place in self.places.items()
        )
