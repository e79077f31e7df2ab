"""Off-instance use: every use of a workload's credentials with its verdict, read from the store and the inventory."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, lru_cache

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect import told
from roletrail.detect.binding import Neighbour
from roletrail.detect.estate import Estate
from roletrail.detect.hands import Customs, signs_in
from roletrail.detect.judging import judge
from roletrail.detect.subject import TO_CONSOLE, Subject, World
from roletrail.detect.verdict import UseVerdict
from roletrail.inventory.port import Inventory
from roletrail.lineage.model import Activity, Node, SignIn
from roletrail.lineage.workload import Workload, in_scope
from roletrail.stores.cursors import foreign_cursor
from roletrail.stores.lookups import is_workload
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.present import detail_of, iso
from roletrail.usecases.chains.views import OffInstanceView, Page
from roletrail.usecases.ports import Ports

MOST_NEIGHBOURS = 5_000
MOST_BELOW = 1_000
"""Sessions below a workload's that are no witnesses of its place."""

MOST_OF_ROLE = 300
"""Sessions of a role that one workload's habits are told from; all of them when everything is judged."""

MOST_SIBLINGS, MOST_AROUND = 2_000, 20_000
"""Sessions of one role or instance, and of all that is asked about together, that news is judged beside: the latest. What a round
of a follower reads hangs on what came, not on what the store has held since years."""

ALL_TIME = 1 << 40

NETWORK = frozenset({
    "RunInstances", "TerminateInstances", "StopInstances", "StartInstances", "AllocateAddress", "ReleaseAddress", "AssociateAddress",
    "DisassociateAddress", "CreateNatGateway", "DeleteNatGateway", "CreateRoute", "ReplaceRoute", "DeleteRoute",
    "AssociateRouteTable", "DisassociateRouteTable", "CreateSubnet", "CreateVpcEndpoint",
})  # fmt: skip


def off_instance(ports: Ports, actor: Actor) -> list[OffInstanceView]:
    """Every use, those off their workload first, then the surest, then the latest."""
    require(actor, "off_instance.read")
    return [view(verdict) for verdict in sorted(judge_uses(ports.graph, ports.inventory), key=rank)]


def off_instance_page(ports: Ports, actor: Actor, limit: int, after: str = "") -> Page[OffInstanceView]:
    """At most `limit` of them (0: all) after the one whose cursor is `after`. A cursor says which use, so it holds while verdicts move."""
    found = off_instance(ports, actor)
    begin = next((n for n, one in enumerate(found, 1) if _cursor(one) == after), 0) if after else 0
    if after and not begin:
        raise foreign_cursor()
    part = found[begin : begin + limit] if limit else found[begin:]
    return Page(part, _cursor(part[-1]) if part and begin + len(part) < len(found) else None)


def _cursor(v: OffInstanceView) -> str:
    return hashlib.sha256(
        repr((v.session_id, v.access_key_id, v.source_ip_address, v.first_seen, v.hands, v.verdict)).encode()
    ).hexdigest()[:20]


def rank(v: UseVerdict) -> tuple[bool, float, int, str, str, str]:
    return not v.off, -v.confidence, -v.last_seen, v.session_id, v.access_key_id, v.source_ip_address


def view(v: UseVerdict) -> OffInstanceView:
    return OffInstanceView(
        session_id=v.session_id,
        instance_id=v.instance_id,
        account=v.account,
        role=v.role,
        access_key_id=v.access_key_id,
        source_ip_address=v.source_ip_address,
        address_class=v.address_class,
        first_seen=iso(v.first_seen),
        last_seen=iso(v.last_seen),
        count=v.count,
        verdict=v.verdict,
        confidence=v.confidence,
        hands=v.hands,
        reasons=[f"{one.text} [{', '.join(one.events)}]" if one.events else one.text for one in v.reasons],
        missing=list(v.missing),
    )


def judge_uses(graph: GraphStore, inventory: Inventory, only: Collection[str] = ()) -> list[UseVerdict]:
    """Verdicts on all uses of workloads' credentials, or on those of the workloads that own the sessions `only`."""
    case = Case(graph, inventory, frozenset(only))
    return [verdict for subject in case.subjects() for verdict in judge(subject, case.world)]


