"""Pivots: something a credential made or took over, used later by somebody; kind CREATED.

A credential pivot (a key, a password) hands its maker's path on. A workload pivot (an instance, a function, a task, a
command, and trust given to others) begins a new segment: `chain.CREDENTIAL_PIVOTS` says which is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from roletrail.lineage import workload
from roletrail.lineage.link import anchors, touch
from roletrail.lineage.link.case import Case, Found
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.grant import LOGIN, ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.link.touch import Touch, base_name
from roletrail.lineage.model import Action, Edge, Seen
from roletrail.lineage.workload import Workload

RULE = "PIVOT"
CREATED_KEY, REACTIVATED_KEY = 1.0, 0.9
PASSWORD, PASSWORD_OF_KNOWN_USER = 0.85, 0.70
STARTED_INSTANCE, OTHER_INSTANCE = 0.95, 0.70
CHANGED_FUNCTION = 0.85
COMMAND, COMMAND_THEN_IAM_WRITE = 0.55, 0.85
ROLE_PASSED, ROLE_PASSED_ALONE = 0.70, 0.85
CHANGED_PROVIDER, CHANGED_TRUST, CHANGED_ANCHOR, CHANGED_PERMISSION_SET = 0.90, 0.85, 0.80, 0.75
IAM_WRITE_WITHIN = 900
PASSED_WITHIN = 1800
_INSTANCE_SESSION_LIFE = 23400
"""EC2 credentials live up to 6 h 30 min (semantics 2.2)."""

_STARTS = {"RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"}
_CODE = {"CreateFunction": "code", "UpdateFunctionCode": "code"}


def edges(case: Case) -> list[Found]:
    """Pivots into this identity. Actions after it began made nothing it is, except commands on its instance."""
    if not case.known.touching:
        return []
    if case.seen is not None and case.seen.caller.kind == "key":
        return _key(case, case.seen)
    found = [*_workload(case)]
    for g in case.grants:
        i = g.told
        if i.family == LOGIN and i.child_type == "IAMUser":
            found += _password(case, touch.user_key(i.account, i.session_name))
        elif g.foreign:
            found += _trust(case, touch.role_key(i.role_account, i.role_arn), i.parent_account)
        elif i.provider and i.family in {"saml", "web"}:
            found += _provider(case, i.provider, i.role_name)
    return _best_each(found)


def touches_of(case: Case) -> tuple[int, ...]:
    """Anchors of the actions that may be pivots into this identity, beyond what its own keys lead to."""
    found: list[int] = []
    target = _workload_of(case)
    if target is not None and target.kind in {"instance", "function"}:
        found.append(anchors.touched(*target))
        if target.kind == "instance":
            found.append(anchors.wrote(case.id))
    elif target is not None:
        role = _role_name(case)
        found += [*anchors.passed_roles(role, case.created), *anchors.on_roles(role, case.created)] if role else []
        found += anchors.on_roles(role, case.created - PASSED_WITHIN) if role else []
        found.append(anchors.touched("anywhere", role))
    for g in case.grants:
        i = g.told
        if i.family == LOGIN and i.child_type == "IAMUser":
            found.append(anchors.touched("user", touch.user_key(i.account, i.session_name)))
        elif g.foreign:
            found.append(anchors.touched("trust", touch.role_key(i.role_account, i.role_arn)))
        elif i.provider and i.family in {"saml", "web"}:
            found.append(anchors.touched("provider", i.provider))
            if i.role_name.startswith(anchors.SSO_ROLE):
                found.append(anchors.touched("permission_set", anchors.permission_set(i.role_name)))
    return tuple(found)


def _edge(
    case: Case, a: Action, pivot: str, confidence: float, *, child_key: str = "", more: Iterable[Action] = ()
) -> list[Found]:
    if not a.identity or a.identity == case.id:
        return []
    evidence = (ref(a.at, a.event_id), *(ref(b.at, b.event_id) for b in more))
    first = case.seen.caller if case.seen else None
    if first and first.first_event:
        evidence = (*evidence, ref(first.first_at, first.first_event))
    evidence = tuple(dict.fromkeys(evidence))  # what it wrote may be its first call
    edge = Edge(
        kind="CREATED", parent=a.identity, child=case.id, parent_key=a.access_key_id, child_key=child_key, at=a.at, rule=RULE,
        confidence=confidence, evidence=evidence, pivot=pivot, conflict="", note=base_name(a.event_name),
    )  # fmt: skip
    return [Found(edge)]


def _before(case: Case, kind: str, id_: str) -> list[Action]:
    """Actions on something, up to the moment this identity began."""
    return [a for a in case.known.touching.get(Touch(kind, id_), ()) if a.at <= case.created + SLACK]


def _best_each(found: list[Found]) -> list[Found]:
    """Of one actor's pivots of one kind, the surest and then the latest."""
    best: dict[tuple[str, str, str, str], Found] = {}
    for f in found:
        key = (f.edge.parent, f.edge.pivot, f.edge.parent_key, f.edge.child_key)
        other = best.get(key)
        if other is None or _rank(f.edge) > _rank(other.edge):
            best[key] = f
    return list(best.values())


