"""What a notable action makes usable later: the one reading of `Action.target` and `Action.detail` for joins.

The table of notable calls (`ingest.actions`) says what both hold for each call.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, cast

from roletrail.lineage import arn
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.model import Action

_API_DATE = re.compile(r"20\d{6}(?:v\d+)?\Z")


class Touch(NamedTuple):
    """`kind` access_key | user | instance | function | provider | trust | passed | anywhere |
    permission_set ; `id` what it is about. passed and anywhere: a role, by name, that a service was handed."""

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
ROLE_MEMBERS = ("passed_role", "passed_roles", "execution_role_arn")
CONTAINING = {
    "PutRolePolicy", "DeleteRolePolicy", "PutUserPolicy", "DeleteUserPolicy", "UpdateAccessKey", "DeleteAccessKey",
    "DeleteLoginProfile", "DeleteUser", "DeleteRole", "UpdateAssumeRolePolicy", "DeleteSAMLProvider",
    "DeleteOpenIDConnectProvider", "DetachUserPolicy", "DetachRolePolicy", "DetachGroupPolicy", "DeleteGroupPolicy",
    "RemoveUserFromGroup", "DeletePolicy", "SetDefaultPolicyVersion", "DeactivateMFADevice", "AttachPolicy", "DetachPolicy",
    "DisableUser", "DisableTrustAnchor", "DeleteTrustAnchor", "DisableProfile", "DeleteProfile",
    "ReplaceIamInstanceProfileAssociation", "ModifyInstanceAttribute", "StopInstances", "TerminateInstances",
    "CreateSnapshots", "PutFunctionConcurrency", "UpdateFunctionConfiguration", "DeleteFunction", "DeleteFunctionUrlConfig",
    "DeleteSchedule", "DeleteStack", "StopTask", "StopBuild", "StartLogging", "CreateTrail", "PutEventSelectors",
    "UpdateDetector",
}  # fmt: skip
"""Calls that take access away or put logging right: whoever verifies a containment asks for them by what they were about."""
_TOUCHED_KINDS = {"function", "saml_provider", "oidc_provider", "permission_set"}


def touches(a: Action) -> tuple[Touch, ...]:
    """Nothing for a refused action: it made nothing."""
    if a.error_code or not _may_touch(a):
        return ()
    return _read(a.event_source, a.event_name, a.account, a.target_kind, a.target, a.detail)


def _may_touch(a: Action) -> bool:
    """False for most notable calls, secrets that were read above all: their detail is not worth parsing."""
    return a.target_kind in _TOUCHED_KINDS or _is_named(a.event_name) or "passed_role" in a.detail or "execution_role" in a.detail


@lru_cache(1 << 10)
def _is_named(event_name: str) -> bool:
    return base_name(event_name) in KEY_EVENTS | USER_EVENTS | INSTANCE_EVENTS | TRUST_EVENTS


class _Call(NamedTuple):
    event_source: str
    account: str
    target_kind: str
    target: str


@lru_cache(1 << 13)
def _read(event_source: str, event_name: str, account: str, target_kind: str, target: str, detail_text: str) -> tuple[Touch, ...]:
    """Remembered, because stores ask once and linking several times for each action of a batch."""
    detail = detail_of(detail_text)
    name = base_name(event_name)
    kind = "anywhere" if event_source.startswith("rolesanywhere.") else "passed"
    made = _made(name, _Call(event_source, account, target_kind, target), detail)
    return (*made, *(Touch(kind, role) for role in _passed_roles(name, detail)))


def _made(name: str, a: _Call, detail: dict[str, Any]) -> list[Touch]:
    if name in KEY_EVENTS:
        return [Touch("access_key", a.target)] if a.target else []
    if name in USER_EVENTS and a.event_source == "iam.amazonaws.com":
        user = str(detail.get("user_name", "") or a.target)
        return [Touch("user", user_key(a.account, user))] if user else []
    if name in INSTANCE_EVENTS:
        return [Touch("instance", i) for i in _texts(detail.get("instances"))]
    if a.target_kind == "function" and a.target:
        return [Touch("function", a.target.split(":function:")[-1].split(":")[0])]
    if a.target_kind in {"saml_provider", "oidc_provider"} and not name.startswith("Delete"):
        return [Touch("provider", p) for p in _texts(detail.get("provider_arn") or a.target)]
    if name in TRUST_EVENTS:
        return [Touch("trust", role_key(a.account, r)) for r in _texts(detail.get("role_arn") or a.target)]
    if a.target_kind == "permission_set":
        return [Touch("permission_set", p) for p in _texts(detail.get("name"))]
    return []


def _passed_roles(name: str, detail: dict[str, Any]) -> list[str]:
    """Names of the roles that a service was handed."""
    if name in TRUST_EVENTS or name == "CreateServiceLinkedRole":
        return []
    listed = [role for member in ROLE_MEMBERS for role in _texts(detail.get(member))]
    names = [arn.role_name(role) or role.rpartition("/")[2] for role in listed]
    return list(dict.fromkeys(role for role in names if role))


def _texts(value: Any) -> list[str]:
    """A text or a list of texts, as a list without doubles."""
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    return list(dict.fromkeys(one for one in listed if isinstance(one, str) and one))


def contained(a: Action) -> str:
    """What an action that may contain something was about, without path or ARN; "" for any other action."""
    if a.error_code or not a.target or base_name(a.event_name) not in CONTAINING:
        return ""
    return last_part(a.target)


def last_part(target: str) -> str:
    """`web` of `arn:aws:lambda:...:function:web` and of `path/web`: calls name the same thing in several ways."""
    return target.rpartition("/")[2].rpartition(":")[2]


def base_name(event_name: str) -> str:
    """`CreateFunction` for `CreateFunction20150331`: Lambda's event names carry the date of its API."""
    return _API_DATE.sub("", event_name)


def user_key(account: str, user_name: str) -> str:
    return f"{account}:{user_name.rpartition('/')[2]}"


def role_key(account: str, role: str) -> str:
    parsed = arn.parse_arn(role)
    return f"{parsed.account if parsed else account}:{arn.role_name(role) or role.rpartition('/')[2]}"
