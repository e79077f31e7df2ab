"""Gathers what rules are handed: stories of many identities with few look-ups, and of each no more than a rule may ask.

Ordinary sessions (delivered to a workload, one role long, nothing notable done) are told briefly: there are most of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from roletrail.detect import habits
from roletrail.detect.deeds import detail_of
from roletrail.detect.past import DAY
from roletrail.detect.story import WORKLOADS, Step, Story, Use
from roletrail.detect.verdict import UseVerdict
from roletrail.lineage.link.attempt import Obtained
from roletrail.lineage.model import Action, Activity, Attempt, Edge, Node, SignIn, event_id_of
from roletrail.stores.judging import RoleSession
from roletrail.stores.lookups import person_of
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.origins import Origins

T = TypeVar("T", Action, Attempt, Activity)

EVERYTHING = 1_000_000
MOST_STEPS = 40
"""Steps of a path that are told: the first and the last half of them."""
MOST_USES = 50
PAGE = 1_000
"""Rows read at once of what a batch is held against: five thousand keys have a hundred thousand sessions below them."""
MOST_OF_ROLE = 1_000
"""Sessions of one role that are read for all windows of a batch: of a role with more, each window is read by itself."""
MOST_DAYS = 60
MOST_MET = 10_000
"""Ways into roles that are remembered from batch to batch: some 6 MB, and what one batch needs however much it is."""
STRANGERS_DAYS = 7
_REVOKED = ("sessions of its role were revoked", "the key was switched off")
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


class Window(NamedTuple):
    """Days of a role, up to the beginning of the last."""

    role_arn: str
    since: int
    until: int


class Gathering:
    """Stories of one batch of identities."""

    def __init__(
        self,
        graph: GraphStore,
        ids: Sequence[str],
        own: frozenset[str],
        verdicts: Mapping[str, Sequence[UseVerdict]],
        met: dict[str, Use] | None = None,
    ) -> None:
        """`met` is what ways into roles earlier batches told of: batches follow each other in time, and share most of them."""
        self._graph = graph
        self._ids = ids
        self._own = own
        self._verdicts = verdicts
        self._origins = Origins(graph)
        self._met: dict[str, Use] = {} if met is None else met
        self.lively: frozenset[str] = frozenset()
        """Of the stories told, those with uses."""

    def stories(self) -> list[Story]:
        """In the order of the ids, without revocations; identities that are no more are left out."""
        rows = dict(self._graph.rows(self._ids))
        mine = [id_ for id_ in self._ids if id_ in rows]
        actions = _by_identity(sorted(self._graph.actions_of(mine, EVERYTHING), key=_time))
        attempts = _by_identity(sorted(self._graph.attempts_of(mine, EVERYTHING), key=_time))
        paths = self._paths([id_ for id_ in mine if _is_path_worth(rows[id_], actions)], rows)
        missing = {step for path in paths.values() for step in path}.difference(rows)
        rows.update(self._graph.rows(missing))
        told = Told(rows, self._steps(rows), paths)
        lively = [id_ for id_ in mine if _is_use_worth(rows[id_], _root_of(told, id_))]
        activities = _by_identity(self._graph.activities_of(lively, 0, 1 << 40))
        obtained = self._obtained(attempts.keys() | {id_ for id_ in lively if rows[id_].node.kind == "key"}, rows)
        found = Found(actions, attempts, obtained, activities, self._role_uses(lively, told), self._signed_in(mine, rows))
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
        found = {id_: _cut([step.id for step in path]) for id_, path in self._graph.paths(ids).items()}
        for id_, row in rows.items():
            if id_ not in found and row.standing.parent:
                found[id_] = list(dict.fromkeys((row.standing.root, row.standing.parent, id_)))
        return found

    def _story(self, id_: str, told: Told, found: Found) -> Story:
        row = told.rows[id_]
        node, (actions, attempts, obtained, activities, role_uses, sign_ins) = row.node, found
        path = tuple([told.steps[step] for step in told.paths.get(id_, (id_,)) if step in told.steps])
        verdicts = tuple([v for step in path for v in self._verdicts.get(step.node.id, ())]) if self._verdicts else ()
        return Story(
            node, row.standing, path, row.leaf, row.first_seen or node.issued_at, row.last_seen or node.issued_at,
            tuple(activities.get(id_, ())), tuple(actions.get(id_, ())), tuple(attempts.get(id_, ())), obtained.get(id_, ()),
            sign_ins.get(id_, ()), verdicts, (), role_uses.get(id_, ()), (), self._own, self._missing(row),
        )  # fmt: skip

    def _obtained(self, ids: Collection[str], rows: Mapping[str, NodeRow]) -> dict[str, tuple[Obtained, ...]]:
        """What those who were refused, and what keys, did get: a refusal right before a success is IAM's delay."""
        below = self._graph.children_between(ids, 0, 1 << 40, MOST_USES)  # a path's start, not the session's: all are asked for
        children = {child for one in below.values() for child in one}
        issued = {row.node.id: (row.node.role_arn, row.node.issued_at) for page in self._pages(children, rows) for row in page}
        return {id_: tuple(Obtained(id_, *issued[one]) for one in found if one in issued) for id_, found in below.items()}

    def _pages(self, ids: Collection[str], known: Mapping[str, NodeRow]) -> Iterator[list[NodeRow]]:
        """Rows of many identities of which little is kept, some at a time."""
        wanted = list(ids)
        for start in range(0, len(wanted), PAGE):
            page = wanted[start : start + PAGE]
            read = self._graph.rows([id_ for id_ in page if id_ not in known])
            yield [*read.values(), *(known[id_] for id_ in page if id_ in known)]

    def _role_uses(self, ids: Sequence[str], told: Told) -> dict[str, tuple[Use, ...]]:
        """Other ways into the roles that people took, within a day, strangers within a week."""
        wanted: defaultdict[Window, list[str]] = defaultdict(list)
        for id_ in ids:
            node = told.rows[id_].node
            if node.role_arn and node.issued_at and (root := _root_of(told, id_)).type not in _WORKLOADS:
                day = node.issued_at // DAY
                wanted[Window(node.role_arn, day - (STRANGERS_DAYS if root.type == "foreign" else 1), day + 2)].append(id_)
        found: dict[str, tuple[Use, ...]] = {}
        for window, sessions in self._others(wanted, told.rows).items():
            mine = tuple([self._met[other.id] for other in sessions if other.id in self._met])
            found.update(dict.fromkeys(wanted[window], mine))
        return found

    def _others(self, windows: Collection[Window], told: Mapping[str, NodeRow]) -> dict[Window, list[RoleSession]]:
        """The first sessions of those windows in which rules find something to compare with."""
        found: dict[Window, list[RoleSession]] = {}
        roots: dict[str, Node] = {}
        for run in _runs(windows):
            since, until = min(window.since for window in run) * DAY, max(window.until for window in run) * DAY
            whole = self._graph.sessions_of_role({window.role_arn for window in run}, since, until, MOST_OF_ROLE)
            roots.update(self._compared({session.root for sessions in whole.values() for session in sessions}, told))
            for role_arn in [role_arn for role_arn, sessions in whole.items() if len(sessions) < MOST_OF_ROLE]:
                if all(session.root not in roots for session in whole[role_arn]):
                    del whole[role_arn]
            found.update((window, self._within(window, whole[window.role_arn])) for window in run if window.role_arn in whole)
        busy = {session.root for sessions in found.values() for session in sessions}.difference(roots)
        roots.update(self._compared(busy, told))
        self._meet({session for sessions in found.values() for session in sessions if session.root in roots}, roots, told)
        return found

    def _within(self, window: Window, sessions: list[RoleSession]) -> list[RoleSession]:
        """The first of a window; those of a busy role are read for the window alone."""
        since, until = window.since * DAY, window.until * DAY
        if len(sessions) >= MOST_OF_ROLE:
            return self._graph.sessions_of_role([window.role_arn], since, until, MOST_USES).get(window.role_arn, [])
        begin, end = bisect_left(sessions, (since,)), bisect_left(sessions, (until + 1,))
        return sessions[begin : min(end, begin + MOST_USES)]

    def _compared(self, roots: Collection[str], told: Mapping[str, NodeRow]) -> dict[str, Node]:
        """Of roots those of workloads and strangers: no rule compares with people's ways in."""
        nodes = (row.node for page in self._pages(roots, told) for row in page)
        return {node.id: node for node in nodes if node.type in WORKLOADS or node.type == "foreign"}

    def _meet(self, sessions: Collection[RoleSession], roots: Mapping[str, Node], told: Mapping[str, NodeRow]) -> None:
        if len(self._met) > MOST_MET:
            self._met.clear()
        new = {session.id: roots[session.root] for session in sessions if session.id not in self._met}
        for page in self._pages(new, told):
            self._met.update((row.node.id, _role_use(row, new[row.node.id])) for row in page)