def _rank(edge: Edge) -> tuple[float, int, tuple[str, ...]]:
    return edge.confidence, edge.at, edge.evidence


# --- credential pivots ----------------------------------------------------------------------------------------------


def _key(case: Case, seen: Seen) -> list[Found]:
    found: list[Found] = []
    for use in seen.credentials:
        for a in case.known.touching.get(Touch("access_key", use.access_key_id), ()):
            # A key cannot be used before it is made; one used before it was switched on again was nobody's gift.
            if seen.caller.first_at < a.at - SLACK:
                continue
            confidence = key_confidence(a)
            if confidence:
                found += _edge(case, a, "access_key", confidence, child_key=use.access_key_id)
    return _best_each(found)


def key_confidence(a: Action) -> float:
    if a.event_name == "CreateAccessKey":
        return CREATED_KEY
    return REACTIVATED_KEY if detail_of(a.detail).get("status") == "Active" else 0.0


def _password(case: Case, user: str) -> list[Found]:
    """The latest change of the password before the sign-in. ChangePassword is always the user's own."""
    actions = _before(case, "user", user)
    changes = [a for a in actions if a.event_name in {"CreateLoginProfile", "UpdateLoginProfile"}]
    if not changes:
        return []
    last = max(changes, key=lambda a: (a.at, a.event_id))
    made = last.event_name == "CreateLoginProfile" or any(a.event_name == "CreateUser" for a in actions)
    return _edge(case, last, "login_profile", PASSWORD if made else PASSWORD_OF_KNOWN_USER)


# --- workload pivots ------------------------------------------------------------------------------------------------


def _workload_of(case: Case) -> Workload | None:
    """The workload this session was delivered to, by its issuance or by inScopeOf; a session name proves nothing."""
    for g in case.grants:
        if g.told.family == "service":
            return workload.delivered_by(g.told.parent_label or g.told.invoked_by, g.told.session_name)
    scope = case.seen.caller.in_scope_of if case.seen else ""
    return workload.in_scope(scope) if scope else None


def _role_name(case: Case) -> str:
    for g in case.grants:
        return g.told.role_name
    return ""


def _workload(case: Case) -> list[Found]:
    target = _workload_of(case)
    if target is None:
        return []
    maker: Callable[[Case, Workload], list[Found]] = {"instance": _instance, "function": _function}.get(target.kind, _passed)
    return maker(case, target)


def _instance(case: Case, target: Workload) -> list[Found]:
    found: list[Found] = []
    for a in _latest_each(_before(case, *target), lambda name: name if name in _STARTS else ""):
        detail = detail_of(a.detail)
        given = detail.get("instance_profile") or detail.get("launch_template")
        found += _edge(case, a, "instance", STARTED_INSTANCE if given else OTHER_INSTANCE)
    for a in case.known.touching.get(Touch(*target), ()):
        if (
            base_name(a.event_name) not in _STARTS
            and case.created - PASSED_WITHIN <= a.at <= case.created + _INSTANCE_SESSION_LIFE
        ):
            found += _command(case, a)
    return found


def _command(case: Case, a: Action) -> list[Found]:
    wrote = [w for w in case.known.written.get(case.id, ()) if a.at <= w.at <= a.at + IAM_WRITE_WITHIN]
    return _edge(case, a, "command", COMMAND_THEN_IAM_WRITE if wrote else COMMAND, more=wrote[:1])


