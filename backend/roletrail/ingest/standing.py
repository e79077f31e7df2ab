"""Recomputing where identities stand, from those that changed downward, only as far as anything changes.

Works on what a LinkWriter returns, set by set: parents first by time, whole rounds of children at once, no recursion.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping

from roletrail.lineage import chain
from roletrail.lineage.chain import Above
from roletrail.lineage.model import Edge, Linked, Node, Standing
from roletrail.stores.port import LinkWriter

MOST_VISITS = 64
"""A node settles after one visit, or a few when its parents began in its own second. More means a circle."""


class Standings:
    """Standings of changed identities and of whatever they change below them."""

    def __init__(self, writer: LinkWriter) -> None:
        self._writer = writer
        self._nodes: dict[str, Node] = {}
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self._before: dict[str, Standing] = {}
        self._now: dict[str, Standing] = {}
        self._below: dict[str, set[str]] = {}
        self._making: dict[str, tuple[Edge, ...]] = {}  # how keys were made that are only parents here
        self._again: set[str] = set()

    def recompute(self, linked: Collection[Linked], old: Mapping[str, Node]) -> dict[str, Standing]:
        """Standings that changed. `linked` are the identities just written; `old` what their nodes were before."""
        for one in linked:
            self._know(one.node, one.edges)
            for origin in one.origins:
                self._nodes.setdefault(origin.id, origin)
                self._edges.setdefault(origin.id, ())
        self._load_parents(e.parent for one in linked for e in one.edges)
        self._before.update(self._writer.standings([id_ for id_ in self._edges if id_ not in self._before]))
        dirty = set(self._edges)
        altered = {one.node.id for one in linked if _altered(old.get(one.node.id), one.node)}
        changed: set[str] = set()
        while dirty:
            moved = self._settle(dirty)
            changed |= moved
            dirty = self._load_children((moved | altered) & self._nodes.keys())
            altered = set()
        return {id_: self._now[id_] for id_ in changed if self._now[id_] != self._before.get(id_)}

    def _know(self, node: Node, edges: tuple[Edge, ...]) -> None:
        self._nodes[node.id] = node
        self._edges[node.id] = edges
        for e in edges:
            self._below.setdefault(e.parent, set()).add(node.id)

    def _load_parents(self, ids: Iterable[str]) -> None:
        missing = {id_ for id_ in ids if id_ not in self._nodes}
        nodes = self._writer.nodes(missing)
        self._nodes.update(nodes)
        self._before.update(self._writer.standings(missing))
        keys = [id_ for id_, node in nodes.items() if node.kind == "key"]
        self._making.update(self._writer.edges_into(keys) if keys else {})

    def _load_children(self, ids: Collection[str]) -> set[str]:
        """Identities below these that were not looked at yet."""
        children = self._writer.children(ids)
        wanted = {child for below in children.values() for child in below}.difference(self._now)
        missing = wanted.difference(self._edges)
        if not missing:
            return wanted
        nodes = self._writer.nodes(missing)
        edges = self._writer.edges_into(missing)
        self._before.update(self._writer.standings(missing))
        for id_ in sorted(nodes):
            self._know(nodes[id_], edges.get(id_, ()))
        self._load_parents(e.parent for id_ in nodes for e in edges.get(id_, ()))
        return wanted & self._edges.keys()

    def _settle(self, dirty: set[str]) -> set[str]:
        """Settle these, and those below them that are known, in order of time; the ids whose standing changed."""
        order = sorted([(self._born(id_), id_) for id_ in dirty], reverse=True)
        queue: list[tuple[int, str]] = []  # those that come to it on the way
        waiting = set(dirty)
        visits: dict[str, int] = {}
        moved: set[str] = set()
        while order or queue:
            _, id_ = order.pop() if order and not (queue and queue[0] < order[-1]) else heapq.heappop(queue)
            if id_ not in waiting:
                continue
            waiting.discard(id_)
            visits[id_] = visits.get(id_, 0) + 1
            if visits[id_] > MOST_VISITS:
                continue
            following = set[str]()
            if self._update(id_):
                moved.add(id_)
                following = self._below.get(id_, following)
            if self._again:
                following = following | self._again
                self._again.clear()
            if not following <= waiting:
                for other in following - waiting:
                    waiting.add(other)
                    heapq.heappush(queue, (self._born(other), other))
        return moved

    def _born(self, id_: str) -> int:
        """When a node began: a created key with its making, an origin before everything."""
        node = self._nodes.get(id_)
        if node is None:
            return 0
        return node.issued_at or min((e.at for e in self._edges.get(id_) or self._making.get(id_, ())), default=0)

    def _update(self, id_: str) -> bool:
        node, edges = self._nodes[id_], self._edges[id_]
        found = self._below_one(node, edges) or self._below_best(node, edges)
        old = self._now.get(id_) or self._before.get(id_)
        self._now[id_] = found
        return found != old

    def _below_one(self, node: Node, edges: tuple[Edge, ...]) -> Standing | None:
        """The common cases: a root, and one edge from a parent that began before. None where there is anything to choose."""
        if not edges:
            return chain.standing(None, node, None)
        if len(edges) != 1 or edges[0].pivot:
            return None
        up = self._nodes.get(edges[0].parent)
        if up is None or (self._born(up.id) if up.kind == "key" else up.issued_at) >= node.issued_at:
            return None
        return chain.standing(self._of(up), node, edges[0], up) if chain.possible(edges[0], node, up) else None

    def _below_best(self, node: Node, edges: tuple[Edge, ...]) -> Standing:
        above = {e.parent: self._above(node, up) for e in edges if (up := self._nodes.get(e.parent)) is not None}
        chosen = chain.primary(node, edges, above)
        while chosen is not None and self._closes_circle(node, chosen):
            edges = tuple(e for e in edges if e != chosen)
            chosen = chain.primary(node, edges, above)
        if chosen is None:
            return chain.standing(None, node, None)
        up = above[chosen.parent]
        return chain.standing(up.standing, node, chosen, up.node, chain.issuing_edge(edges, chosen))

    def _above(self, node: Node, up: Node) -> Above:
        return Above(up, self._of(up), up.kind != "origin" and self._born(up.id) >= self._born(node.id))

    # --- circles: only hostile or careless logs have them, and commands to instances further up one's own path ---

    def _closes_circle(self, node: Node, edge: Edge) -> bool:
        """True when the parent stands below the child already, and this edge is the least of those that turn time back.

        Every circle has an edge whose parent began no earlier than its child. The least of them, by confidence, time
        and id, is left out, whichever of them is looked at first; another one's owner is looked at again.
        """
        if self._born(edge.parent) < self._born(node.id):
            return False
        circle = self._upward(edge.parent, node.id)
        if not circle:
            return False
        back = [(edge.confidence, edge.at, node.id, edge.parent)]
        for below in circle:
            up = self._of(self._nodes[below]).parent
            found = max((e for e in self._edges[below] if e.parent == up), key=lambda e: (e.confidence, e.at), default=None)
            if found is None:
                return False  # a standing of before: this one has lost that parent, and waits for its turn
            if self._born(up) >= self._born(below):
                back.append((found.confidence, found.at, below, up))
        least = min(back)
        if least[2] == node.id:
            return True
        self._again.add(least[2])
        return False

    def _upward(self, start: str, end: str) -> list[str]:
        """Ids from `start` up to the child of `end` along primary parents; [] when `end` is not above."""
        passed: dict[str, None] = {}
        id_ = start
        while id_ and id_ != end and id_ not in passed:
            passed[id_] = None
            self._bring(id_)
            id_ = self._of(self._nodes[id_]).parent if id_ in self._nodes else ""
        return list(passed) if id_ == end else []

    def _bring(self, id_: str) -> None:
        """Know one node that was not loaded with its round."""
        if id_ in self._edges:
            return
        nodes = self._writer.nodes([id_])
        if id_ in nodes:
            self._before.update({k: v for k, v in self._writer.standings([id_]).items() if k not in self._before})
            edges = self._writer.edges_into([id_]).get(id_, ())
            self._know(nodes[id_], edges)
            self._load_parents(e.parent for e in edges)

    def _of(self, node: Node) -> Standing:
        return self._now.get(node.id) or self._before.get(node.id) or chain.standing(None, node, None)


def _altered(old: Node | None, new: Node) -> bool:
    """True when something of a node changed that its children's standings depend on."""
    if old is None:
        return False
    return (old.counts, old.expires, old.issued_at, old.kind) != (new.counts, new.expires, new.issued_at, new.kind)
