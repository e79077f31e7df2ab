"""What a containment plan stands on, asked of the store: the chain, what its credentials did, and who else uses their roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from roletrail.detect.containment import Case, RoleUse, RoleUser, Subject
from roletrail.detect.containment.case import is_pseudo_role, is_role_session
from roletrail.detect.estate import Fact, InstanceFact
from roletrail.detect.marks import Sides
from roletrail.detect.told import SCALING, scaling_groups
from roletrail.lineage.model import Action, Issuance, event_id_of
from roletrail.stores.port import GraphStore, NodeRow

DAY, WEEK = 86_400, 7 * 86_400
MOST_IDENTITIES = 2_000
MOST_ACTIONS = 10_000
MOST_USERS = 1_000
USERS_AT_ONCE = 200
"""Sessions of one role that are counted as its other users."""


class Gathered(NamedTuple):
    case: Case
    more: bool  # there are more identities than were looked at


class Options(NamedTuple):
    """What the logs do not say. `sides` None: everything on the path, below it, and what that created is the attacker's."""

    sides: Sides | None = None
    responders: tuple[str, ...] = ()
    management: frozenset[str] = frozenset()
    inventory: tuple[Fact, ...] = ()


def gather(graph: GraphStore, ids: Sequence[str], options: Options) -> Gathered:
    """The case of one session or of several: their paths, what lies below them, what the same credentials obtained since."""
    line, more = _line(graph, ids)
    beside = _beside(graph, ids, line)
    known = graph.rows([*line, *beside])
    if options.sides is not None:
        marked = _marked(graph, known.values(), options.sides)
        known |= marked
        line = [id_ for id_ in dict.fromkeys([*line, *marked]) if id_ not in options.sides.ours]
        beside = [id_ for id_ in beside if id_ not in marked and id_ not in options.sides.ours]
    attacker = set(line)
    issuances = graph.issuances_for([proof for row in known.values() if (proof := _proof(row))])
    subjects = {id_: _subject(known[id_], issuances, id_ in attacker) for id_ in [*line, *beside] if id_ in known}
    actions = _deeds(graph, [id_ for id_ in subjects if id_ in attacker])
    until = graph.totals().last_at
    accounts = {one.node.account for one in subjects.values() if one.node.account} | {a.account for a in actions}
    case = Case(
        subjects=subjects,
        actions=actions,
        roles=_roles(graph, subjects, until),
        management=options.management | _managing(issuances.values(), actions),
        responders=options.responders,
        logging={account: tuple(graph.logging_changes(account)) for account in sorted(accounts)},
        groups=_groups(graph, subjects.values(), options.inventory),
        until=until,
    )
    return Gathered(case, more)


def _line(graph: GraphStore, ids: Sequence[str]) -> tuple[list[str], bool]:
    """Paths first, root to session, then what lies below."""
    paths = graph.paths(ids)
    found = [step.id for id_ in ids for step in paths.get(id_, [])]
    more = False
    for id_ in ids:
        below, cut = graph.descendants(id_, MOST_IDENTITIES)
        found += below
        more |= cut
    return list(dict.fromkeys(found))[:MOST_IDENTITIES], more or len(found) > MOST_IDENTITIES


def _beside(graph: GraphStore, ids: Sequence[str], line: Collection[str]) -> list[str]:
    """Role sessions that the topmost credential of a path obtained outside the line since the chain began: nothing tells
    whose they are. What an origin (a service, a provider) handed to others is not looked at."""
    found: dict[str, None] = {}
    for path in graph.paths(ids).values():
        rows = graph.rows([step.id for step in path])
        top = next((rows[step.id] for step in path if step.id in rows and rows[step.id].node.kind in {"key", "session"}), None)
        started = min((row.node.issued_at for row in rows.values() if row.node.issued_at), default=0)
        if top is None or not started:
            continue
        below, _ = graph.descendants(top.node.id, MOST_IDENTITIES)
        fresh = [id_ for id_ in below if id_ not in line]
        found |= {
            id_: None for id_, row in graph.rows(fresh).items() if row.node.kind == "session" and row.node.issued_at >= started
        }
    return sorted(found)


def _marked(graph: GraphStore, known: Iterable[NodeRow], sides: Sides) -> dict[str, NodeRow]:
    """What people marked as the attacker's in the lineages the plan is about: another incident's marks make another plan."""
    roots = {row.standing.root for row in known}
    rows = graph.rows(sorted(sides.attacker)[:MOST_IDENTITIES])
    return {id_: row for id_, row in sorted(rows.items()) if row.standing.root in roots}


