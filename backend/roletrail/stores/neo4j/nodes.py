"""Identities, the edges between them and their aliases, as linking puts them. Says what changed; knows no standing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from roletrail.lineage.model import Alias, Edge, Linked, Node
from roletrail.stores.lookups import assumed_role_arn, entities_of, node_arn
from roletrail.stores.neo4j import projection
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.derived import CACHED, Changes, places_of
from roletrail.stores.neo4j.observing import meet
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import search_texts

_Q = statements("linking")
_NULLS: dict[str, None] = dict.fromkeys((*shapes.NODE.names, *shapes.STANDING.names, *CACHED, "searchText", "heldByEdges"))


class Nodes:
    """Nodes of one write transaction."""

    def __init__(self, cypher: Cypher, changes: Changes) -> None:
        self._cypher = cypher
        self._changes = changes

    # --- reading ---

    def stored(self, ids: Iterable[str]) -> dict[str, Node]:
        return {id_: shapes.NODE.row(row) for id_, row in self._cypher.rows_of(_Q["nodes"], sorted(set(ids)))}

    def edges_into(self, ids: Iterable[str]) -> dict[str, tuple[Edge, ...]]:
        """Of nodes, best first; a node without any has an empty one."""
        wanted = sorted(set(ids))
        found: dict[str, list[Edge]] = {row[0]: [] for row in self._cypher.rows_of(_Q["is_identity"], wanted)}
        for id_, kind, parent, row in self._cypher.rows_of(_Q["edges_into"], sorted(found)) if found else ():
            found[id_].append(shapes.edge_of(kind, parent, id_, row))
        return {id_: tuple(edges) for id_, edges in found.items()}

    # --- writing ---

    def put(self, linked: dict[str, Linked]) -> None:
        rows = self._cypher.pairs_of(_Q["nodes"], sorted(linked))
        old = {id_: shapes.NODE.row(row) for id_, row in rows.items() if not row.get("heldByEdges")}
        edges = self.edges_into(old) if old else {}
        written = [id_ for id_ in sorted(linked) if old.get(id_) != linked[id_].node]
        moved = [id_ for id_ in sorted(linked) if id_ not in old or edges[id_] != linked[id_].edges]
        self._write({id_: linked[id_].node for id_ in written}, rows, origin=False)
        left = self._put_edges({id_: (edges.get(id_, ()), linked[id_].edges) for id_ in moved})
        changed = {*written, *moved}
        # What was never issued is first seen when first used, and that may be why it is here.
        self._changes.nodes.update((id_, one.node) for id_, one in linked.items() if id_ in changed or not one.node.issued_at)
        self.drop_origins(left)

    def put_origins(self, origins: dict[str, Node]) -> None:
        """Origins that are new. Of two that differ the greater stays, so that no order shows."""
        if not origins:
            return
        rows = self._cypher.pairs_of(_Q["nodes"], sorted(origins))
        mine = {
            id_: node
            for id_, node in origins.items()
            if id_ not in rows or (rows[id_].get("heldByEdges") and shapes.NODE.row(rows[id_]) < node)
        }
        self._write(mine, rows, origin=True)
        self._changes.nodes.update(mine)

    def _write(self, nodes: dict[str, Node], rows: dict[str, dict[str, Any]], *, origin: bool) -> None:
        old = {id_: shapes.NODE.row(rows[id_]) for id_ in nodes if id_ in rows}
        if old:
            self._changes.remember(places_of(self._cypher, old))
        self._changes.counted_as(old, projection.led_already(self._cypher, nodes.keys() - old.keys()))
        found: list[dict[str, Any]] = []
        relabelled: list[dict[str, Any]] = []
        for id_, node in nodes.items():
            before = rows.get(id_)
            said = shapes.NODE.properties(node) if before is None else shapes.NODE.every(node)
            arn = node_arn(node)
            texts: dict[str, Any] = {"searchText": "\n".join(search_texts(node)), "heldByEdges": origin or None}
            if arn or (before is not None and assumed_role_arn(old[id_])):  # any other is what records gave its caller
                texts["arn"] = arn or None
            found.append({"id": id_, "label": node.kind.title(), "properties": said | texts})
            if before is not None and before.get("kind") != node.kind:
                relabelled.append({"id": id_, "labels": [str(before.get("kind")).title()]})
        self._cypher.write(_Q["drop_labels"], relabelled)
        self._cypher.write(_Q["put_nodes"], found)
        self._relate(nodes, rows)
        meet(self._cypher, {entity for node in nodes.values() for entity in entities_of(node)})

    def _relate(self, nodes: dict[str, Node], rows: dict[str, dict[str, Any]]) -> None:
        """To the role or user they are of, and to the instance they were delivered to."""
        self._cypher.write(_Q["put_principals"], [{"id": id_} for id_ in nodes if id_ in rows])
        roles = [{"id": id_, "arn": node.role_arn} for id_, node in nodes.items() if node.role_arn]
        self._cypher.write(_Q["put_roles"], roles)
        on = [{"id": id_, "instance": n.workload_id} for id_, n in nodes.items() if n.workload == "instance" and n.workload_id]
        self._cypher.write(_Q["put_instances"], on)

    def _put_edges(self, moved: dict[str, tuple[tuple[Edge, ...], tuple[Edge, ...]]]) -> set[str]:
        """Replaces the edges into these; the parents that lost one."""
        self._cypher.write(_Q["drop_edges"], [id_ for id_, (old, _) in moved.items() if old])
        rows = [
            {"parent": e.parent, "child": id_, "kind": e.kind, "properties": shapes.edge_properties(e, rank)}
            for id_, (_, new) in moved.items()
            for rank, e in enumerate(new)
        ]
        self._cypher.write(_Q["put_edges"], rows)
        for old, new in moved.values():
            self._changes.note_edges(old, new)
        before = {e.parent for old, _ in moved.values() for e in old}
        return before - {e.parent for _, new in moved.values() for e in new}

    def drop_origins(self, ids: Collection[str]) -> None:
        """Origins no edge comes from any more."""
        if ids:
            self._remove({row[0] for row in self._cypher.rows_of(_Q["loose_origins"], sorted(ids))})

    def put_aliases(self, linked: Iterable[Linked]) -> None:
        mine = {one.node.id: set(one.aliases) for one in linked}
        ids = sorted(mine)
        self._cypher.write(_Q["end_aliases"], ids)
        old = {(alias, target) for alias, target in self._cypher.rows_of(_Q["claimed"], ids)}
        new = {(alias, target) for target, aliases in mine.items() for alias in aliases}
        self._cypher.write(_Q["drop_aliases"], [list(pair) for pair in sorted(old - new)])
        self._cypher.write(_Q["put_aliases"], [[*pair, {}] for pair in sorted(new - old)])
        self._remove_nodes_of({alias for alias, _ in new})

    def turn_to_aliases(self, turned: Collection[Alias]) -> None:
        if turned:
            ids = sorted(a.id for a in turned)
            self._cypher.write(_Q["end_aliases"], ids)
            self._cypher.write(_Q["put_aliases"], [[a.id, a.target, shapes.ALIAS.properties(a)] for a in sorted(turned)])
            self._remove_nodes_of(ids)

    def _remove_nodes_of(self, ids: Iterable[str]) -> None:
        wanted = sorted(set(ids))
        if wanted:
            self._remove({row[0] for row in self._cypher.rows_of(_Q["is_identity"], wanted)})

    def _remove(self, ids: set[str]) -> None:
        """Nodes that are no more, with what led to them. They may be held by edges alone: those go, in turn."""
        while ids:
            edges = self.edges_into(ids)
            left = self._put_edges({id_: (old, ()) for id_, old in edges.items() if old})
            self._changes.remember(places_of(self._cypher, ids))
            nodes = self.stored(ids)
            self._changes.counted_as(nodes, ())
            self._changes.leave(ids)
            named = {id_ for id_, node in nodes.items() if assumed_role_arn(node)}
            nulls = [{"id": id_, "nulls": {**_NULLS, "arn": None} if id_ in named else _NULLS} for id_ in sorted(ids)]
            self._cypher.write(_Q["remove_nodes"], nulls)
            ids = {row[0] for row in self._cypher.rows_of(_Q["loose_origins"], sorted(left - ids))} if left - ids else set()
