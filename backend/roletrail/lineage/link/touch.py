"""What a notable action makes usable later: the one reading of `Action.target` and `Action.detail` for joins.

Read from an action: `target_kind` access_key (target: the key id), user (user name), instance (instance id; all of them
in detail.instances), function (name), provider (ARN), trust_anchor, role (ARN or name), permission_set (name); and
detail.passed_role: the role ARN that a service was handed.
"""

from __future__ import annotations

from typing import NamedTuple

from roletrail.lineage import arn
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.model import Action


class Touch(NamedTuple):
    """`kind` access_key | user | instance | function | provider | trust | passed | permission_set ; `id` what it is about."""

    kind: str
    id: str


INSTANCE_EVENTS = {
    "RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation", "ModifyInstanceAttribute",
    "SendCommand", "StartSession", "CreateAssociation", "StartAutomationExecution", "ExecuteCommand",
    "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "GetPasswordData",
}  # fmt: skip
USER_EVENTS = {"CreateUser", "CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"}
KEY_EVENTS = {"CreateAccessKey", "UpdateAccessKey"}
TRUST_EVENTS = {"UpdateAssumeRolePolicy", "CreateRole"}
_MAX_TARGETS = 1000


def touches(a: Action) -> tuple[Touch, ...]:
    """Nothing for a refused action: it made nothing."""
    if a.error_code:
        return ()
    detail = detail_of(a.detail)
    found: list[Touch] = []
    name = base_name(a.event_name)
    if name in KEY_EVENTS and a.target:
        found.append(Touch("access_key", a.target))
    elif name in USER_EVENTS and a.target:
        found.append(Touch("user", user_key(a.account, a.target)))
    elif name in INSTANCE_EVENTS:
        listed = detail.get("instances")
        names = [str(i) for i in listed[:_MAX_TARGETS]] if isinstance(listed, list) else []
        found += [Touch("instance", i) for i in dict.fromkeys([a.target, *names]) if i]
    elif a.target_kind == "function" and a.target:
        found.append(Touch("function", a.target.rsplit(":", 1)[-1]))
    elif a.target_kind in {"provider", "saml_provider", "oidc_provider"} and a.target:
        found.append(Touch("provider", a.target))
    elif name in TRUST_EVENTS and a.target:
        found.append(Touch("trust", role_key(a.account, a.target)))
    elif a.target_kind == "permission_set" and a.target:
        found.append(Touch("permission_set", a.target))
    return (*found, *_passed(name, detail))


def _passed(name: str, detail: dict[str, object]) -> list[Touch]:
    roles = detail.get("passed_roles") or [detail.get("passed_role", "")]
    if not isinstance(roles, list) or name in TRUST_EVENTS:
        return []
    names = [arn.role_name(str(role)) or str(role) for role in roles[:_MAX_TARGETS] if role]
    return [Touch("passed", role) for role in dict.fromkeys(names) if role]


def base_name(event_name: str) -> str:
    """`CreateFunction` for `CreateFunction20150331`: Lambda's event names carry the date of its API."""
    return event_name.partition("2015")[0] if "2015" in event_name else event_name


def user_key(account: str, user_name: str) -> str:
    return f"{account}:{user_name.rsplit('/', 1)[-1]}"


def role_key(account: str, role: str) -> str:
    parsed = arn.parse_arn(role)
    return f"{parsed.account if parsed else account}:{arn.role_name(role) or role.rsplit('/', 1)[-1]}"
