"""Gathers what rules are handed: stories of many identities with few look-ups, and of each no more than a rule may ask.

Ordinary sessions (delivered to a workload, one role long, nothing notable done) are told briefly: there are most of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from roletrail.detect.past import DAY
from roletrail.detect.story import WORKLOADS, Step, Story, Use
from roletrail.lineage.link.attempt import Obtained
from roletrail.lineage.model import Action, Activity, Attempt, Edge, Node, SignIn, event_id_of
from roletrail.stores.lookups import person_of
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.findings.ways import MOST_USES, Ways, Window, pages

T = TypeVar("T", Action, Attempt, Activity)

EVERYTHING = 1_000_000
MOST_STEPS = 40
"""Steps of a path that are told: the first and the last half of them."""
STRANGERS_DAYS = 7
_WORKLOADS = WORKLOADS | {"certificate", "machine"}


class Told(NamedTuple):
    """Rows, what they asked for, and the paths that were worth following; shared by the stories of one batch."""

    rows: dict[str, NodeRow]
    steps: dict[str, Step]
    paths: dict[str, list[str]]


class Found(NamedTuple):
    """What was found of the identities of one batch, each thing in one go."""

    actions: Mapping[str, Sequence[Action]]
    attempts: Mapping[str, Sequence[Attempt]]
    obtained: Mapping[str, tuple[Obtained, ...]]
    activities: Mapping[str, Sequence[Activity]]
    role_uses: Mapping[str, tuple[Use, ...]]
    sign_ins: Mapping[str, tuple[SignIn, ...]]


class Gathering:
    """Stories of one batch of identities."""

    def __init__(
        self,
        graph: GraphStore,
        ids: Sequence[str],
        own: frozenset[str],
        ways: Ways,
    ) -> None:
        self._graph = graph
        self._ids = ids
        self._own = own
        self._origins = Origins(graph)
        self._ways = ways
        self.lively: frozenset[str] = frozenset()
        """Of the stories told, those with uses."""

    def stories(self) -> list[Story]:
        """In the order of the ids, without revocations and verdicts; identities that are no more are left out."""
        rows = dict(self._graph.rows(self._ids))
        mine = [id_ for id_ in self._ids if id_ in rows]
        actions = _by_identity(sorted(self._graph.actions_of(mine, EVERYTHING), key=_time))
        attempts = _by_identity(sorted(self._graph.attempts_of(mine, EVERYTHING), key=_time))
        paths = self._paths([id_ for id_ in mine if _is_path_worth(rows[id_], actions)], rows)
        missing = {step for path in paths.values() for step in path}.difference(rows)
        rows.update(self._graph.rows(missing))
        told = Told(rows, self._steps(rows), paths)
        roots = {id_: _root_of(told, id_) for id_ in mine}
        lively = [id_ for id_ in mine if _is_use_worth(rows[id_], roots[id_])]
        activities = _by_identity(self._graph.activities_of(lively, 0, 1 << 40))
        obtained = self._obtained(attempts.keys() | {id_ for id_ in lively if rows[id_].node.kind == "key"}, rows)
        found = Found(actions, attempts, obtained, activities, self._role_uses(lively, roots, rows), self._signed_in(mine, rows))
        self.lively = frozenset(lively)
        return [self._story(id_, told, found) for id_ in mine]

    def _steps(self, rows: Mapping[str, NodeRow]) -> dict[str, Step]:
        edges = [(row.node, primary(row)) for row in rows.values()]
        asking = [_issuing(edge) if edge is not None else "" for _, edge in edges]
        asked = self._graph.issuances_for(set(asking) - {""})
        return {node.id: Step(node, edge, asked.get(event)) for (node, edge), event in zip(edges, asking, strict=True)}

    def _signed_in(self, ids: Sequence[str], rows: Mapping[str, NodeRow]) -> dict[str, tuple[SignIn, ...]]:
        """Sign-ins of identities; those of a directory user belong to the origin that stands for the user."""
        people = {rows[id_].node.name: id_ for id_ in ids if rows[id_].node.type == "identity_center"}
        found: defaultdict[str, list[SignIn]] = defaultdict(list)
        for one in self._graph.sign_ins_of(ids, people):
            for id_ in {one.identity, people.get(person_of(one), "")} - {""}:
                found[id_].append(one)
        return {id_: tuple(many) for id_, many in found.items()}

    def _missing(self, row: NodeRow) -> str:
        lost = row.node.kind == "session" and row.node.counts and not row.standing.parent
        return self._origins.reason(row.node).code if lost else ""

    def _paths(self, ids: Collection[str], rows: Mapping[str, NodeRow]) -> dict[str, list[str]]:
        found = {id_: _cut(path) for id_ in ids if (path := _path_in(rows, id_))}
        beyond = self._graph.paths([id_ for id_ in ids if id_ not in found])
        found.update((id_, _cut([step.id for step in path])) for id_, path in beyond.items())
        for id_, row in rows.items():
            if id_ not in found and row.standing.parent:
                found[id_] = list(dict.fromkeys((row.standing.root, row.standing.parent, id_)))
        return found

    def _story(self, id_: str, told: Told, found: Found) -> Story:
        row = told.rows[id_]
        node, (actions, attempts, obtained, activities, role_uses, sign_ins) = row.node, found
        path = tuple([told.steps[step] for step in told.paths.get(id_, (id_,)) if step in told.steps])
        return Story(
            node, row.standing, path, row.leaf, row.first_seen or node.issued_at, row.last_seen or node.issued_at,
            tuple(activities.get(id_, ())), tuple(actions.get(id_, ())), tuple(attempts.get(id_, ())), obtained.get(id_, ()),
            sign_ins.get(id_, ()), (), (), role_uses.get(id_, ()), (), self._own, self._missing(row),
        )  # fmt: skip

    def _obtained(self, ids: Collection[str], rows: Mapping[str, NodeRow]) -> dict[str, tuple[Obtained, ...]]:
        """What those who were refused, and what keys, did get: a refusal right before a success is IAM's delay."""
        below = self._graph.children_between(ids, 0, 1 << 40, MOST_USES)  # a path's start, not the session's: all are asked for
        children = {child for one in below.values() for child in one}
        issued = {
            row.node.id: (row.node.role_arn, row.node.issued_at) for page in pages(self._graph, children, rows) for row in page
        }
        return {id_: tuple(Obtained(id_, *issued[one]) for one in found if one in issued) for id_, found in below.items()}

    def _role_uses(
        self, ids: Sequence[str], roots: Mapping[str, Node], rows: Mapping[str, NodeRow]
    ) -> dict[str, tuple[Use, ...]]:
        """Other ways into the roles that people took, within a day, strangers within a week."""
        wanted: defaultdict[Window, list[str]] = defaultdict(list)
        for id_ in ids:
            node, kind = rows[id_].node, roots[id_].type
            if kind not in _WORKLOADS and node.role_arn and node.issued_at:
                day = node.issued_at // DAY
                wanted[Window(node.role_arn, day - (STRANGERS_DAYS if kind == "foreign" else 1), day + 2)].append(id_)
        uses = self._ways.into(wanted, rows)
        return {id_: uses[window] for window, many in wanted.items() for id_ in many if uses[window]}


