"""What actions mean for a verdict: persistence, privilege, trust, evasion, impact (semantics 6 and 6b), as one table.

Human-credential verbs, trust to foreign accounts and tampering with logs weigh by themselves. Infrastructure verbs are
what pipelines do all day: they weigh only where they are new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

from roletrail.detect.story import Story
from roletrail.lineage.impact import EVERYBODY, receivers, section_of
from roletrail.lineage.model import Action, event_ref

Nature = Literal["persistence", "privilege", "trust", "evasion", "impact", "infrastructure"]


class Deed(NamedTuple):
    """An action judged. `alone`: weighs without being new. `weight` is for one that succeeded."""

    action: Action
    nature: Nature
    weight: int
    alone: bool
    said: str

    @property
    def ref(self) -> str:
        return event_ref(self.action.at, self.action.event_id)

    @property
    def tried(self) -> bool:
        return bool(self.action.error_code)


_HUMAN = {
    "CreateAccessKey": (45, "a long-term key was made"),
    "UpdateAccessKey": (35, "a long-term key was switched"),
    "CreateUser": (40, "a user was made"),
    "CreateLoginProfile": (50, "a console password was set"),
    "UpdateLoginProfile": (55, "a console password was replaced"),
    "CreateServiceSpecificCredential": (45, "a service password was made"),
    "UploadSSHPublicKey": (40, "an SSH key was added to a user"),
    "UploadSigningCertificate": (45, "a signing certificate was added to a user"),
    "DeactivateMFADevice": (45, "a second factor was taken off"),
    "CreateVirtualMFADevice": (20, "a second factor was made"),
    "EnableMFADevice": (20, "a second factor was added"),
    "UpdatePassword": (50, "a directory password was replaced"),
}
_LOGS = {
    "StopLogging": "a trail was stopped",
    "DeleteTrail": "a trail was deleted",
    "DeleteEventDataStore": "an event data store was deleted",
    "StopEventDataStoreIngestion": "an event data store was stopped",
    "DeleteDetector": "GuardDuty was switched off",
    "DisassociateFromMasterAccount": "GuardDuty was cut off from its administrator",
    "DisassociateFromAdministratorAccount": "GuardDuty was cut off from its administrator",
    "StopMonitoringMembers": "GuardDuty stopped watching accounts",
    "StopConfigurationRecorder": "AWS Config was stopped",
    "DeleteConfigurationRecorder": "AWS Config was deleted",
    "DeleteDeliveryChannel": "AWS Config's delivery was deleted",
    "DisableSecurityHub": "Security Hub was switched off",
    "DeleteFlowLogs": "flow logs were deleted",
    "LeaveOrganization": "the account left its organisation",
}
_GRANTS = frozenset(
    {"AttachUserPolicy", "AttachRolePolicy", "AttachGroupPolicy", "PutUserPolicy", "PutRolePolicy", "PutGroupPolicy", "AddUserToGroup",
     "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary"}
)  # fmt: skip
_MIGHTY = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
REVOKE_OLDER = "AWSRevokeOlderSessions"
_IDENTITY_DOORS = frozenset({"CreateSAMLProvider", "CreateOpenIDConnectProvider", "CreateTrustAnchor", "UpdateSAMLProvider"})


@lru_cache(1 << 12)
def detail_of(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


CATEGORIES: dict[Nature, tuple[str, ...]] = {
    "persistence": ("persistence",),
    "privilege": ("privilege",),
    "trust": ("trust",),
    "evasion": ("evasion",),
    "impact": ("impact",),
    "infrastructure": ("workload", "trust"),
}
"""Categories of calls that deeds of a nature come from."""


def natures_of(actions: Sequence[Action]) -> frozenset[Nature]:
    """Natures that deeds may have that these are."""
    return _natures(frozenset([a.category for a in actions])) if actions else _NONE


_NONE: frozenset[Nature] = frozenset()


@lru_cache(1 << 10)
def _natures(held: frozenset[str]) -> frozenset[Nature]:
    return frozenset(nature for nature, categories in CATEGORIES.items() if not held.isdisjoint(categories))


def deeds_of(story: Story, nature: Nature | None = None) -> Iterator[Deed]:
    """All, or those of one nature."""
    categories = CATEGORIES[nature] if nature else ()
    for action in story.actions:
        if nature and action.category not in categories:
            continue
        deed = deed_of(action, story.own)
        if deed is not None and (not nature or deed.nature == nature):
            yield deed


@lru_cache(1 << 10)  # seven rules ask about the same calls in turn
def deed_of(a: Action, own: frozenset[str]) -> Deed | None:
    """None for what is neither."""
    if a.category == "persistence":
        weight, said = _HUMAN.get(a.event_name, (20, "something was left that stays"))
        if a.event_name == "UpdateAccessKey" and detail_of(a.detail).get("status") == "Inactive":
            return None
        return Deed(a, "persistence", weight, a.event_name in _HUMAN and weight > 20, f"{said} ({a.target})")
    if a.category == "privilege":
        return _privilege(a)
    if a.category == "trust":
        return _trust(a, own)
    if a.category == "evasion":
        return _evasion(a)
    if a.category == "impact":
        return _impact(a, own)
    return Deed(a, "infrastructure", 15, False, f"{a.target_kind} {a.target}") if a.category == "workload" else None


def _privilege(a: Action) -> Deed | None:
    detail = detail_of(a.detail)
    if a.event_name not in _GRANTS or detail.get("policy_name") == REVOKE_OLDER:
        return None
    policy = str(detail.get("policy_arn") or "")
    if any(name in policy for name in _MIGHTY) or allows_everything(detail.get("policy")):
        return Deed(a, "privilege", 45, True, f"everything was allowed to {a.target_kind} {a.target}")
    human = a.target_kind in ("user", "group", "idc_user") or "Boundary" in a.event_name
    return Deed(a, "privilege", 30 if human else 15, human, f"more was allowed to {a.target_kind} {a.target}")


def allows_everything(policy: object) -> bool:
    """A document that allows `*`, all of IAM, or any role, on everything."""
    document = detail_of(policy) if isinstance(policy, str) else {}
    return any(_is_mighty(statement) for statement in _listed(document.get("Statement")))


_EVERYTHING = frozenset({"*", "*:*", "iam:*", "sts:*", "sts:assumerole"})


def _is_mighty(statement: Any) -> bool:
    if not isinstance(statement, dict):
        return False
    said = cast("dict[str, Any]", statement)
    if said.get("Effect") != "Allow" or "*" not in str(said.get("Resource", "")):
        return False
    return any(str(one).lower() in _EVERYTHING for one in _listed(said.get("Action")))


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _trust(a: Action, own: frozenset[str]) -> Deed:
    strangers = [one for one in receivers(a) if one == EVERYBODY or (one.isdigit() and one not in own)]
    if strangers:
        return Deed(a, "trust", 60, True, f"{a.target_kind} {a.target} now trusts {', '.join(strangers)}")
    if a.event_name in _IDENTITY_DOORS:
        return Deed(a, "trust", 45, True, f"a new way in: {a.target}")
    return Deed(a, "infrastructure", 15, False, f"{a.target_kind} {a.target}")


def _evasion(a: Action) -> Deed | None:
    if a.event_name in _LOGS:
        return Deed(a, "evasion", 60, True, f"{_LOGS[a.event_name]} ({a.target})")
    if a.event_name == "PutEventSelectors":
        narrowed = "WriteOnly" in a.detail or "false" in a.detail.lower()
        return Deed(a, "evasion", 55 if narrowed else 40, True, f"what a trail records was changed ({a.target})")
    if a.event_name == "UpdateTrail":
        return Deed(a, "evasion", 40, True, f"a trail was changed ({a.target})")
    if a.event_name == "ModifyInstanceMetadataOptions" and detail_of(a.detail).get("http_tokens") == "optional":
        return Deed(a, "evasion", 40, True, f"the metadata service of {a.target} answers without a token again")
    return Deed(a, "evasion", 20, False, f"{a.target_kind} {a.target}") if a.event_name.startswith("Delete") else None


def _impact(a: Action, own: frozenset[str]) -> Deed | None:
    section = section_of(a)
    if section == "shared":
        strangers = [one for one in receivers(a) if one == EVERYBODY or (one.isdigit() and one not in own)]
        if strangers:
            return Deed(a, "impact", 55, True, f"{a.target_kind} {a.target} was opened to {', '.join(strangers)}")
        return Deed(a, "impact", 15, False, f"{a.target_kind} {a.target} was shared")
    if section == "destroyed":
        return Deed(a, "impact", 25, False, f"{a.target_kind} {a.target} was destroyed")
    return Deed(a, "impact", 15, False, f"{a.target_kind} {a.target} was {section}") if section in ("read", "spent") else None
