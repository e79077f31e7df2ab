"""Phase 3: look for what was issued after T, and begin again when there is any. No step here changes anything."""

from __future__ import annotations

from roletrail.detect.containment.case import (
    Case,
    created_users,
    held_accounts,
    is_portal_role,
    role_name_of,
    role_sessions,
    usable_name,
    usable_region,
)
from roletrail.detect.containment.documents import REVOKE
from roletrail.detect.containment.step import KEPT_TIME, Command, Step, Var, aws
from roletrail.lineage.reasons import HOME_REGIONS

_OF_USERS = ("GetFederationToken", "GetSessionToken")
_IN_IAM = ("CreateUser", "CreateAccessKey", "CreateLoginProfile")
_SHOWN = "Events[].[EventTime,EventName,Username,EventId]"


def steps(case: Case) -> list[Step]:
    accounts = held_accounts(case)
    return [_look(case, account) for account in accounts]


def _places(case: Case, account: str) -> list[tuple[str, str]]:
    """Regions and names of events to look for: where sessions of the plan were issued, and where IAM is logged."""
    mine = [one for one in case.attackers if one.node.account == account]
    home = HOME_REGIONS.get(next((one.node.partition for one in mine), ""), "us-east-1")
    asked = dict.fromkeys(("AssumeRole", *(one.issued_by.event_name for one in mine if one.issued_by)))
    if any(one.node.kind == "key" or one.node.type in ("IAMUser", "FederatedUser") for one in mine) or _made_users(case, account):
        asked |= dict.fromkeys(_OF_USERS)
    regions = dict.fromkeys([*sorted({region for one in mine if (region := usable_region(one.region))}), home])
    return [*((region, name) for region in regions for name in asked if name.isalpha()), *((home, name) for name in _IN_IAM)]


def _made_users(case: Case, account: str) -> bool:
    return any(where == account for where, _ in created_users(case))


def _asked(account: str, region: str, name: str) -> Command:
    return aws(
        account, "cloudtrail", "lookup-events", "--lookup-attributes", f"AttributeKey=EventName,AttributeValue={name}",
        "--start-time", Var("T"), "--query", _SHOWN, "--output", "text", region=region,
    )  # fmt: skip


def _look(case: Case, account: str) -> Step:
    roles = [
        role_name_of(role)
        for role, found in role_sessions(case).items()
        if found[0].node.account == account and not is_portal_role(found[0].node) and not found[0].node.service_linked
    ]
    calls = [_asked(account, region, name) for region, name in _places(case, account)]
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
            "Event history holds management events of 90 days, each region its own. IAM, and the global endpoint of STS, are logged in the home region alone.",
        ),
    )