def _proof(row: NodeRow) -> str:
    edge = next((edge for edge in row.edges if not edge.pivot and edge.evidence), None)
    return event_id_of(edge.evidence[0]) if edge else ""


def _subject(row: NodeRow, issuances: dict[str, Issuance], attacker: bool) -> Subject:
    issued = issuances.get(_proof(row))
    return Subject(
        node=row.node,
        edges=row.edges,
        parent=row.standing.parent,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        region=issued.region if issued else "",
        issued_by=issued,
        attacker=attacker,
    )


def _deeds(graph: GraphStore, ids: Sequence[str]) -> tuple[Action, ...]:
    found = [action for action in graph.actions_of(ids, MOST_ACTIONS) if not action.error_code]
    return tuple(sorted(found, key=lambda action: (action.at, action.event_id)))


def _managing(issuances: Iterable[Issuance], actions: Iterable[Action]) -> set[str]:
    """Accounts that did what only a management account (or its delegate) can."""
    asked = {i.parent_account for i in issuances if i.family == "root_task" and i.parent_account}
    return asked | {
        a.account for a in actions if a.event_source == "organizations.amazonaws.com" and a.event_name != "LeaveOrganization"
    }


def _groups(graph: GraphStore, subjects: Iterable[Subject], inventory: Iterable[Fact]) -> dict[str, str]:
    """Auto scaling groups of the plan's instances: what an inventory says, and CloudTrail's word before it."""
    instances = {one.node.workload_id for one in subjects if one.node.workload == "instance"}
    if not instances:
        return {}
    facts = [fact for fact in inventory if isinstance(fact, InstanceFact) and fact.instance in instances and not fact.until]
    return {fact.instance: fact.group for fact in facts} | scaling_groups(graph.actions_named(SCALING), instances)


# --- who else uses the roles ---


def _roles(graph: GraphStore, subjects: dict[str, Subject], until: int) -> dict[str, RoleUse]:
    roles = dict.fromkeys(
        one.node.role_arn for one in subjects.values() if is_role_session(one.node) and not is_pseudo_role(one.node)
    )
    return {role: _use(graph, role, subjects, until) for role in roles}


def _use(graph: GraphStore, role: str, subjects: dict[str, Subject], until: int) -> RoleUse:
    others, after = _users(graph, role, subjects, until - WEEK)
    week = [row for row in others if _lately(row) > until - WEEK]
    day = [row for row in week if _lately(row) > until - DAY]
    parents = graph.rows({row.standing.parent for row in day if row.standing.parent})
    labels = {id_: row.node.label for id_, row in parents.items()}
    users = [_user(row, labels.get(row.standing.parent, ""), until) for row in day]
    day_users = tuple(sorted(users, key=lambda user: (-user.last_seen, user.id)))
    cut = bool(after) and len(week) == len(others)
    return RoleUse(day_users, len(week), cut, *_calls(graph, role, subjects, [row.node.id for row in week], until))


def _users(graph: GraphStore, role: str, subjects: dict[str, Subject], since: int) -> tuple[list[NodeRow], str]:
    """Other sessions of a role, the latest first, up to a page that ends before `since`; and whether there may be more."""
    found: list[NodeRow] = []
    after = ""
    for _ in range(MOST_USERS // USERS_AT_ONCE):
        ids, after = graph.siblings_by_role(role, USERS_AT_ONCE, after)
        rows = graph.rows([id_ for id_ in ids if id_ not in subjects])
        found += [row for row in rows.values() if row.node.kind == "session"]
        if not after or (rows and all(_lately(row) <= since for row in rows.values())):
            break
    return found, after


def _calls(graph: GraphStore, role: str, subjects: dict[str, Subject], others: Sequence[str], until: int) -> tuple[int, int]:
    """Direct calls of a role of instances in seven days, and how many of them came through a VPC endpoint."""
    mine = [one.node for one in subjects.values() if one.node.role_arn == role]
    if not all(node.workload == "instance" for node in mine):
        return 0, 0
    ids = [*(node.id for node in mine), *others]
    direct = [one for one in graph.activities_of(ids, until - WEEK, until + 1) if not one.invoked_by]
    return sum(one.count for one in direct), sum(one.count for one in direct if one.vpce_id)


def _lately(row: NodeRow) -> int:
    return max(row.last_seen, row.node.issued_at)


def _user(row: NodeRow, parent: str, until: int) -> RoleUser:
    name = f"{row.node.label} / {row.node.name}" if row.node.name else row.node.label
    return RoleUser(row.node.id, name, _lately(row), row.uses, parent, not row.node.expires or row.node.expires > until)
