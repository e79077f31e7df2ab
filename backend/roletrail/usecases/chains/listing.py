"""The chain list: every chain once, at its last session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.lineage.tone import tone
from roletrail.stores.port import ChainQuery, ChainRow, GraphStore, NodeRow
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.chains.own import OwnReading
from roletrail.usecases.chains.paths import Gap, Known, listed_paths
from roletrail.usecases.chains.present import folded_node, iso, path_node
from roletrail.usecases.chains.sentence import chain_sentence
from roletrail.usecases.chains.views import ChainView, Listed, PathNode


def list_chains(
    graph: GraphStore, actor: Actor, query: ChainQuery, *, full: bool = False, own_role: str = ""
) -> Listed[ChainView]:
    """A page of chains. Paths hold at most twelve nodes unless `full`. Chains that end in our own reading are left out."""
    require(actor, "chains.read")
    reading, hidden = OwnReading(graph, own_role), 0
    while True:
        rows, after = graph.chains(query)
        own = reading.among([row.id for row in rows])
        hidden += len(own)
        if len(own) < len(rows) or not after:
            shown = [row for row in rows if row.id not in own]
            return Listed(chain_views(graph, shown, full=full), after or None, hidden)
        query = query._replace(after=after)


def chain_views(graph: GraphStore, rows: Sequence[ChainRow], *, full: bool) -> list[ChainView]:
    paths, known = listed_paths(graph, [row.id for row in rows], full=full)
    labels = labels_for(known, [step for path in paths.values() for step in path if isinstance(step, NodeRow)])
    origins = Origins(graph)
    return [chain_view(row, paths[row.id], labels, origins) for row in rows if row.id in paths]


def labels_for(known: Known, rows: Sequence[NodeRow]) -> dict[str, str]:
    """Labels of everything the rows' edges name as a possible parent, fetched at once."""
    known.fetch(edge.parent for row in rows for edge in row.edges if edge.parent != row.standing.parent)
    return {id_: row.node.label for id_, row in known.rows.items()}


def chain_view(row: ChainRow, path: Sequence[NodeRow | Gap], labels: Mapping[str, str], origins: Origins) -> ChainView:
    nodes = path_nodes(path, labels, origins)
    standing = row.standing
    return ChainView(
        session_id=row.id,
        sessions=standing.sessions,
        hops=standing.hops,
        depth=standing.depth,
        pivots=standing.pivots,
        reach=standing.reach,
        tone=tone(standing.sessions),
        confidence=standing.confidence,
        first_seen=iso(row.first_seen),
        last_seen=iso(row.last_seen),
        accounts=list(dict.fromkeys(node.account for node in nodes if node.account)),
        uses=row.uses,
        errors=row.errors,
        sentence=chain_sentence(nodes, standing.sessions, row.first_seen, row.last_seen),
        path=nodes,
    )


def path_nodes(path: Sequence[NodeRow | Gap], labels: Mapping[str, str], origins: Origins) -> list[PathNode]:
    """Views of a path, root first, with the unknown parent above it when its root has none in these logs."""
    nodes = [folded_node(step) if isinstance(step, Gap) else path_node(step, labels) for step in path]
    first = path[0]
    unknown = None if isinstance(first, Gap) else origins.unknown_parent(first)
    return [unknown, *nodes] if unknown else nodes
