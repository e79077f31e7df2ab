"""Phase 2: revoke the sessions of every role on the chain. The parent's revocation does not touch its children: each role has its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roletrail.detect.containment import documents
from roletrail.detect.containment.case import Case, Subject, is_portal_role, role_name_of, role_sessions, usable, usable_name
from roletrail.detect.containment.step import SET_TIME, Alternative, Check, Document, Step, Stops, aws
from roletrail.detect.containment.step import Action as Does


def steps(case: Case) -> list[Step]:
    by_role = role_sessions(case)
    juggled = _cycles(case, by_role)
    together = {role for group in juggled for role in group}
    found: list[Step] = []
    for role, sessions in by_role.items():
        if sessions[0].node.service_linked:
            found.append(_service_linked(role, sessions))
        elif not is_portal_role(sessions[0].node) and role not in together:
            found.append(_revoke(case, role, sessions))
    first = {group[0]: group for group in juggled}
    return _in_order(found, [_together(case, group, by_role) for group in first.values()], list(by_role))


def _in_order(alone: list[Step], groups: list[Step], order: Sequence[str]) -> list[Step]:
    place = {role_name_of(role): n for n, role in reversed(list(enumerate(order)))}
    return sorted([*groups, *alone], key=lambda step: min(place.get(role, 0) for role in step.roles))


# --- one role ---


def _revoke(case: Case, role: str, sessions: Sequence[Subject]) -> Step:
    node, name = sessions[0].node, role_name_of(role)
    printable = usable_name(name)
    words = ("--role-name", name, "--policy-name", documents.REVOKE)
    suspicious = [one for one in sessions if one.attacker]
    return Step(
        phase=2,
        name="revoke sessions",
        target=name,
        account=node.account,
        roles=(name,),
        title=f"Revoke the sessions of role {name} in {node.account}",
        why=_why(suspicious),
        console=("IAM", "Roles", name, "Revoke sessions", "Revoke active sessions"),
        does=_put(node.account, name) if printable else (),
        alternative=_other_way(case, role, suspicious) if printable else None,
        stops=stopped(case, [role], sessions),
        others=(role,),
        breaks=_breaks(sessions),
        permissions=("iam:PutRolePolicy",),
        undo=(aws(node.account, "iam", "delete-role-policy", *words),) if printable else (),
        undo_text="Delete the policy 12 hours later: by then every session it denies has expired.",
        survives="Sessions of other roles that these sessions obtained: each has a step of its own. Sessions issued after T: "
        "phase 3 looks for them.",
        notes=() if printable else ("The name of this role, as logged, is no name IAM accepts: no command is printed.",),
        checks=_checks(role, sessions),
    )


def _breaks(sessions: Sequence[Subject]) -> str:
    delivered = any(one.node.workload == "instance" for one in sessions)
    return "Every session of this role issued until then, whoever holds it; each can be asked for again at once." + (
        " Other instances of this role fail until newer credentials are delivered to them: associating their profile again brings those."
        if delivered
        else ""
    )


def _why(suspicious: Sequence[Subject]) -> str:
    if not suspicious:
        return (
            "A credential of this chain obtained sessions of this role outside the chain. While that credential was in the "
            "attacker's hands, nothing tells them apart."
        )
    number = "1 session of the chain is" if len(suspicious) == 1 else f"{len(suspicious)} sessions of the chain are"
    return (
        f"{number} of this role. Nobody can cancel what is issued, but each call is judged anew: a deny of everything issued before T "
        "ends it. T is set as the step runs, because it has to be later than the newest of them."
    )


def _put(account: str, name: str) -> tuple[Does, ...]:
    return (SET_TIME, *_put_document(account, name, "revoke", documents.REVOKE, documents.revoke_older()))


ENDING = (documents.REVOKE, documents.DENY_SESSION, documents.DENY_SOURCE, documents.DENY_OFF_INSTANCE)
"""Policies that end the sessions of a role, the narrower ones too."""
LEAST_BY_ENDPOINT = 0.99
"""Share of a role's direct calls that must go through VPC endpoints before a deny of off-instance use is printed: for a role that
leaves by NAT it would be an outage (semantics 7.5)."""


def _other_way(case: Case, role: str, suspicious: Sequence[Subject]) -> Alternative | None:
    return _off_instance(case, role, suspicious) or _by_source(case, role, suspicious) or _narrower(case, role, suspicious)


def _off_instance(case: Case, role: str, suspicious: Sequence[Subject]) -> Alternative | None:
    """For credentials that were carried away from their instance: the instance goes on working."""
    use = case.roles.get(role)
    delivered = bool(suspicious) and all(one.node.workload == "instance" for one in suspicious)
    if use is None or not delivered or not use.direct or use.by_endpoint < LEAST_BY_ENDPOINT * use.direct:
        return None
    return Alternative(
        "Denies these credentials away from their instance alone, and lets the instance go on. Of the role's "
        f"{use.direct:,} direct calls of seven days {use.direct - use.by_endpoint:,} did not go through a VPC endpoint: those it "
        "would have denied. It does nothing against somebody who works through the instance.",
        _put_document(
            suspicious[0].node.account,
            role_name_of(role),
            "deny-off-instance",
            documents.DENY_OFF_INSTANCE,
            documents.deny_off_instance(),
        ),
    )


def _by_source(case: Case, role: str, suspicious: Sequence[Subject]) -> Alternative | None:
    """Where somebody else uses the role and all that is suspicious carries one source identity: it holds for sessions to come, too."""
    use = case.roles.get(role)
    carried = {one.node.source_identity for one in suspicious}
    name = next(iter(carried), "")
    if use is None or not use.day or len(carried) != 1 or not usable_name(name):
        return None
    account = suspicious[0].node.account
    return Alternative(
        f"Denies every session of this role that carries the source identity {name}, those to come too, and spares the others. Right "
        "only where the trust policy of the chain's first role, or its identity provider, sets the source identity (sts:SourceIdentity): "
        "else the next chain begins without it. Whoever carries it rightfully is denied as well.",
        _put_document(account, role_name_of(role), "deny-source", documents.DENY_SOURCE, documents.deny_source_identity(name)),
    )


def _put_document(account: str, name: str, what: str, policy_name: str, document: documents.Policy) -> tuple[Does, ...]:
    file = f"{what}-{account}-{name}.json"
    words = ("--role-name", name, "--policy-name", policy_name, "--policy-document", f"file://{file}")
    return (Document(file, document), aws(account, "iam", "put-role-policy", *words))


def _narrower(case: Case, role: str, suspicious: Iterable[Subject]) -> Alternative | None:
    """Only where somebody else uses the role: the session by its unique id and name, and no session to come."""
    use = case.roles.get(role)
    ids = sorted({one.node.principal_id for one in suspicious if ":" in one.node.principal_id and usable(one.node.principal_id)})
    if use is None or not use.day or not ids:
        return None
    account = next(one.node.account for one in suspicious)
    return Alternative(
        f"Spares the other sessions of this role. Only once nothing can ask for a session of it any more: a session name is the "
        f"caller's choice, so a new one escapes this. Denies {', '.join(ids[:3])}{' and more' if len(ids) > 3 else ''}.",
        (
            SET_TIME,
            *_put_document(account, role_name_of(role), "deny-session", documents.DENY_SESSION, documents.deny_sessions(ids)),
        ),
    )


def stopped(case: Case, roles: Iterable[str], sessions: Iterable[Subject]) -> Stops:
    mine = list(sessions)
    ids = [one.node.id for one in mine]
    for role in roles:
        use = case.roles.get(role)
        ids += [user.id for user in use.day if user.may_live] if use else []
    return Stops(tuple(dict.fromkeys(ids)), tuple(one.node.id for one in mine if one.attacker))


def _checks(role: str, sessions: Sequence[Subject]) -> tuple[Check, ...]:
    node, name = sessions[0].node, role_name_of(role)
    hit = tuple(one.node.id for one in sessions if one.attacker)
    return (Check(node.account, ("PutRolePolicy",), name, policies=ENDING, denies=hit, role=role),)


# --- roles that obtain each other ---


def _cycles(case: Case, by_role: dict[str, list[Subject]]) -> list[list[str]]:
    """Groups of roles of which each obtained sessions of the next, around; a role that assumes itself is a group of one."""
    onward: dict[str, set[str]] = {}
    for role, sessions in by_role.items():
        for one in sessions:
            above = case.subjects.get(one.parent)
            if above is not None and above.node.role_arn in by_role and not above.node.service_linked:
                onward.setdefault(above.node.role_arn, set()).add(role)
    reach = {role: _reached(role, onward) for role in by_role}
    groups: list[list[str]] = []
    for role in by_role:
        group = [other for other in by_role if role in reach[other] and other in reach[role]]
        if group and not any(role in known for known in groups):
            groups.append(group)
    return [group for group in groups if not any(is_portal_role(by_role[role][0].node) for role in group)]


def _reached(role: str, onward: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(onward.get(role, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += onward.get(one, ())
    return found


def _together(case: Case, group: Sequence[str], by_role: dict[str, list[Subject]]) -> Step:
    """First nobody may ask, then everything issued until then is denied: else the survivor asks anew after the other's T."""
    sessions = [one for role in group for one in by_role[role]]
    members = [(by_role[role][0].node.account, role_name_of(role)) for role in group]
    printable = [(account, name) for account, name in members if usable_name(name)]
    names = tuple(name for _, name in members)
    hold: list[Does] = [Document("quarantine-roles.json", documents.deny_all())]
    revoke: list[Does] = [SET_TIME]
    lift: list[Does] = []
    for account, name in printable:
        words = ("--role-name", name, "--policy-name", documents.QUARANTINE)
        hold.append(aws(account, "iam", "put-role-policy", *words, "--policy-document", "file://quarantine-roles.json"))
        revoke += _put(account, name)[1:]
        lift.append(aws(account, "iam", "delete-role-policy", *words))
    return Step(
        phase=2,
        name="revoke sessions",
        target="+".join(names),
        account=members[0][0],
        roles=names,
        title=f"Revoke the sessions of {' and '.join(names)} all at once",
        why=f"Sessions of {' and '.join(names)} obtain each other: whichever is revoked first is asked for again by the other. So "
        "all are denied everything first, then everything issued until then is revoked, and only phase 3 lifts the first deny.",
        console=(
            "IAM",
            "Roles",
            "each of them",
            "Add permissions, Create inline policy",
            "Paste quarantine-roles.json",
            "then Revoke sessions on each",
        ),
        does=(*hold, *revoke),
        stops=stopped(case, group, sessions),
        others=tuple(group),
        breaks="Everybody who uses one of these roles, until the quarantine is lifted.",
        permissions=("iam:PutRolePolicy",),
        undo=tuple(lift),
        undo_text=f"Lift {documents.QUARANTINE} once phase 3 shows no session newer than T; {documents.REVOKE} may go 12 hours later.",
        survives="Sessions of other roles that these obtained: each has a step of its own.",
        checks=tuple(check for role in group for check in _checks(role, by_role[role])),
    )


# --- roles that nobody may edit ---


def _service_linked(role: str, sessions: Sequence[Subject]) -> Step:
    node, name = sessions[0].node, role_name_of(role)
    return Step(
        phase=2,
        name="service-linked role",
        target=name,
        account=node.account,
        roles=(name,),
        title=f"Stop what the service does with {name} in {node.account}",
        why="A service-linked role belongs to its service: IAM refuses a policy on it, and no service control policy binds it. Its "
        "sessions end when the resource is gone for which the service acts.",
        console=("The service's own console", "the resource that was created", "Stop or delete"),
        breaks="Whatever the service does for that resource.",
        permissions=(),
        undo_text="Create the resource again.",
        survives="The role: it can neither be revoked nor be used by anybody but the service.",
        stops=Stops(tuple(one.node.id for one in sessions), tuple(one.node.id for one in sessions if one.attacker)),
    )
