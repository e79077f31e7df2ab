"""The rows of a chain page as the server's own picture: the same places, shapes and colours as the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.lineage.layout import COLUMN, positions
from roletrail.render import lineage
from roletrail.usecases.chains.fold import fold_siblings
from roletrail.usecases.chains.views import ChainView, PathNode, SessionView, TreeRow

MOST_LEVELS, MOST_ROWS = 14, 60
"""A picture deeper or taller than this is of the folded path alone."""
UNCERTAIN_BELOW = 0.85


def picture(view: SessionView, folded: ChainView) -> str:
    """SVG of the tree around a session, equal siblings folded; of the folded path where the tree is too large to be read."""
    tree = fold_siblings(view.tree)
    if len(tree) <= MOST_ROWS and max((row.level for row in tree), default=0) <= MOST_LEVELS:
        marks = [_of_row(row, tree) for row in tree]
    else:
        marks = _of_path(folded.path)
    root = tree[0] if tree else None
    if root and root.sources and marks[0].id == root.node.id:
        marks = [_address(root.sources[0], marks[0]), marks[0]._replace(parent="address", uncertain=False), *marks[1:]]
    return lineage.draw(marks, view.chain.sentence)


def _of_row(row: TreeRow, tree: Sequence[TreeRow]) -> lineage.Mark:
    above = next((one.node.account for one in tree if one.node.id == row.parent_id), "")
    return _mark(row.node, row.node.id, row.parent_id, above, row.x, row.y)


def _of_path(path: Sequence[PathNode]) -> list[lineage.Mark]:
    places = positions(range(1, len(path) + 1))
    names = [f"{n}" for n in range(len(path))]
    return [
        _mark(node, names[n], names[n - 1] if n else "", path[n - 1].account if n else "", *places[n])
        for n, node in enumerate(path)
    ]


def _mark(node: PathNode, id_: str, parent: str, above: str, x: float, y: float) -> lineage.Mark:
    crossed = bool(node.account and above and node.account != above)
    return lineage.Mark(
        id=id_,
        parent=parent,
        shape="workload" if node.workload and node.kind != "session" else node.kind if node.kind in _SHAPES else "key",
        tone=node.tone,
        digit=node.ordinal,
        lines=tuple(filter(None, _lines(node, crossed))),
        x=x,
        y=y,
        uncertain=node.kind != "folded" and (node.edge is None or node.edge.confidence < UNCERTAIN_BELOW),
    )


_SHAPES = ("session", "unknown", "folded")


def _lines(node: PathNode, crossed: bool) -> list[str]:
    if node.kind == "folded":
        return [node.label or f"+{node.count}", "" if node.label else node.summary]
    label = ("⇄ " if crossed else "") + (node.label or node.kind)
    first, _, second = label.partition(" ") if len(label) > lineage.WORDS and not crossed else (label, "", "")
    clock = node.issued_at[11:19]
    return [first, second, " · ".join(filter(None, (node.role_session_name[:12], clock))), node.account if crossed else ""]


def _address(address: str, root: lineage.Mark) -> lineage.Mark:
    return lineage.Mark("address", "", "address", "context", 0, (address,), root.x - COLUMN, root.y)
