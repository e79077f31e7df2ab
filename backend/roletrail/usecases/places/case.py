"""What judging places reads: the estate once, and the workloads' sessions with what is alike, as many together as memory bears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache

from roletrail.detect import told
from roletrail.detect.address import Ranges
from roletrail.detect.binding import Neighbour
from roletrail.detect.estate import Estate
from roletrail.detect.hands import Customs, signs_in
from roletrail.detect.subject import TO_CONSOLE, Subject, World
from roletrail.inventory.port import Inventory
from roletrail.lineage.model import Activity, Node, SignIn
from roletrail.stores.lookups import is_workload
from roletrail.stores.port import GraphStore
from roletrail.usecases.places import parts
from roletrail.usecases.places.parts import workload_of

MOST_NEIGHBOURS = 5_000
MOST_MET = 4_096
"""Addresses whose neighbours, and roles whose customs, are remembered."""

MOST_BELOW = 1_000
"""Sessions below a workload's that are no witnesses of its place."""

MOST_OF_ROLE = 300
"""Sessions of a role that one workload's habits are told from; all of them when everything is judged."""

MOST_SIBLINGS, MOST_AROUND = 2_000, 20_000
"""Sessions of one role or instance, and of all that is asked about together, that news is judged beside: the latest. What a round
of a follower reads hangs on what came, not on what the store has held since years."""

ALL_TIME = 1 << 40

ByAddress = Mapping[str, Collection[str]]
"""Identities of workloads by an address they called from."""

NETWORK = frozenset({
    "RunInstances", "TerminateInstances", "StopInstances", "StartInstances", "AllocateAddress", "ReleaseAddress", "AssociateAddress",
    "DisassociateAddress", "CreateNatGateway", "DeleteNatGateway", "CreateRoute", "ReplaceRoute", "DeleteRoute",
    "AssociateRouteTable", "DisassociateRouteTable", "CreateSubnet", "CreateVpcEndpoint",
})  # fmt: skip


def cases(graph: GraphStore, inventory: Inventory, only: Collection[str] = ()) -> Iterator[Case]:
    """Everything there is to judge, in as many cases as memory asks for; or the workloads that own the sessions `only`."""
    ground = Ground(graph, inventory)
    if only:
        yield Case(graph, ground, _around(graph, only), frozenset(only))
        return
    ids = graph.workload_ids()
    if len(ids) <= parts.MOST_AT_ONCE:
        yield Case(graph, ground, parts.judged_of(graph.workload_nodes()), whole=True)
        return
    placed = list(parts.placed(graph, ids))
    workloads = [one.id for one in placed if one.delivered]
    together = parts.parts_of(placed)
    del ids, placed
    by_address = cache(lambda: _by_address(graph, workloads))
    for part in together:
        yield Case(graph, ground, [row.node for row in graph.rows(part).values()], by_address=by_address)


def _by_address(graph: GraphStore, ids: Sequence[str]) -> ByAddress:
    """Whose calls came from each address: read for some sessions at a time, and no more of them kept."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for start in range(0, len(ids), parts.MOST_AT_ONCE):
        some = {id_: id_ for id_ in ids[start : start + parts.MOST_AT_ONCE]}
        for a in graph.activities_of(some, 0, ALL_TIME):
            found[a.address].add(some[a.identity])
    return found


def _around(graph: GraphStore, only: Collection[str]) -> list[Node]:
    """Of the workloads' sessions among those asked for, the latest of their roles and instances."""
    asked = [row.node for row in graph.rows(only).values() if is_workload(row.node)]
    roles = {node.role_arn for node in asked}
    instances = {id_ for kind, id_ in map(workload_of, asked) if kind == "instance"}
    most = _share(len(roles) + len(instances))
    ids = {node.id for node in asked}
    for role_arn in roles:
        ids.update(graph.siblings_by_role(role_arn, most)[0])
    for id_ in instances:
        ids.update(graph.entity_sessions("instance", id_, most)[0])
    return parts.judged_of(row.node for row in graph.rows(ids).values() if is_workload(row.node))


