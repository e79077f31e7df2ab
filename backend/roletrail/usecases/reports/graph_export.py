"""The graph for other programs: the role map, or the lineage around one session, as GraphML or node-link JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import networkx as nx

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, NotFound
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import iso
from roletrail.usecases.role_map import cycles_of, estate_of

FORMATS = ("graphml", "json")
MOST_PAIRS = 1_000_000
MOST_BELOW = 20_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def export_graph(graph: GraphStore, actor: Actor, format_: str, session: str = "") -> Iterator[str]:
    """The role map; with a session, everything on its path and below it."""
    require(actor, "sessions.read" if session else "roles.read")
    if format_ not in FORMATS:
        raise InvalidRequest(f"There is no format {format_[:40]!r}.", hint=f"Use {' or '.join(FORMATS)}.")
    made = lineage_of(graph, session) if session else role_map_of(graph)
    if format_ == "json":
        yield msgspec.json.format(msgspec.json.encode(nx.node_link_data(made, edges="edges"))).decode() + "\n"
        return
    for line in nx.generate_graphml(_legible(made)):
        yield line + "\n"


def role_map_of(graph: GraphStore) -> nx.DiGraph[str]:
    """Roles that assume roles. A role of a cycle has its number in `cycle`."""
    pairs, _ = graph.role_pairs(MOST_PAIRS)
    estate = estate_of(pairs)
    for number, cycle in enumerate(cycles_of(estate), 1):
        for node in cycle:
            estate.nodes[node]["cycle"] = number
    return estate


def lineage_of(graph: GraphStore, session: str) -> nx.MultiDiGraph[str]:
    id_ = graph.resolve_alias(session)
    path = graph.paths([id_]).get(id_, []) if id_ else []
    if not path:
        raise NotFound(f"There is no session {session[:40]!r} in this store.", hint="Find it with `roletrail trace`.")
    below, more = graph.descendants(id_, MOST_BELOW)
    rows = graph.rows({step.id for step in path} | set(below))
    made: nx.MultiDiGraph[str] = nx.MultiDiGraph(session=id_, complete=not more)
    for row in rows.values():
        made.add_node(row.node.id, **_node(row))
    for row in rows.values():
        for edge in row.edges:
            if edge.parent in rows:
                made.add_edge(edge.parent, edge.child, **_edge(edge._asdict()))
    return made


def _node(row: NodeRow) -> dict[str, Any]:
    node, standing = row.node, row.standing
    return {
        "kind": node.kind, "type": node.type, "label": node.label, "name": node.name, "account": node.account, "role": node.role_arn,
        "sessions": standing.sessions, "reach": standing.reach, "confidence": standing.confidence, "counts": node.counts,
        "first_seen": iso(row.first_seen), "last_seen": iso(row.last_seen), "uses": row.uses,
    }  # fmt: skip


def _edge(edge: dict[str, Any]) -> dict[str, Any]:
    told = {name: edge[name] for name in ("kind", "rule", "confidence", "pivot", "conflict", "parent_key", "child_key")}
    return {**told, "at": iso(edge["at"]), "evidence": " ".join(edge["evidence"])}


def _legible(made: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """Texts come from logs: what XML cannot hold is replaced."""
    attributes: list[dict[str, Any]] = [data for _, data in made.nodes(data=True)]
    attributes += [data for _, _, data in made.edges(data=True)]
    for data in attributes:
        data.update({name: _NOT_XML.sub("\ufffd", value) for name, value in data.items() if isinstance(value, str)})
    return made
