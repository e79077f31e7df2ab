"""Paths from a session up to its root, fetched set by set, level by level, and folded for lists.

A list asks for all its chains at once: one look-up a level, not one a chain. Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from roletrail.stores.port import GraphStore, NodeRow

MAX_LISTED = 12
"""Nodes of a path in a list: root, pivots, the last five, and folds between (ADR 0002)."""
TAIL = 5
MAX_PIVOTS = 2
"""Pivots kept in a folded list path; with the unknown parent, the root, three folds and the tail this makes twelve."""


class Gap(NamedTuple):
    """A folded stretch of a path: how many nodes, of which how many are role sessions."""

    count: int
    sessions: int


class Ancestry:
    """Rows fetched so far, by id. An id the store does not know stays absent."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph
        self._asked: set[str] = {""}
        self.rows: dict[str, NodeRow] = {}

    def fetch(self, ids: Iterable[str]) -> None:
        missing = {id_ for id_ in ids if id_ not in self._asked}
        if missing:
            self._asked |= missing
            self.rows.update(self._graph.rows(missing))

    def climb(self, leaves: Collection[str], levels: int | None) -> None:
        """Fetch the leaves and their primary parents, `levels` up or (None) to the roots."""
        frontier = set(leaves)
        self.fetch(frontier)
        while frontier and (levels is None or levels > 0):
            frontier = {
                row.standing.parent for id_ in frontier if (row := self.rows.get(id_)) and row.standing.parent not in self._asked
            }
            self.fetch(frontier)
            levels = None if levels is None else levels - 1

    def fetch_far_ends(self, leaves: Collection[str]) -> None:
        """Fetch the roots and the nearest pivots of paths that are too long to climb."""
        self.fetch(self.rows[leaf].standing.root for leaf in leaves)
        pivots = {self.rows[leaf].standing.last_pivot for leaf in leaves}
        for _ in range(MAX_PIVOTS):
            self.fetch(pivots)
            above = {row.standing.parent for id_ in pivots if (row := self.rows.get(id_))}
            self.fetch(above)
            pivots = {row.standing.last_pivot for id_ in above if (row := self.rows.get(id_))}

    def upward(self, leaf: str) -> list[NodeRow]:
        """The contiguous rows from `leaf` upward, as far as they were fetched; leaf first."""
        found: list[NodeRow] = []
        seen: set[str] = set()
        id_ = leaf
        while id_ not in seen and (row := self.rows.get(id_)) is not None:
            seen.add(id_)
            found.append(row)
            id_ = row.standing.parent
        return found


def listed_paths(graph: GraphStore, leaves: Sequence[str], *, full: bool) -> tuple[dict[str, list[NodeRow | Gap]], Ancestry]:
    """Path of each leaf, root first. Folded unless `full` or short enough to be shown whole."""
    ancestry = Ancestry(graph)
    # The unknown parent above a root is drawn too, so twelve drawn nodes may be eleven rows.
    ancestry.climb(leaves, None if full else MAX_LISTED - 2)
    known = [leaf for leaf in leaves if leaf in ancestry.rows]
    long = [leaf for leaf in known if not full and ancestry.upward(leaf)[-1].standing.parent]
    ancestry.fetch_far_ends(long)
    folded = set(long)
    return {
        leaf: _folded(ancestry, leaf) if leaf in folded else list(reversed(ancestry.upward(leaf))) for leaf in known
    }, ancestry


def _folded(ancestry: Ancestry, leaf: str) -> list[NodeRow | Gap]:
    tail = ancestry.upward(leaf)[:TAIL]
    kept = list(reversed(tail))
    for row in _pivots_above(ancestry, tail[-1]):
        kept.insert(0, row)
    root = ancestry.rows.get(tail[-1].standing.root)
    if root is not None and root.node.id != kept[0].node.id:
        kept.insert(0, root)
    return _with_gaps(kept)


def _pivots_above(ancestry: Ancestry, lowest: NodeRow) -> list[NodeRow]:
    """The nearest pivots above the tail, nearest first."""
    found: list[NodeRow] = []
    above = ancestry.rows.get(lowest.standing.parent)
    while above is not None and len(found) < MAX_PIVOTS:
        pivot = ancestry.rows.get(above.standing.last_pivot)
        if pivot is None or not above.standing.last_pivot:
            break
        found.append(pivot)
        above = ancestry.rows.get(pivot.standing.parent)
    return found


def _with_gaps(kept: list[NodeRow]) -> list[NodeRow | Gap]:
    path: list[NodeRow | Gap] = [kept[0]]
    for upper, lower in pairwise(kept):
        if lower.standing.parent != upper.node.id:
            path.append(gap_between(upper, lower))
        path.append(lower)
    return path


def gap_between(upper: NodeRow, lower: NodeRow) -> Gap:
    """What lies between two nodes of one path, told from their cached columns alone."""
    nodes = (lower.standing.depth + lower.standing.pivots) - (upper.standing.depth + upper.standing.pivots) - 1
    if lower.standing.segment == upper.standing.segment:
        sessions = lower.standing.sessions - upper.standing.sessions - int(lower.node.counts)
    else:
        sessions = lower.standing.reach - upper.standing.reach - int(lower.node.counts)
    return Gap(max(nodes, sessions, 1), max(sessions, 0))
