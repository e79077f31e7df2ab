"""Our own reading in lists: left out and counted, because it is most of what a quiet account does; shown when asked for.

Told when read, from the role the settings name (`detect.own`). Nobody hides there: a session that did more than read is shown, and
so is every one that was obtained by something that was found.
"""

from __future__ import annotations

from collections.abc import Collection

from roletrail.detect.own import SESSION_NAME, is_own_by_name
from roletrail.stores.judging import FindingQuery
from roletrail.stores.port import GraphStore, NodeRow

EVERY_CALL = 1_000_000
OWN_HELP = "Also sessions in which Roletrail itself read from AWS; they are counted, not listed, without it."


class OwnReading:
    """Which identities are our own sessions. Remembers what it asked, for lists that go on page by page."""

    def __init__(self, graph: GraphStore, own_role: str) -> None:
        """`own_role` "" tells none apart."""
        self._graph = graph
        self._own_role = own_role
        self._found: dict[str, bool] = {}

    def among(self, ids: Collection[str]) -> frozenset[str]:
        if not self._own_role or not ids:
            return frozenset()
        rows = self._graph.rows(ids)
        named = self._named([row for row in rows.values() if row.node.name == row.node.source_identity == SESSION_NAME])
        busy = {one.identity for one in self._graph.actions_of(named, EVERY_CALL)} if named else set[str]()
        busy |= {one.identity for one in self._graph.attempts_of(named, EVERY_CALL)} if named else set()
        paths = self._graph.paths([id_ for id_ in named if id_ not in busy])
        return frozenset(id_ for id_, path in paths.items() if not any(self._is_found(step.id) for step in path[:-1]))

    def _named(self, rows: Collection[NodeRow]) -> list[str]:
        parents = self._graph.rows({row.standing.parent for row in rows} - {""}) if rows else {}
        nodes = {id_: row.node for id_, row in parents.items()}
        return [row.node.id for row in rows if is_own_by_name(row.node, nodes.get(row.standing.parent), self._own_role)]

    def _is_found(self, id_: str) -> bool:
        """Whether any rule found something on it."""
        if id_ not in self._found:
            self._found[id_] = bool(self._graph.findings(FindingQuery(identity=id_, limit=1))[0])
        return self._found[id_]
