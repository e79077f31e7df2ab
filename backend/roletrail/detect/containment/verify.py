"""Phase 3: look for what was issued after T, and begin again when there is any. No step here changes anything."""

from __future__ import annotations

from roletrail.detect.containment.case import Case, held_accounts, is_portal_role, role_name_of, role_sessions, usable_name
from roletrail.detect.containment.documents import REVOKE
from roletrail.detect.containment.step import KEPT_TIME, Step, Var, aws

_ISSUING = ("AssumeRole", "GetFederationToken", "GetSessionToken", "CreateAccessKey")


def steps(case: Case) -> list[Step]:
    accounts = held_accounts(case)
    return [_look(case, account) for account in accounts]


def _look(case: Case, account: str) -> Step:
    roles = [
        role_name_of(role)
        for role, found in role_sessions(case).items()
        if found[0].node.account == account and not is_portal_role(found[0].node) and not found[0].node.service_linked
    ]
    regions = sorted({one.region for one in case.attackers if one.node.account == account and one.region}) or ["us-east-1"]
    calls = [
        aws(
            account, "cloudtrail", "lookup-events", "--lookup-attributes", f"AttributeKey=EventName,AttributeValue={name}",
            "--start-time", Var("T"), region=region,
        )
        for region in regions
        for name in _ISSUING
    ]  # fmt: skip
    kept = [
        aws(account, "iam", "get-role-policy", "--role-name", role, "--policy-name", REVOKE)
        for role in roles
        if usable_name(role)
    ]
    return Step(
        phase=3,
        name="verify",
        target=account,
        account=account,
        title=f"Look in {account} for credentials issued since this plan began, and that every deny is still there",
        why="A change in IAM takes seconds, at times minutes, to hold everywhere, and logs arrive minutes late. Only logs that reach 90 "
        "minutes past T can say that a step worked: ingest them and make this plan again. Where anything newer was issued, begin at "
        "phase 1 with what obtained it.",
        console=("CloudTrail", "Event history", "Event name: AssumeRole", "since T"),
        does=(*kept, KEPT_TIME, *calls),
        breaks="Nothing: these calls only read.",
        permissions=("cloudtrail:LookupEvents", "iam:GetRolePolicy"),
        undo_text="Nothing to undo.",
        notes=(
            "Event history holds management events of 90 days in one region; sessions of the global STS endpoint are in us-east-1.",
        ),
    )
