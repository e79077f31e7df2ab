"""Phase 1, before all else: take IAM out of the attacker's hands in one call an account.

Whoever can write IAM sees an inline deny appear and detaches it within seconds. A service control policy he cannot reach;
where none binds (the organisation's management account) everything of his is denied in one batch instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.detect.containment import documents
from roletrail.detect.containment.case import (
    Case,
    Subject,
    by_name,
    created_users,
    detail_of,
    held_accounts,
    is_pseudo_role,
    principal_arn,
    role_name_of,
    text_of,
    texts_of,
    usable,
    usable_name,
)
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Check, Command, Document, Step, Stops, Var, aws
from roletrail.lineage import arn

MANAGEMENT = ""
"""Profile of the management account, whose number no log of a member account holds."""


def steps(case: Case) -> list[Step]:
    accounts = held_accounts(case)
    writers = {account for account in accounts if writes_iam(case, account)}
    return [
        _quarantine(case, account) if account in case.management else _scp(case, account)
        for account in accounts
        if account in writers
    ]


def writes_iam(case: Case, account: str) -> bool:
    """Whether the attacker's credentials were seen changing IAM in an account."""
    return any(a.event_source == "iam.amazonaws.com" and a.account == account for a in case.actions)


def principals(case: Case, account: str) -> list[str]:
    """ARNs of everything in an account that answers to the attacker: what he used, and the users and roles he made."""
    found = [principal_arn(one.node) for one in case.attackers if one.node.account == account and _denied_by_arn(one)]
    for (where, name), action in created_users(case).items():
        found += (
            [text_of(detail_of(action), "user_arn") or f"arn:aws:iam::{where}:user/{name}"]
            if where == account and usable_name(name)
            else []
        )
    for action in by_name(case, "CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile"):
        name = text_of(detail_of(action), "user_name")
        known = {one.rsplit("/", 1)[-1] for one in found if ":user/" in one}
        found += (
            [f"arn:aws:iam::{account}:user/{name}"]
            if action.account == account and usable_name(name) and name not in known
            else []
        )
    found += [one for a in by_name(case, "CreateRole") if a.account == account for one in texts_of(detail_of(a), "role_arn")]
    return [one for one in dict.fromkeys(found) if usable(one) and arn.parse_arn(one) and usable_name(one.rsplit("/", 1)[-1])]


def _denied_by_arn(one: Subject) -> bool:
    return one.node.kind in {"session", "key"} and not one.node.service_linked and not is_pseudo_role(one.node)


def _hit(case: Case, account: str) -> Stops:
    ids = tuple(one.node.id for one in case.attackers if one.node.account == account and _denied_by_arn(one))
    return Stops(ids, ids)


def _roles(arns: Sequence[str]) -> tuple[str, ...]:
    return tuple(role_name_of(one) for one in arns if role_name_of(one))


def _scp(case: Case, account: str) -> Step:
    arns = principals(case, account)
    file = f"scp-{account}.json"
    policy_id = Var(f"SCP_{account}")
    document = Document(file, documents.deny_principals(arns), "scp")
    create = aws(
        MANAGEMENT, "organizations", "create-policy", "--name", f"roletrail-contain-{account}", "--type", "SERVICE_CONTROL_POLICY",
        "--description", "Containment: denies the principals of an incident", "--content", f"file://{file}",
        "--query", "Policy.PolicySummary.Id", "--output", "text", into=policy_id.name,
    )  # fmt: skip
    attach = aws(MANAGEMENT, "organizations", "attach-policy", "--policy-id", policy_id, "--target-id", account)
    detach = aws(MANAGEMENT, "organizations", "detach-policy", "--policy-id", policy_id, "--target-id", account)
    return Step(
        phase=1,
        name="deny by service control policy",
        target=account,
        account=account,
        roles=_roles(arns),
        title=f"Cut {len(arns)} principals of {account} off with a service control policy",
        why="These credentials changed IAM in this account, so they can take an inline deny off again within seconds. A service "
        "control policy is kept in the management account, where they cannot reach it: it comes before everything else here.",
        console=(
            "Organizations (management account)", "Policies", "Service control policies", "Create policy", f"Paste {file}",
            f"AWS accounts, {account}", "Policies", "Attach",
        ),
        does=(document, create, attach),
        stops=_hit(case, account),
        others=tuple(one for one in arns if one in case.roles),
        breaks="Everybody who uses one of these roles or users, for as long as it is attached.",
        permissions=("organizations:CreatePolicy", "organizations:AttachPolicy"),
        undo=(detach, aws(MANAGEMENT, "organizations", "delete-policy", "--policy-id", policy_id)),
        undo_text="Detach it when phase 4 is done: it denies the principals altogether.",
        survives="Service-linked roles, and calls that services make with roles of their own. What these principals made outside "
        "this account. A policy takes effect within minutes, not at once.",
        notes=(
            f"It binds only if {account} is a member account of an organisation with service control policies on.",
            f"If {account} manages its organisation or stands alone, say --management-account {account}: then all is denied in one batch.",
            "By default an account takes five of these policies, of 5,120 characters each.",
            "The profile named management is the organisation's management account or its delegated administrator of policies.",
        ),
        checks=(Check("", ("AttachPolicy",), account, denies=_hit(case, account).ids),),
    )  # fmt: skip


def _quarantine(case: Case, account: str) -> Step:
    arns = principals(case, account)
    file = f"quarantine-{account}.json"
    roles = [role for role in _roles(arns) if usable_name(role) and not role.startswith("AWSReservedSSO_")]
    users = [one.rsplit("/", 1)[-1] for one in arns if ":user/" in one]
    put: list[Does] = [Document(file, documents.deny_all())]
    lift: list[Command] = []
    for kind, names in (("role", roles), ("user", users)):
        for name in names:
            words = (f"--{kind}-name", name, "--policy-name", documents.QUARANTINE)
            put.append(aws(account, "iam", f"put-{kind}-policy", *words, "--policy-document", f"file://{file}"))
            lift.append(aws(account, "iam", f"delete-{kind}-policy", *words))
    return Step(
        phase=1,
        name="quarantine",
        target=account,
        account=account,
        roles=tuple(roles),
        title=f"Deny {len(roles)} roles and {len(users)} users of {account} everything, in one batch",
        why="These credentials changed IAM in this account, and no service control policy binds the management account. Run the "
        "whole block at once: a pause between two lines is the time in which a deny is taken off again.",
        console=(
            "IAM",
            "Roles (then Users)",
            "each name",
            "Permissions",
            "Add permissions, Create inline policy",
            f"Paste {file}",
        ),
        does=tuple(put),
        stops=_hit(case, account),
        others=tuple(one for one in arns if one in case.roles),
        breaks="Everybody who uses one of these roles or users, until it is lifted.",
        permissions=("iam:PutRolePolicy", "iam:PutUserPolicy"),
        undo=tuple(lift),
        undo_text="Lift it once phase 3 shows nothing newer.",
        survives="IAM takes seconds, at times minutes, to be of one mind: a credential may still act in between. Look for that in phase 3.",
        checks=tuple(Check(account, ("PutRolePolicy",), role, policies=(documents.QUARANTINE,)) for role in roles)
        + tuple(Check(account, ("PutUserPolicy",), user, policies=(documents.QUARANTINE,)) for user in users),
    )
