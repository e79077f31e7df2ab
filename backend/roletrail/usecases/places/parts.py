"""Which sessions of workloads are judged together where there are too many for one case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from roletrail.lineage.model import Node
from roletrail.lineage.workload import Workload, in_scope
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.present import detail_of

MOST_AT_ONCE = 10_000
"""Sessions of workloads read together when everything is judged, with those that share their roles and workloads: some 60 MB."""


class Placed(NamedTuple):
    """A session, and what it may have in common with others."""

    id: str
    place: tuple[str, str, str]
    role_arn: str
    delivered: bool


def placed(graph: GraphStore, ids: Sequence[str]) -> Iterator[Placed]:
    """Of the judged ones. Nodes of them all would take 300 MB where ten million events are loaded."""
    same: dict[object, Any] = {}
    for start in range(0, len(ids), MOST_AT_ONCE):
        for node in judged_of(row.node for row in graph.rows(ids[start : start + MOST_AT_ONCE]).values()):
            place = (*workload_of(node), node.account)
            role_arn = same.setdefault(node.role_arn, node.role_arn)
            yield Placed(node.id, same.setdefault(place, place), role_arn, bool(node.workload))


def judged_of(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.kind == "session" and ":aws:ec2-infrastructure" not in node.principal_id]


def parts_of(sessions: Collection[Placed]) -> list[list[str]]:
    """Ids of sessions, those together that have a role or a workload in common, however far around."""
    from networkx.utils import UnionFind  # noqa: PLC0415 - large stores alone need it

    ties: Any = UnionFind()
    for one in sessions:
        ties.union(one.place, one.role_arn)
    together: defaultdict[object, list[str]] = defaultdict(list)
    for one in sessions:
        together[ties[one.place]].append(one.id)
    parts: list[list[str]] = [[]]
    for ids in together.values():
        if parts[-1] and len(parts[-1]) + len(ids) > MOST_AT_ONCE:
            parts.append([])
        parts[-1] += ids
    return parts


def workload_of(node: Node) -> Workload:
    """The instance of inScopeOf before the issuance's, before the name alone."""
    scope = detail_of(node).get("in_scope_of") if '"in_scope_of"' in node.detail else None
    said = in_scope(scope) if isinstance(scope, str) and scope else None
    if said is not None:
        return said
    if node.workload:
        return Workload(node.workload, node.workload_id)
    return Workload("instance", node.name)