def _function(case: Case, target: Workload) -> list[Found]:
    """What runs is the latest code with the latest configuration; earlier versions are not this session's doing."""
    latest = _latest_each(_before(case, *target), lambda name: _CODE.get(name, name))
    return [f for a in latest for f in _edge(case, a, "function", CHANGED_FUNCTION)]


def _latest_each(actions: Iterable[Action], group: Callable[[str], str]) -> list[Action]:
    latest: dict[str, Action] = {}
    for a in actions:
        name = group(base_name(a.event_name))
        if name and (name not in latest or (latest[name].at, latest[name].event_id) < (a.at, a.event_id)):
            latest[name] = a
    return [latest[name] for name in sorted(latest)]


def _passed(case: Case, target: Workload) -> list[Found]:
    """A service got credentials of a role within half an hour of being handed it."""
    told = next((g.told for g in case.grants if g.told.family == "service"), None)
    if told is None:
        return []
    service = workload.service_name(told.parent_label or told.invoked_by)
    if service == "rolesanywhere":
        actions = _before(case, "anywhere", told.role_name)
        return [f for a in _latest_each(actions, str) for f in _edge(case, a, "trust_anchor", CHANGED_ANCHOR)]
    found: list[Found] = []
    for a in _before(case, "passed", told.role_name):
        if a.at >= case.created - PASSED_WITHIN and _same_service(a.event_source, service):
            sure = _names_it(a, told.session_name) or _alone(case, a, told.role_arn, service)
            found += _edge(case, a, target.kind, ROLE_PASSED_ALONE if sure else ROLE_PASSED)
    return found


_RUNS_AS = {"batch": "ecs-tasks", "eks": "pods.eks", "ecs": "ecs-tasks"}


def _same_service(event_source: str, service: str) -> bool:
    source = workload.service_name(event_source)
    return service == source or _RUNS_AS.get(source) == service


def _names_it(a: Action, session_name: str) -> bool:
    last = a.target.rpartition("/")[2]
    return len(last) > 3 and last in session_name


def _alone(case: Case, a: Action, role_arn: str, service: str) -> bool:
    """True when the service got no other session on the role in those 30 minutes."""
    children = {
        g.told.child
        for g in (*case.known.grants, *case.known.others)
        if g.told.family == "service"
        and g.told.role_arn == role_arn
        and workload.service_name(g.told.parent_label or g.told.invoked_by) == service
        and a.at - SLACK <= g.told.at <= a.at + PASSED_WITHIN
    }
    return len(children) <= 1


# --- trust given to others ------------------------------------------------------------------------------------------


def _provider(case: Case, provider: str, role_name: str) -> list[Found]:
    found = [
        f for a in _latest_each(_before(case, "provider", provider), str) for f in _edge(case, a, "provider", CHANGED_PROVIDER)
    ]
    if role_name.startswith(anchors.SSO_ROLE):
        sets = _before(case, "permission_set", anchors.permission_set(role_name))
        found += [f for a in _latest_each(sets, str) for f in _edge(case, a, "permission_set", CHANGED_PERMISSION_SET)]
    return found


def _trust(case: Case, role: str, account: str) -> list[Found]:
    """The latest change of the role's trust, when what it says lets the stranger's account in."""
    latest = _latest_each(_before(case, "trust", role), lambda _: "trust")
    return [f for a in latest if _lets_in(a, account) for f in _edge(case, a, "trust", CHANGED_TRUST)]


def _lets_in(a: Action, account: str) -> bool:
    policy = str(detail_of(a.detail).get("policy", ""))
    return bool(account) and (account in policy or '"*"' in policy)


def of_created_key(key: str, a: Action) -> Edge:
    """The edge to a key nobody was seen using."""
    return Edge(
        kind="CREATED", parent=a.identity, child=key, parent_key=a.access_key_id, child_key=a.target, at=a.at, rule=RULE,
        confidence=CREATED_KEY, evidence=(ref(a.at, a.event_id),), pivot="access_key", conflict="", note=a.event_name,
    )  # fmt: skip
