"""Phase 1, before all else: take IAM out of the attacker's hands in one call an account.

Whoever can write IAM sees an inline deny appear and detaches it within seconds. A service control policy he cannot reach;
where none binds (the organisation's management account) everything of his is denied in one batch instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
    """One step for all member accounts: in the pause between two of them, who is cut off in one makes himself new keys in the other."""
    writers = [account for account in held_accounts(case) if writes_iam(case, account)]
    members = [account for account in writers if account not in case.management]
    return [
        *([_scp(case, members)] if members else []),
        *(_quarantine(case, account) for account in writers if account in case.management),
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


class _Policy(NamedTuple):
    """The service control policy of one account."""

    account: str
    arns: tuple[str, ...]

    @property
    def file(self) -> str:
        return f"scp-{self.account}.json"

    @property
    def id(self) -> Var:
        return Var(f"SCP_{self.account}")

    def made(self) -> tuple[Does, ...]:
        create = aws(
            MANAGEMENT, "organizations", "create-policy", "--name", f"roletrail-contain-{self.account}", "--type", "SERVICE_CONTROL_POLICY",
            "--description", "Containment: denies the principals of an incident", "--content", f"file://{self.file}",
            "--query", "Policy.PolicySummary.Id", "--output", "text", into=self.id.name,
        )  # fmt: skip
        return (Document(self.file, documents.deny_principals(self.arns), "scp"), create)

    def at_target(self, call: str) -> Command:
        return aws(MANAGEMENT, "organizations", call, "--policy-id", self.id, "--target-id", self.account)

    def deleted(self) -> Command:
        return aws(MANAGEMENT, "organizations", "delete-policy", "--policy-id", self.id)


def _scp(case: Case, accounts: Sequence[str]) -> Step:
    """All policies are made before the first is attached, so that they begin to hold together."""
    policies = [_Policy(account, tuple(principals(case, account))) for account in accounts]
    arns = [one for policy in policies for one in policy.arns]
    hit = [_hit(case, account) for account in accounts]
    alone = len(accounts) == 1
    where, these = (accounts[0], "this account") if alone else (f"{len(accounts)} accounts", "these accounts")
    return Step(
        phase=1,
        name="deny by service control policy",
        target="+".join(accounts),
        account=accounts[0] if alone else "",
        accounts=tuple(accounts),
        roles=_roles(arns),
        title=f"Cut {len(arns)} principals of {where} off with {'a service control policy' if alone else 'service control policies'}",
        why=f"These credentials changed IAM in {these}, so they can take an inline deny off again within seconds. A service "
        "control policy is kept in the management account, where they cannot reach it: it comes before everything else here."
        + ("" if alone else " Run the whole block at once: while one account waits, new users are made in it."),
        console=(
            "Organizations (management account)", "Policies", "Service control policies", "Create policy",
            f"Paste {', '.join(policy.file for policy in policies)}", f"AWS accounts, {', '.join(accounts)}", "Policies", "Attach",
        ),
        does=(
            *(does for policy in policies for does in policy.made()),
            *(policy.at_target("attach-policy") for policy in policies),
        ),
        stops=Stops(tuple(id_ for one in hit for id_ in one.ids), tuple(id_ for one in hit for id_ in one.suspicious)),
        others=tuple(one for one in arns if one in case.roles),
        breaks="Everybody who uses one of these roles or users, for as long as it is attached.",
        permissions=("organizations:CreatePolicy", "organizations:AttachPolicy"),
        undo=(*(policy.at_target("detach-policy") for policy in policies), *(policy.deleted() for policy in policies)),
        undo_text="Detach when phase 4 is done: it denies the principals altogether.",
        survives="Service-linked roles, and calls that services make with roles of their own. Whatever these principals made that is "
        "not in these logs, the users they make until it holds among it (minutes, not at once): phase 3 looks for those, and then "
        "this step comes again with their names in it.",
        notes=(
            "It binds only a member account of an organisation with service control policies on.",
            f"If {' or '.join(accounts)} manages it or stands alone, say --management-account: then all there is denied in one batch.",
            "By default an account takes five of these policies, of 5,120 characters each.",
            "The profile named management is the organisation's management account or its delegated administrator of policies.",
        ),
        checks=tuple(Check("", ("AttachPolicy",), account, denies=one.ids) for account, one in zip(accounts, hit, strict=True)),
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
