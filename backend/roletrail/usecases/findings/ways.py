"""Other ways into the roles that people took: whom rules compare with, within days of a session."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from roletrail.detect.deeds import detail_of
from roletrail.detect.past import DAY
from roletrail.detect.story import WORKLOADS, Use
from roletrail.lineage.model import Node
from roletrail.stores.judging import RoleSession
from roletrail.stores.port import GraphStore, NodeRow

MOST_USES = 50
"""Uses of one kind that a story tells."""
PAGE = 1_000
"""Rows read at once of what a batch is held against: five thousand keys have a hundred thousand sessions below them."""
MOST_OF_ROLE = 1_000
"""Sessions of one role that are read for all windows of a batch: of a role with more, each window is read by itself."""
MOST_ROLES = 25
"""Roles whose sessions are read at once: a thousand each."""
MOST_DAYS = 60
EVER = 1 << 40
"""The end of all logs."""
MOST_KNOWN = 10_000
"""Windows, uses and roots that are remembered from batch to batch, of each kind: some 6 MB, and what one batch needs however
much it is."""


class Window(NamedTuple):
    """Days of a role, up to the beginning of the last."""

    role_arn: str
    since: int
    until: int


class Ways:
    """Uses of roles by workloads and strangers. One for a run of judging: batches follow each other in time, and share most
    windows of the roles that are taken all day."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph
        self._windows: dict[Window, tuple[Use, ...]] = {}
        self._uses: dict[str, Use] = {}
        self._roots: dict[str, Node | None] = {}  # None: of somebody no rule compares with
        self._taken: dict[str, tuple[int, bool]] = {}
        """Of each role the time since which it was looked at, and whether anybody took it whom rules compare with."""

    def into(self, windows: Collection[Window], told: Mapping[str, NodeRow]) -> dict[Window, tuple[Use, ...]]:
        """The first uses of each window. `told`: rows at hand, which are not read again."""
        for memory in (self._windows, self._uses, self._roots, self._taken):
            if len(memory) > MOST_KNOWN:
                memory.clear()
        new = [window for window in windows if window not in self._windows]
        for window, sessions in self._sessions(new, told).items():
            self._windows[window] = tuple([self._uses[one.id] for one in sessions if one.id in self._uses])
        return {window: self._windows.setdefault(window, ()) for window in windows}

    def _sessions(self, windows: Collection[Window], told: Mapping[str, NodeRow]) -> dict[Window, list[RoleSession]]:
        """The first sessions of those windows in which rules find something to compare with."""
        found: dict[Window, list[RoleSession]] = {}
        for run in _runs(windows):
            of_role: defaultdict[str, list[Window]] = defaultdict(list)
            for window in run:
                of_role[window.role_arn].append(window)
            since, until = min(window.since for window in run) * DAY, max(window.until for window in run) * DAY
            telling = self._telling(of_role, since, told)
            for start in range(0, len(telling), MOST_ROLES):
                whole = self._graph.sessions_of_role(telling[start : start + MOST_ROLES], since, until, MOST_OF_ROLE)
                for role_arn, sessions in whole.items():
                    found.update((window, self._within(window, sessions)) for window in of_role[role_arn])
        sessions = {session for mine in found.values() for session in mine}
        self._look_up({session.root for session in sessions}, told)
        self._meet(sessions, told)
        return found

    def _telling(self, role_arns: Collection[str], since: int, told: Mapping[str, NodeRow]) -> list[str]:
        """Of these roles those that somebody took whom rules compare with: of the others no session is read. Asked up to the end
        of all logs, once for all cases: they follow each other in time."""
        new = [role_arn for role_arn in role_arns if role_arn not in self._taken or since < self._taken[role_arn][0]]
        roots = self._graph.roots_of_role(new, since, EVER)
        self._look_up({root for mine in roots.values() for root in mine}, told)
        for role_arn in new:
            mine = roots.get(role_arn, ())
            self._taken[role_arn] = since, any(self._roots[root] is not None for root in mine)
        return [role_arn for role_arn in role_arns if self._taken[role_arn][1]]

    def _within(self, window: Window, sessions: list[RoleSession]) -> list[RoleSession]:
        """The first of a window; those of a busy role are read for the window alone."""
        since, until = window.since * DAY, window.until * DAY
        if len(sessions) >= MOST_OF_ROLE:
            return self._graph.sessions_of_role([window.role_arn], since, until, MOST_USES).get(window.role_arn, [])
        begin, end = bisect_left(sessions, (since,)), bisect_left(sessions, (until + 1,))
        return sessions[begin : min(end, begin + MOST_USES)]

    def _look_up(self, roots: Collection[str], told: Mapping[str, NodeRow]) -> None:
        """Whose workloads and strangers these are: no rule compares with people's ways in."""
        new = [root for root in roots if root not in self._roots]
        self._roots.update(dict.fromkeys(new))
        for page in pages(self._graph, new, told):
            self._roots.update(
                (row.node.id, row.node) for row in page if row.node.type in WORKLOADS or row.node.type == "foreign"
            )

    def _meet(self, sessions: Collection[RoleSession], told: Mapping[str, NodeRow]) -> None:
        known = ((session.id, self._roots.get(session.root)) for session in sessions if session.id not in self._uses)
        new = {id_: root for id_, root in known if root is not None}
        for page in pages(self._graph, new, told):
            self._uses.update((row.node.id, _use(row, new[row.node.id])) for row in page)


def pages(graph: GraphStore, ids: Collection[str], known: Mapping[str, NodeRow]) -> Iterator[list[NodeRow]]:
    """Rows of many identities of which little is kept, some at a time."""
    wanted = list(ids)
    for start in range(0, len(wanted), PAGE):
        page = wanted[start : start + PAGE]
        read = graph.rows([id_ for id_ in page if id_ not in known])
        yield [*read.values(), *(known[id_] for id_ in page if id_ in known)]


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


def _use(row: NodeRow, root: Node) -> Use:
    what = f"foreign {root.account}" if root.type == "foreign" else root.type if root.kind == "origin" else root.kind
    ref = row.edges[0].evidence[0] if row.edges and row.edges[0].evidence else ""
    external_id = str(detail_of(row.node.detail).get("external_id", "")) if root.type == "foreign" else ""
    return Use(row.node.id, row.node.issued_at or row.first_seen, "", "", what, ref, external_id)