class Ground:
    """What is told of the whole estate: read when the first case asks, and once."""

    def __init__(self, graph: GraphStore, inventory: Inventory) -> None:
        self._graph = graph
        self._inventory = inventory

    @cached_property
    def told(self) -> told.Told:
        return told.facts_of(self._graph.actions_named(NETWORK | told.LATERAL))  # a pass over all that was done

    @cached_property
    def sign_ins(self) -> list[SignIn]:
        found = self._graph.sign_ins_named(TO_CONSOLE)
        return [s for s in found if s.success != "false" and s.type == "AssumedRole"]

    @cached_property
    def estate(self) -> Estate:
        return Estate((*self._inventory.facts(), *self.told.facts), self._inventory.organisation())

    @cached_property
    def ranges(self) -> Ranges:
        """Read when there is something to judge: address ranges take longer to read than a small run has to judge."""
        return self._inventory.ranges()

    def sign_ins_of(self, sessions: Collection[str], principals: Collection[str]) -> list[SignIn]:
        """In the order they are told in."""
        by_name = self._signed_in
        places = {place for name in (*sessions, *principals) if name in by_name for place in by_name[name]}
        return [self.sign_ins[place] for place in sorted(places)]

    @cached_property
    def _signed_in(self) -> dict[str, list[int]]:
        """Where the sign-ins of an identity or a principal stand."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self.sign_ins):
            for name in {one.identity, one.principal_id} - {""}:
                found[name].append(place)
        return dict(found)

    def below(self, sessions: Collection[str]) -> frozenset[str]:
        """Identities whose calls told of addresses, and that came from these sessions."""
        return frozenset([id_ for session in sessions if session in self._tellers for id_ in self._tellers[session]])

    @cached_property
    def _tellers(self) -> dict[str, list[str]]:
        """Whoever told of addresses, by the identities on its path."""
        tellers = {actor for fact in self.told.facts if (actor := getattr(fact, "actor", ""))}
        tellers |= {change.actor for changes in self.told.changes.values() for change in changes} - {""}
        found: defaultdict[str, list[str]] = defaultdict(list)
        for id_, path in self._graph.paths(tellers).items():
            for step in path:
                found[step.id].append(id_)
        return dict(found)


class Case:
    """Sessions that are judged together, each thing of them read once."""

    def __init__(
        self, graph: GraphStore, ground: Ground, nodes: Iterable[Node], only: frozenset[str] = frozenset(), *, whole: bool = False,
        by_address: Callable[[], ByAddress] | None = None,
    ) -> None:  # fmt: skip
        """`whole`: the nodes are all there are in the store; where they are not, `by_address` has all workloads'. `only`: ids of
        those that are asked about; none: all of them."""
        self._graph = graph
        self._ground = ground
        self.nodes = {node.id: node for node in nodes}
        self._only = only
        self._whole = whole
        self._of_all = by_address
        read = self._with_their_roles() if only else self.nodes
        self._activities: dict[str, list[Activity]] = defaultdict(list)
        for a in graph.activities_of(read, 0, ALL_TIME):
            self._activities[a.identity].append(a)
        self._by_role: dict[str, list[Activity]] = defaultdict(list)
        for id_, activities in self._activities.items():
            self._by_role[self.nodes[id_].role_arn] += activities
        self._known: dict[str, tuple[Node, Node]] = {}
        """Identities met at addresses, each with its root; of a workload's own session the root says nothing more."""
        self._roots: dict[str, Node] = {}
        self._near: dict[str, tuple[Neighbour, ...]] = {}

    def world(self) -> World:
        """What the subjects are held against. It holds this case and must not be held by it: the collector is paused while
        places are judged, and would come too late for a circle of 90 MB."""
        return World(
            self._ground.estate, self._ground.told, self._ground.ranges, self._neighbours, lru_cache(MOST_MET)(self._customs),
            self._workloads_at,
        )  # fmt: skip

    def _customs(self, role_arn: str) -> Customs:
        return Customs(self._by_role.get(role_arn, ()))

    def _with_their_roles(self) -> list[str]:
        """The sessions asked for, all of their workloads, and the latest of their roles: habits are a role's."""
        asked = [node for id_, node in self.nodes.items() if id_ in self._only]
        roles, workloads = {node.role_arn for node in asked}, {workload_of(node) for node in asked}
        mine = [node.id for node in self.nodes.values() if workload_of(node) in workloads]
        of_roles = sorted((node for node in self.nodes.values() if node.role_arn in roles), key=lambda node: -node.issued_at)
        return list(dict.fromkeys([*mine, *(node.id for node in of_roles[:MOST_OF_ROLE])]))

    def subjects(self) -> Iterable[Subject]:
        groups: dict[tuple[str, str, str], dict[str, Node]] = defaultdict(dict)
        for node in self.nodes.values():
            kind, id_ = workload_of(node)
            groups[kind, id_, node.account][node.id] = node
        for (kind, id_, account), sessions in sorted(groups.items()):
            if not self._only or self._only & sessions.keys():
                yield self._subject(kind, id_, account, sessions)

    def _subject(self, kind: str, id_: str, account: str, sessions: Mapping[str, Node]) -> Subject:
        activities = [a for id_ in sorted(sessions) for a in self._activities.get(id_, ()) if not _to_console(a)]
        delivered = any(node.workload for node in sessions.values()) or any(
            a.delivery or ":aws:ec2-instance:" in sessions[a.identity].principal_id for a in activities
        )
        principals = {node.principal_id for node in sessions.values() if node.principal_id}
        sign_ins = self._ground.sign_ins_of(sessions, principals)
        return Subject(kind, id_, account, sessions, activities, _once(sign_ins), delivered, self._ground.below(sessions))

    def _neighbours(self, address: str) -> tuple[Neighbour, ...]:
        found = self._near.get(address)
        if found is None:
            if len(self._near) >= MOST_MET:
                self._near.clear()
            found = self._near[address] = self._look_up(address)
        return found

    def _look_up(self, address: str) -> tuple[Neighbour, ...]:
        uses: dict[str, list[Activity]] = defaultdict(list)
        for a in self._graph.address_uses(address, MOST_NEIGHBOURS):
            uses[a.identity].append(a)
        self._meet(uses)
        return tuple(_neighbour(*self._known[id_], uses[id_]) for id_ in sorted(uses) if id_ in self._known)

    def _workloads_at(self, address: str) -> Collection[str]:
        """From what was read when all of it was; strangers at the address need no look-up then."""
        if self._whole:
            return self._mine.get(address, ())
        if self._of_all is not None:
            return self._of_all().get(address, ())
        return [n.identity for n in self._neighbours(address) if n.kind == "workload"]

    @cached_property
    def _mine(self) -> ByAddress:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for id_, activities in self._activities.items():
            if self.nodes[id_].workload:
                for a in activities:
                    found[a.address].add(id_)
        return dict(found)

    def _meet(self, ids: Iterable[str]) -> None:
        """Looks up what no address before led to."""
        strangers: list[str] = []
        for id_ in ids:
            mine = self.nodes.get(id_)
            if mine is not None and mine.workload:
                self._known[id_] = (mine, mine)
            elif id_ not in self._known:
                strangers.append(id_)
        rows = self._graph.rows(strangers) if strangers else {}
        roots = {row.standing.root for row in rows.values()}.difference(self._roots, ("",))
        self._roots.update((id_, row.node) for id_, row in (self._graph.rows(roots) if roots else {}).items())
        self._known.update((id_, (row.node, self._roots.get(row.standing.root, row.node))) for id_, row in rows.items())


def _share(places: int) -> int:
    """Sessions of each role and instance that are read: enough to tell its habits from, however many are asked about."""
    return max(MOST_OF_ROLE, min(MOST_SIBLINGS, MOST_AROUND // max(places, 1)))


def _neighbour(node: Node, root: Node, uses: Iterable[Activity]) -> Neighbour:
    ordered = sorted(uses, key=lambda a: (a.first_at, a.first_event))
    kind = "workload" if node.workload else "other" if root.workload or node.service_linked else "person"
    instance = node.workload_id if node.workload == "instance" else ""
    label = f"key {node.access_key_ids[0]}" if node.kind == "key" and node.access_key_ids else f"a session of {node.label}"
    return Neighbour(
        node.id, node.principal_id or node.id, kind, instance, label, ordered[0].first_at, max(a.last_at for a in ordered),
        ordered[0].first_event,
    )  # fmt: skip


def _to_console(a: Activity) -> bool:
    """Sign-ins that led to a console are judged one by one; other calls of that service are uses like any."""
    return signs_in(a) and a.first_name in TO_CONSOLE and a.last_name in TO_CONSOLE


def _once(sign_ins: Iterable[SignIn]) -> list[SignIn]:
    return list({s.event_id: s for s in sign_ins}.values())
