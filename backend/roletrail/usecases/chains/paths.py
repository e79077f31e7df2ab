"""Paths from a session up to its root, folded for lists.

A list asks for all its chains at once: the ids of every path, then the rows of every node that is drawn. Nothing here
recurses, and no look-up is made per chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from roletrail.lineage.chain import MAX_DRAWN, fold
from roletrail.stores.port import GraphStore, NodeRow, PathStep


class Gap(NamedTuple):
    """A folded stretch of a path: how many nodes, of which how many are role sessions."""

    nodes: int
    sessions: int


class Known:
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


Path = list[NodeRow | Gap]


def listed_paths(graph: GraphStore, leaves: Sequence[str], *, full: bool) -> tuple[dict[str, Path], Known]:
    """Path of each leaf, root first. Folded unless `full` or short enough to be shown whole."""
    steps = graph.paths(leaves)
    known = Known(graph)
    drawn = {leaf: _entries(path, full=full) for leaf, path in steps.items()}
    known.fetch(entry for path in drawn.values() for entry in path if isinstance(entry, str))
    return {
        leaf: [entry if isinstance(entry, Gap) else known.rows[entry] for entry in path] for leaf, path in drawn.items()
    }, known


def _entries(path: Sequence[PathStep], *, full: bool) -> list[str | Gap]:
    """Ids of the nodes to draw with gaps between. One place is left for an unknown parent above the root."""
    if full:
        return [step.id for step in path]
    shown = fold([step.pivot for step in path], MAX_DRAWN - 1)
    return [path[entry].id if isinstance(entry, int) else _gap([path[n] for n in entry]) for entry in shown]


def _gap(steps: Sequence[PathStep]) -> Gap:
    return Gap(len(steps), sum(step.counts for step in steps))
