"""The whole lineage around a session as plain rows: what the chain page draws a part of. Small, because it may be long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.lineage.tone import tone
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import chosen_edge, iso
from roletrail.usecases.chains.proof import grade
from roletrail.usecases.chains.sessions import canonical_id
from roletrail.usecases.chains.tree import tree_order

MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class LineageRow:
    """`end` is the place after the last row below this one: a subtree is the rows from its own place to there."""

    id: str
    parent: int  # place of the parent's row, -1 at the top
    end: int
    level: int
    kind: str
    ordinal: int
    tone: str
    label: str
    name: str
    account: str
    issued_at: str
    expires_at: str
    uses: int
    errors: int
    join: str  # grade of the join to the parent, "" at the top


@dataclass(frozen=True, slots=True)
class LineageView:
    """Rows in tree order from the root of the session's path. `more`: the lineage goes on beyond the most rows."""

    id: str
    root: str
    more: bool
    rows: list[LineageRow]


def show_lineage(graph: GraphStore, actor: Actor, id_: str) -> LineageView:
    require(actor, "sessions.read", id_)
    id_ = canonical_id(graph, actor, id_)
    path = [step.id for step in graph.paths([id_])[id_]]
    below, more = graph.descendants(path[0], MOST_ROWS - len(path))
    rows = graph.rows(list(dict.fromkeys([*path, *below])))
    order = tree_order(path[0], rows)
    levels = [level for _, level, *_ in order]
    places = {one: place for place, (one, *_) in enumerate(order)}
    ends = _ends(levels)
    found = [_row(rows[one], places, ends[place], levels[place]) for place, (one, *_) in enumerate(order)]
    return LineageView(id_, path[0], more, found)


def _ends(levels: Sequence[int]) -> list[int]:
    """For each row the first place after it that is not below it."""
    ends = [len(levels)] * len(levels)
    open_: list[int] = []
    for place, level in enumerate(levels):
        while open_ and levels[open_[-1]] >= level:
            ends[open_.pop()] = place
        open_.append(place)
    return ends


def _row(row: NodeRow, places: dict[str, int], end: int, level: int) -> LineageRow:
    node = row.node
    ordinal = row.standing.sessions if node.counts else 0
    edge = chosen_edge(row)
    return LineageRow(
        id=node.id,
        parent=places.get(row.standing.parent, -1),
        end=end,
        level=level,
        kind=node.kind,
        ordinal=ordinal,
        tone=tone(ordinal),
        label=node.label,
        name=node.name if node.type == "AssumedRole" else "",
        account=node.account,
        issued_at=iso(node.issued_at),
        expires_at=iso(node.expires),
        uses=row.uses,
        errors=row.errors,
        join=grade(edge.confidence) if edge else "",
    )
