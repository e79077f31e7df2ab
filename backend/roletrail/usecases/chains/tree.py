"""The tree around a session: its path and as much of what hangs below it as may be drawn, in tree order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from roletrail.lineage.layout import positions
from roletrail.lineage.model import event_id_of
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.listing import labels_for
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.chains.paths import Known
from roletrail.usecases.chains.present import iso, path_node
from roletrail.usecases.chains.views import PathNode, TreeRow

MAX_DRAWN = 400
MAX_SOURCES = 3
MOST_DRAWN = 2_000
"""Rows that may be asked for at once; beyond that the table of the whole lineage is the better view."""
MOST_LOOKED_AT = 5_000
"""Descendants among which the riskiest are looked for."""
ANCHOR_TRIES = 3
"""How many nodes from the root down are tried as the top of a tree that can be shown whole."""


def tree_of(
    graph: GraphStore, known: Known, path: Sequence[NodeRow], origins: Origins, most: int = MAX_DRAWN
) -> tuple[list[TreeRow], list[NodeRow], int]:
    """Rows in tree order, the rows of the store behind them, and how many direct children are not drawn."""
    ids = _drawn_ids(graph, known, path, most)
    known.fetch(ids)
    rows = {id_: row for id_ in ids if (row := known.rows.get(id_))}
    labels = labels_for(known, list(rows.values()))
    order = tree_order(path[0].node.id, rows)
    top = origins.unknown_parent(path[0])
    truncated = max(0, len(path) - most) + sum(rows[id_].children for id_, *_ in order) - (len(order) - 1)
    drawn = [rows[id_] for id_, *_ in order]
    sources = _asked_from_first(graph, path, graph.addresses_of([row.node.id for row in drawn]))
    on_path = {row.node.id for row in path}
    tree = [_unknown_row(top)] if top else []
    shift = len(tree)
    for id_, level, position, siblings in order:
        tree.append(_row(rows[id_], labels, sources, level + shift, position, siblings, id_ in on_path, top.id if top else ""))
    return placed(tree), drawn, max(0, truncated)


def _asked_from_first(
    graph: GraphStore, path: Sequence[NodeRow], sources: Mapping[str, list[tuple[str, int]]]
) -> dict[str, list[tuple[str, int]]]:
    """Where each step of this path was asked for goes first: a busy key's usual address is not this chain's story."""
    proofs = {
        above.node.id: event_id_of(row.edges[0].evidence[0])
        for above, row in pairwise(path)
        if row.edges and row.edges[0].evidence
    }
    issuances = graph.issuances_for(list(proofs.values()))
    asked = {id_: issuances[event].address for id_, event in proofs.items() if event in issuances}
    return {id_: sorted(found, key=lambda use: use[0] != asked.get(id_)) for id_, found in sources.items()}


def _drawn_ids(graph: GraphStore, known: Known, path: Sequence[NodeRow], most: int) -> list[str]:
    """The path, then the descendants of the highest node whose whole subtree can be drawn; else the riskiest of the session's."""
    ids = [row.node.id for row in path][-most:]
    candidates = [*ids[: min(ANCHOR_TRIES, len(ids) - 1)], ids[-1]]
    for id_ in candidates:
        below, more = graph.descendants(id_, most)
        if not more:
            return list(dict.fromkeys([*ids, *below]))[:most]
    return _riskiest(graph, known, ids, most)


def _riskiest(graph: GraphStore, known: Known, ids: list[str], most: int) -> list[str]:
    """Deepest role sessions first, then those with refused calls, each with the way down to it."""
    below, _ = graph.descendants(ids[-1], MOST_LOOKED_AT)
    known.fetch(below)
    rows = [known.rows[id_] for id_ in below if id_ in known.rows]
    rows.sort(key=lambda row: (-row.standing.sessions, -row.errors, -row.uses, row.node.id))
    kept = dict.fromkeys(ids)
    for row in rows:
        way: list[str] = []
        id_ = row.node.id
        while id_ not in kept and id_ in known.rows:
            way.append(id_)
            id_ = known.rows[id_].standing.parent
        if len(kept) + len(way) > most:
            break
        kept |= dict.fromkeys(way)
    return list(kept)


def tree_order(root: str, rows: Mapping[str, NodeRow]) -> list[tuple[str, int, int, int]]:
    """(id, level, position, siblings) in pre-order; children by (issued, id). Iterative: chains can be 2,000 deep."""
    children: dict[str, list[str]] = {}
    for id_, row in rows.items():
        children.setdefault(row.standing.parent, []).append(id_)
    for found in children.values():
        found.sort(key=lambda id_: (rows[id_].node.issued_at or rows[id_].first_seen, id_))
    top = root if root in rows else next(iter(rows))
    order: list[tuple[str, int, int, int]] = []
    waiting = [(top, 1, 1, 1)]
    while waiting:
        id_, level, position, siblings = waiting.pop()
        order.append((id_, level, position, siblings))
        below = children.get(id_, [])
        waiting.extend((child, level + 1, n, len(below)) for n, child in reversed(list(enumerate(below, 1))))
    return order


def _row(
    row: NodeRow,
    labels: Mapping[str, str],
    sources: Mapping[str, list[tuple[str, int]]],
    level: int,
    position: int,
    siblings: int,
    on_path: bool,
    above: str,
) -> TreeRow:
    addresses = sources.get(row.node.id, [])
    return TreeRow(
        node=path_node(row, labels),
        parent_id=row.standing.parent or above,
        level=level,
        position=position,
        siblings=siblings,
        uses=row.uses,
        errors=row.errors,
        first_seen=iso(row.first_seen),
        last_seen=iso(row.last_seen),
        sources=[address for address, _ in addresses[:MAX_SOURCES]],
        more_sources=max(0, len(addresses) - MAX_SOURCES),
        on_path=on_path,
        children=row.children,
        x=0.0,
        y=0.0,
    )


def _unknown_row(node: PathNode) -> TreeRow:
    return TreeRow(
        node=node,
        parent_id="",
        level=1,
        position=1,
        siblings=1,
        uses=0,
        errors=0,
        first_seen="",
        last_seen="",
        sources=[],
        more_sources=0,
        on_path=True,
        children=1,
        x=0.0,
        y=0.0,
    )


def placed(tree: list[TreeRow]) -> list[TreeRow]:
    """The rows with the places where the canvas draws them."""
    places = positions([row.level for row in tree])
    return [replace(row, x=x, y=y) for row, (x, y) in zip(tree, places, strict=True)]