def _runs(windows: Collection[Window]) -> Iterator[list[Window]]:
    """Windows that touch, in the order of time, some months at most: what came late does not make a look-up read years."""
    run: list[Window] = []
    for window in sorted(windows, key=lambda window: window.since):
        if run and (window.since > run[-1].until or window.since > run[0].since + MOST_DAYS):
            yield run
            run = []
        run.append(window)
    if run:
        yield run


def _role_use(row: NodeRow, root: Node) -> Use:
    what = f"foreign {root.account}" if root.type == "foreign" else root.type if root.kind == "origin" else root.kind
    ref = row.edges[0].evidence[0] if row.edges and row.edges[0].evidence else ""
    external_id = str(detail_of(row.node.detail).get("external_id", "")) if root.type == "foreign" else ""
    return Use(row.node.id, row.node.issued_at or row.first_seen, "", "", what, ref, external_id)


def revocations(graph: GraphStore, nodes: Iterable[Node]) -> dict[str, tuple[Use, ...]]:
    """Times at which what these are was revoked, of those of which it was."""
    named = {node.id: (revocable(node), _REVOKED[node.kind == "key"]) for node in nodes}
    keys = {name: habits.revoked_key(name) for names, _ in named.values() for name in names}
    times = graph.habit_days(set(keys.values()), 0, 1 << 40)
    if not times:
        return {}
    found = {
        id_: tuple([Use("", at, "", "", what, "") for name in names for at in times.get(keys[name], ())])
        for id_, (names, what) in named.items()
    }
    return {id_: uses for id_, uses in found.items() if uses}


def revocable(node: Node) -> list[str]:
    """Names a revocation may have for an identity: its role in its account, or its long-term keys."""
    return list(node.access_key_ids) if node.kind == "key" else [f"{node.account}:{node.role_name}"] if node.role_name else []


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