def _is_path_worth(row: NodeRow, actions: Mapping[str, object]) -> bool:
    standing = row.standing
    return (row.leaf and (standing.sessions >= 2 or standing.reach >= 3)) or row.node.id in actions


def _is_use_worth(row: NodeRow, root: Node) -> bool:
    """Keys, chains, and sessions of people and strangers; what workloads do with their own role fills the logs."""
    if row.node.service_linked or row.node.kind == "origin":
        return False
    return row.standing.sessions >= 2 or root.type not in _WORKLOADS or row.node.workload == "instance"


def _root_of(told: Told, id_: str) -> Node:
    path = told.paths.get(id_, [id_])
    return told.rows[path[0]].node if path[0] in told.rows else told.rows[id_].node


def _path_in(rows: Mapping[str, NodeRow], id_: str) -> list[str]:
    """The path from its root, if these rows tell all of it: what is judged together often led to each other."""
    path = [id_]
    while path[-1] in rows and len(path) <= len(rows):
        standing = rows[path[-1]].standing
        if standing.parent:
            path.append(standing.parent)
        if standing.parent in ("", standing.root):
            path.reverse()
            return path
    return []


def _cut(path: list[str]) -> list[str]:
    half = MOST_STEPS // 2
    return path if len(path) <= MOST_STEPS else [*path[:half], *path[-half:]]


def primary(row: NodeRow) -> Edge | None:
    """The edge the path follows."""
    parent = row.standing.parent
    for edge in row.edges:
        if edge.parent == parent:
            return edge
    return None


def _issuing(edge: Edge) -> str:
    """The event that asked for what the edge leads to."""
    return event_id_of(edge.evidence[0]) if edge.evidence and not edge.pivot else ""


def _time(one: Action | Attempt) -> tuple[int, str]:
    """Oldest first."""
    return one.at, one.event_id


def _by_identity(found: Iterable[T]) -> dict[str, list[T]]:
    grouped: defaultdict[str, list[T]] = defaultdict(list)
    for one in found:
        grouped[one.identity].append(one)
    return dict(grouped)
