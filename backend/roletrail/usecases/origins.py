"""Unknown parents: a node with a reason, computed when read and never stored (ADR 0008)."""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.lineage import ids
from roletrail.lineage.tone import CONTEXT
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.views import PathNode


class Origins:
    """Names the missing parents of one answer."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph

    def unknown_parent(self, row: NodeRow) -> PathNode | None:
        """The node above a session whose parent is not in these logs; None for natural roots."""
        if row.node.kind != "session" or row.standing.parent:
            return None
        return PathNode(
            kind="unknown",
            id=ids.unknown_parent_id(row.node.id),
            type="unknown",
            label="unknown origin",
            tone=CONTEXT,
            reason="No record in these logs says who obtained this session.",
        )

    def limits(self, path: Sequence[NodeRow]) -> list[str]:
        """Sentences: what these logs cannot show about a path."""
        sentences = []
        if (unknown := self.unknown_parent(path[0])) is not None:
            sentences.append(unknown.reason)
        return sentences
