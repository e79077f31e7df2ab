"""One session's page: the path above it, the tree around it, and what its sessions did."""

from __future__ import annotations

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import NotFound
from roletrail.lineage.link import attempt
from roletrail.lineage.model import Alias
from roletrail.stores.port import ChainRow, GraphStore, NodeRow
from roletrail.usecases.chains.listing import chain_view, labels_for
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.chains.paths import listed_paths
from roletrail.usecases.chains.present import action_view, alias_view, attempt_view
from roletrail.usecases.chains.strip import shape
from roletrail.usecases.chains.tree import MAX_DRAWN, tree_of
from roletrail.usecases.chains.views import ActionView, AliasView, SessionView

MAX_ACTIONS = 200
MAX_ALIASES = 50


def canonical_id(graph: GraphStore, actor: Actor, id_: str) -> str:
    """The id a session goes by now. Skins answer 308 when it differs from the one asked for."""
    require(actor, "sessions.read", id_)
    found = graph.resolve_alias(id_)
    if not found:
        raise NotFound("There is no session with this id in this store.", hint="Ids come from `roletrail chains` or `trace`.")
    return found


def show_session(graph: GraphStore, actor: Actor, id_: str, *, rows: int = MAX_DRAWN) -> SessionView:
    """The page of a session, key or origin. `id` of the answer differs from `id_` when that was an alias.

    `rows` is the most its tree may have.
    """
    id_ = canonical_id(graph, actor, id_)
    paths, known = listed_paths(graph, [id_], full=True)
    path = [row for row in paths[id_] if isinstance(row, NodeRow)]
    origins = Origins(graph)
    tree, drawn, truncated = tree_of(graph, known, path, origins, rows)
    labels = labels_for(known, drawn)
    chain = chain_view(as_chain(path[-1]), path, labels, origins)
    line = _line(path, drawn)
    actions = [action_view(action) for action in graph.actions_of(line, MAX_ACTIONS)]
    attempts = _attempts(graph, line, drawn)
    aliases = graph.same_as(id_, MAX_ALIASES + 1)
    return SessionView(
        id=id_,
        chain=chain,
        node=chain.path[-1],
        tree=tree,
        truncated=truncated,
        actions=actions,
        attempts=attempts,
        coverage=origins.limits(path),
        shape=shape(chain.path, actions, data_events=origins.data_events(path)),
        aliases=[_alias(graph, alias) for alias in aliases[:MAX_ALIASES]],
        more_aliases=len(aliases) > MAX_ALIASES,
    )


def _alias(graph: GraphStore, alias: Alias) -> AliasView:
    used = graph.credentials(alias.id, 1)
    return alias_view(alias, used[0].access_key_id if used else "")


def _line(path: list[NodeRow], drawn: list[NodeRow]) -> list[str]:
    """The path and what hangs below its end: what siblings did is not this session's story. `drawn` is in tree order."""
    below = {path[-1].node.id}
    for row in drawn:
        if row.standing.parent in below:
            below.add(row.node.id)
    return [*(row.node.id for row in path[:-1]), *sorted(below)]


def _attempts(graph: GraphStore, line: list[str], drawn: list[NodeRow]) -> list[ActionView]:
    """Refused assumptions of these, newest first, each with what it looks like beside the others."""
    tried = graph.attempts_of(line, MAX_ACTIONS)
    obtained = [attempt.Obtained(edge.parent, row.node.role_arn, edge.at) for row in drawn for edge in row.edges]
    natures = {a.event_id: found.nature for found in attempt.refusals(tried, obtained) for a in found.attempts}
    return [attempt_view(a, natures[a.event_id]) for a in tried]


def as_chain(row: NodeRow) -> ChainRow:
    return ChainRow(row.node.id, row.standing, row.standing.started or row.first_seen, row.last_seen, row.uses, row.errors)