class Case:
    """What one judging reads, each thing once."""

    def __init__(self, graph: GraphStore, inventory: Inventory, only: frozenset[str] = frozenset()) -> None:
        self._graph = graph
        self._inventory = inventory
        self._nodes = {
            node.id: node
            for node in self._around(only)
            if node.kind == "session" and ":aws:ec2-infrastructure" not in node.principal_id
        }
        actions = self._graph.actions_named(NETWORK | told.LATERAL) if self._nodes else ()  # a pass over all that was done
        sign_ins = self._graph.sign_ins_named(TO_CONSOLE) if self._nodes else ()
        self._told = told.facts_of(actions)
        self._sign_ins = [s for s in sign_ins if s.success != "false" and s.type == "AssumedRole"]
        self._only = only
        read = self._with_their_roles() if only else self._nodes
        self._activities: dict[str, list[Activity]] = defaultdict(list)
        for a in self._graph.activities_of(read, 0, ALL_TIME):
            self._activities[a.identity].append(a)
        estate = Estate((*self._inventory.facts(), *self._told.facts), self._inventory.organisation())
        self._by_role: dict[str, list[Activity]] = defaultdict(list)
        for id_, activities in self._activities.items():
            self._by_role[self._nodes[id_].role_arn] += activities
        self._estate = estate
        self._known: dict[str, tuple[Node, Node]] = {}
        """Identities met at addresses, each with its root; of a workload's own session the root says nothing more."""
        self._roots: dict[str, Node] = {}

    @cached_property
    def world(self) -> World:
        """Made when there is something to judge: address ranges take longer to read than a small run has to judge."""
        return World(
            self._estate, self._told, self._inventory.ranges(), lru_cache(4096)(self._neighbours), lru_cache(4096)(self._customs),
            self._workloads_at,
        )  # fmt: skip

    def _around(self, only: Collection[str]) -> Iterable[Node]:
        """All sessions of workloads; or, of the workloads' among those asked for, the latest of their roles and instances."""
        if not only:
            return self._graph.workload_nodes()
        asked = [row.node for row in self._graph.rows(only).values() if is_workload(row.node)]
        roles = {node.role_arn for node in asked}
        instances = {id_ for kind, id_ in map(workload_of, asked) if kind == "instance"}
        most = _share(len(roles) + len(instances))
        ids = {node.id for node in asked}
        for role_arn in roles:
            ids.update(self._graph.siblings_by_role(role_arn, most)[0])
        for id_ in instances:
            ids.update(self._graph.entity_sessions("instance", id_, most)[0])
        return (row.node for row in self._graph.rows(ids).values() if is_workload(row.node))

    def _customs(self, role_arn: str) -> Customs:
        return Customs(self._by_role.get(role_arn, ()))

    def _with_their_roles(self) -> list[str]:
        """The sessions asked for, all of their workloads, and the latest of their roles: habits are a role's."""
        asked = [node for id_, node in self._nodes.items() if id_ in self._only]
        roles, workloads = {node.role_arn for node in asked}, {workload_of(node) for node in asked}
        mine = [node.id for node in self._nodes.values() if workload_of(node) in workloads]
        of_roles = sorted((node for node in self._nodes.values() if node.role_arn in roles), key=lambda node: -node.issued_at)
        return list(dict.fromkeys([*mine, *(node.id for node in of_roles[:MOST_OF_ROLE])]))

    def subjects(self) -> Iterable[Subject]:
        groups: dict[tuple[str, str, str], dict[str, Node]] = defaultdict(dict)
        for node in self._nodes.values():
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
        sign_ins = [s for s in self._sign_ins if s.identity in sessions or s.principal_id in principals]
        return Subject(kind, id_, account, sessions, activities, _once(sign_ins), delivered, self._below(sessions))

    def _below(self, sessions: Mapping[str, Node]) -> frozenset[str]:
        """Identities whose calls told of addresses, and that came from these sessions."""
        return frozenset(id_ for id_, above in self._tellers.items() if not above.isdisjoint(sessions))

    @cached_property
    def _tellers(self) -> dict[str, frozenset[str]]:
        """Whoever told of addresses, each with the identities on its path."""
        tellers = {actor for fact in self._told.facts if (actor := getattr(fact, "actor", ""))}
        tellers |= {change.actor for changes in self._told.changes.values() for change in changes} - {""}
        return {id_: frozenset(step.id for step in path) for id_, path in self._graph.paths(tellers).items()}

    def _neighbours(self, address: str) -> tuple[Neighbour, ...]:
        uses: dict[str, list[Activity]] = defaultdict(list)
        for a in self._graph.address_uses(address, MOST_NEIGHBOURS):
            uses[a.identity].append(a)
        self._meet(uses)
        return tuple(_neighbour(*self._known[id_], uses[id_]) for id_ in sorted(uses) if id_ in self._known)

    def _workloads_at(self, address: str) -> Collection[str]:
        """From what was read when that is all there is; strangers at the address need no look-up then."""
        if self._only:
            return [n.identity for n in self.world.neighbours(address) if n.kind == "workload"]
        return self._by_address.get(address, ())

    @cached_property
    def _by_address(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for id_, activities in self._activities.items():
            if self._nodes[id_].workload:
                for a in activities:
                    found[a.address].add(id_)
        return dict(found)

    def _meet(self, ids: Iterable[str]) -> None:
        """Looks up what no address before led to."""
        strangers: list[str] = []
        for id_ in ids:
            mine = self._nodes.get(id_)
            if mine is not None and mine.workload:
                self._known[id_] = (mine, mine)
            elif id_ not in self._known:
                strangers.append(id_)
        rows = self._graph.rows(strangers) if strangers else {}
        roots = {row.standing.root for row in rows.values()} - self._roots.keys() - {""}
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


def workload_of(node: Node) -> Workload:
    """The instance of inScopeOf before the issuance's, before the name alone."""
    scope = detail_of(node).get("in_scope_of") if '"in_scope_of"' in node.detail else None
    said = in_scope(scope) if isinstance(scope, str) and scope else None
    if said is not None:
        return said
    if node.workload:
        return Workload(node.workload, node.workload_id)
    return Workload("instance", node.name)
