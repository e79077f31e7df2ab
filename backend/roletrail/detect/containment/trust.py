"""Who may ask for a role: trust the attacker added, and callers of other companies' accounts (phase 1). A trust policy stops
new sessions only, so each of these roles is revoked as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roletrail.detect.containment import documents
from roletrail.detect.containment.case import (
    Case,
    Subject,
    by_name,
    detail_of,
    refs,
    role_name_of,
    text_of,
    usable,
    usable_account,
    usable_name,
)
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Check, Command, Document, Step, aws
from roletrail.lineage.model import Action, event_ref


def steps(case: Case) -> list[Step]:
    return [*_edits(case), *_strangers(case)]


def deny_in_trust(account: str, role: str, sid: str, actions: tuple[str, ...], condition: Mapping[str, Any]) -> tuple[Does, ...]:
    """Adds a statement to the trust policy as it is now; the policy before is kept in a file, which undoing puts back."""
    before, deny, after = (f"{part}-{account}-{role}.json" for part in ("trust-before", "trust-deny", "trust-after"))
    return (
        aws(
            account,
            "iam",
            "get-role",
            "--role-name",
            role,
            "--query",
            "Role.AssumeRolePolicyDocument",
            "--output",
            "json",
            file=before,
        ),
        Document(deny, documents.trust_denial(sid, actions, condition), "trust"),
        Command(("jq", "--slurpfile", "deny", deny, ".Statement += $deny[0].Statement", before), file=after),
        aws(account, "iam", "update-assume-role-policy", "--role-name", role, "--policy-document", f"file://{after}"),
    )


def undo_trust(account: str, role: str) -> tuple[Does, ...]:
    file = f"file://trust-before-{account}-{role}.json"
    return (aws(account, "iam", "update-assume-role-policy", "--role-name", role, "--policy-document", file),)


# --- trust the attacker gave ---


def _edits(case: Case) -> list[Step]:
    latest = {(a.account, _role(a)): a for a in by_name(case, "UpdateAssumeRolePolicy", "CreateRole")}
    return [_edit(account, role, action) for (account, role), action in latest.items() if role]


def _role(action: Action) -> str:
    return role_name_of(text_of(detail_of(action), "role_arn")) or action.target.rsplit("/", 1)[-1]


def _edit(account: str, role: str, action: Action) -> Step:
    made = action.event_name == "CreateRole"
    condition = {"Null": {"aws:PrincipalArn": "false"}}  # whoever is a principal of IAM; services have no such key
    return Step(
        phase=1,
        name="close the trust",
        target=role,
        account=account,
        roles=(role,),
        title=f"Let nobody assume role {role} in {account}",
        why=f"The attacker {'made the role' if made else 'changed whom the role trusts'} ({action.event_name}): whoever it lets in can come back that way.",
        console=("IAM", "Roles", role, "Trust relationships", "Edit trust policy"),
        does=deny_in_trust(account, role, "ClosedByContainment", ("sts:AssumeRole",), condition) if usable_name(role) else (),
        breaks="New sessions of this role, for everybody." if not made else "Nothing of yours: the role did not exist before.",
        permissions=("iam:GetRole", "iam:UpdateAssumeRolePolicy"),
        undo=undo_trust(account, role) if usable_name(role) else (),
        undo_text="What the trust was before the attacker's change is not in this record: put back the version that you keep, not the one saved here."
        if not made
        else "Phase 4 deletes the role.",
        survives="Sessions already issued: phase 2 is for them. Sign-ins through a provider are refused by their own statements only if these name "
        "sts:AssumeRole.",
        enough=False,
        evidence=refs([action]),
        checks=(Check(account, ("UpdateAssumeRolePolicy", "DeleteRole"), role),),
    )


# --- callers from accounts that are not ours to contain ---


def _strangers(case: Case) -> list[Step]:
    found: list[Step] = []
    for stranger in case.attackers:
        if stranger.node.kind != "origin" or stranger.node.type != "foreign":
            continue
        for one in case.attackers:
            proof = next((edge for edge in one.edges if edge.parent == stranger.node.id), None)
            if proof is not None and one.node.role_name:
                found += _stranger(stranger, one)
    return list({step.key_of: step for step in found}.values())


def _stranger(stranger: Subject, one: Subject) -> list[Step]:
    account, role = one.node.account, one.node.role_name
    unique_id = stranger.node.principal_id.partition(":")[0]
    known = usable_name(unique_id)
    condition = (
        {"StringLike": {"aws:userid": [unique_id, f"{unique_id}:*"]}}
        if known
        else {"StringEquals": {"aws:PrincipalAccount": stranger.node.account}}
    )
    told = one.issued_by
    ids = (
        f"sharedEventID {told.shared_event_id or 'not logged'}, requestID {told.request_id or 'not logged'}, {event_ref(told.at, told.event_id)}"
        if told
        else "no record names it"
    )
    printable = usable_name(role) and usable_account(account) and (known or usable_account(stranger.node.account))
    close = Step(
        phase=1,
        name="close the trust",
        target=f"{role}<{stranger.node.account}",
        account=account,
        roles=(role,),
        title=f"Let the caller {unique_id} of account {stranger.node.account} assume {role} no more",
        why="The chain comes from another account, of which no logs are loaded. What happens there cannot be seen or stopped from here: "
        "the way in can.",
        console=("IAM", "Roles", role, "Trust relationships", "Edit trust policy"),
        does=deny_in_trust(account, role, "ForeignCaller", ("sts:AssumeRole",), condition) if printable else (),
        breaks=f"Only this caller of account {stranger.node.account}."
        if known
        else f"Every caller of account {stranger.node.account}.",
        permissions=("iam:GetRole", "iam:UpdateAssumeRolePolicy"),
        undo=undo_trust(account, role) if printable else (),
        undo_text="Put the saved trust policy back when the other side has contained its part.",
        survives="Sessions already issued: phase 2 is for them. Another principal of the same account, if the trust lets it in.",
        enough=False,
        notes=("An external id that the trust asks for should be a new one afterwards.",),
        checks=(Check(account, ("UpdateAssumeRolePolicy",), role),),
    )
    tell = Step(
        phase=1,
        name="notify the caller's account",
        target=stranger.node.account,
        account="",
        title=f"Tell the owner of account {stranger.node.account}",
        why="Its credentials were used: only its owner can disable them, and has the records of what asked for the role.",
        console=("Your contact there, or AWS Support: Report abuse of AWS resources",),
        breaks="Nothing.",
        undo_text="Nothing to undo.",
        survives="Everything on their side, until they have acted.",
        notes=(f"Give them: caller {stranger.node.principal_id or 'unknown'}, role {one.node.role_arn}, {ids}.",),
        evidence=(event_ref(told.at, told.event_id),) if told else (),
    )
    return [close, tell] if usable(stranger.node.account) else [close]
