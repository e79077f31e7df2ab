"""Phase 4: delete what the attacker left behind, one step an action, each with the event that made it. Never before phase 3:
a thief was seen reaching for the key he had made nine seconds after the first one stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from roletrail.detect.containment.case import (
    Case,
    base_name,
    detail_of,
    refs,
    text_of,
    texts_of,
    usable,
    usable_account,
    usable_region,
)
from roletrail.detect.containment.documents import QUARANTINE, REVOKE
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Ask, Check, Step, Var, aws
from roletrail.lineage.model import Action


class _Revert(NamedTuple):
    """`service` and `words` of the CLI call with values from the action's detail; `done` is how CloudTrail names the call."""

    title: str
    does: tuple[Does, ...]
    permission: str
    done: str
    note: str = ""


def steps(case: Case) -> list[Step]:
    found: dict[str, Step] = {}
    for action in case.actions:
        make = _REVERTS.get((action.event_source.partition(".")[0], base_name(action.event_name)))
        if make is None or text_of(detail_of(action), "policy_name") == REVOKE or not usable_account(action.account):
            continue
        revert = make(action)
        step = _step(action, revert)
        found[step.key_of] = step
    return sorted(found.values(), key=lambda step: _ORDER.get(step.checks[0].names[0], 0) if step.checks else 0)


def _step(action: Action, revert: _Revert) -> Step:
    return Step(
        phase=4,
        name="delete what was created",
        target=f"{revert.title}",
        account=action.account,
        title=revert.title,
        why=f"{action.event_name} by the attacker's credentials left it behind.",
        console=_console(action),
        does=revert.does,
        breaks=_breaks(base_name(action.event_name)),
        permissions=(revert.permission,) if revert.permission else (),
        undo_text="Not to be undone: phase 0 saved what it looked like.",
        notes=(revert.note,) if revert.note else (),
        evidence=refs([action]),
        checks=(Check(action.account, (revert.done,), action.target),) if revert.done else (),
    )


def _breaks(call: str) -> str:
    if call.startswith("Create"):
        return "Nothing of yours, unless somebody has come to use it since."
    if call.startswith(("Attach", "AddUser")):
        return "Whatever needs this permission by now. If it was there before, the record does not say so."
    return "Look at what it was before: the record shows the change only."


def _console(action: Action) -> tuple[str, ...]:
    """Where the console shows the thing itself, click by click; the record, for what has no page of its own."""
    detail = detail_of(action)
    user = text_of(detail, "user_name") or action.target
    policy = text_of(detail, "policy_name") or text_of(detail, "policy_arn").rsplit("/", 1)[-1]
    match action.target_kind, base_name(action.event_name):
        case "access_key", _:
            return ("IAM", "Users", user, "Security credentials", "Access keys", action.target, "Actions, Delete")
        case "user", "CreateUser":
            return ("IAM", "Users", user, "Delete")
        case "user", "AddUserToGroup":
            return ("IAM", "Users", user, "Groups", text_of(detail, "group_name"), "Remove")
        case "user", "CreateLoginProfile":
            return ("IAM", "Users", user, "Security credentials", "Manage console access, Disable")
        case "role", "CreateRole":
            return ("IAM", "Roles", action.target, "Delete")
        case (
            ("user" | "role" | "group") as kind,
            "AttachUserPolicy" | "AttachRolePolicy" | "AttachGroupPolicy" | "PutUserPolicy" | "PutRolePolicy" | "PutGroupPolicy",
        ):
            return ("IAM", _IN_CONSOLE[kind], action.target, "Permissions", policy, "Remove")
        case "policy", _:
            return ("IAM", "Policies", policy, "Policy versions" if action.event_name != "CreatePolicy" else "Delete")
        case "instance", _:
            return ("EC2", "Instances", *texts_of(detail, "instances"), "Instance state, Terminate")
        case "function", _:
            return ("Lambda", "Functions", action.target)
        case "stack", _:
            return ("CloudFormation", "Stacks", action.target, "Delete")
        case _:
            return ("CloudTrail", "Event history", f"Event ID {action.event_id}", "the resource it names")


_IN_CONSOLE = {"user": "Users", "role": "Roles", "group": "User groups"}

_ORDER = {"DeleteUser": 2, "DeleteRole": 2, "DeletePolicy": 3}
"""Users and roles go last: IAM refuses while keys and policies are on them."""


def _call(action: Action, service: str, verb: str, *pairs: tuple[str, str], region: bool = False) -> tuple[Does, ...]:
    """No command when a value is not fit for one."""
    if not all(usable(value) for _, value in pairs):
        return ()
    words = [word for pair in pairs for word in pair]
    return (aws(action.account, service, verb, *words, region=usable_region(action.region) if region else ""),)


def _iam(verb: str, done: str, what: str, *fields: tuple[str, str]) -> Callable[[Action], _Revert]:
    """A reverting IAM call whose values are fields of the detail; the field `target` is what the action was about."""

    def make(action: Action) -> _Revert:
        detail = {**detail_of(action), "target": action.target}
        values = [(flag, text_of(detail, field)) for flag, field in fields]
        named = ", ".join(value for _, value in values)
        permission = "iam:" + "".join(part.capitalize() for part in verb.split("-")).replace("Saml", "SAML").replace("Mfa", "MFA")
        return _Revert(f"{what} ({named}) in {action.account}", _call(action, "iam", verb, *values), permission, done)

    return make


def _with_own_policies(kind: str) -> Callable[[Action], _Revert]:
    """IAM refuses to delete what has a policy: those that this plan put on it go first."""

    def make(action: Action) -> _Revert:
        name = ((f"--{kind}-name", action.target),)
        ours = [QUARANTINE] if kind == "user" else [REVOKE, QUARANTINE]
        first: list[Does] = [
            does for policy in ours for does in _call(action, "iam", f"delete-{kind}-policy", *name, ("--policy-name", policy))
        ]
        last = _call(action, "iam", f"delete-{kind}", *name)
        note = "A policy that is not there is said so and may be passed over."
        call = f"Delete{kind.capitalize()}"
        return _Revert(f"Delete {kind} {action.target} in {action.account}", (*first, *last), f"iam:{call}", call, note)

    return make


def _policy_version(action: Action) -> _Revert:
    detail = detail_of(action)
    policy, version = text_of(detail, "policy_arn"), text_of(detail, "version")
    ask = Ask("GOOD_VERSION", f"the version of {policy} that was default before (aws iam list-policy-versions)")
    words = ("iam", "set-default-policy-version", "--policy-arn", policy, "--version-id", Var("GOOD_VERSION"))
    gone = _call(action, "iam", "delete-policy-version", ("--policy-arn", policy), ("--version-id", version)) if version else ()
    does: tuple[Does, ...] = (ask, aws(action.account, *words), *gone) if usable(policy) else ()
    title = f"Put the earlier version of {policy} back"
    return _Revert(title, does, "iam:SetDefaultPolicyVersion", "SetDefaultPolicyVersion")


def _instances(action: Action) -> _Revert:
    ids = [one for one in texts_of(detail_of(action), "instances") if one.startswith("i-") and usable(one)]
    stop = (
        (aws(action.account, "ec2", "terminate-instances", "--instance-ids", *ids, region=usable_region(action.region)),)
        if ids
        else ()
    )
    title = f"Terminate {', '.join(ids) or 'the instances'} in {action.account}"
    return _Revert(title, stop, "ec2:TerminateInstances", "TerminateInstances", "Snapshot their disks first.")


def _one(
    service: str, verb: str, flag: str, what: str, permission: str, done: str = "", note: str = ""
) -> Callable[[Action], _Revert]:
    def make(action: Action) -> _Revert:
        return _Revert(
            f"{what} {action.target} in {action.account}",
            _call(action, service, verb, (flag, action.target), region=True),
            permission,
            done,
            note,
        )

    return make


def _by_hand(what: str, note: str) -> Callable[[Action], _Revert]:
    return lambda action: _Revert(f"{what} {action.target} in {action.account}", (), "", "", note)


_USER, _ROLE, _GROUP = ("--user-name", "user_name"), ("--role-name", "role_name"), ("--group-name", "group_name")
_REDEPLOY = _by_hand(
    "Put back the code and configuration of", "What it was before is not in the record: deploy it again from its source."
)
_TRUST_BEFORE = _by_hand(
    "Put back the trust policy of role", "What it was before is not in the record: take it from its source or from AWS Config."
)

_REVERTS: dict[tuple[str, str], Callable[[Action], _Revert]] = {
    ("iam", "CreateAccessKey"): _iam(
        "delete-access-key", "DeleteAccessKey", "Delete access key", _USER, ("--access-key-id", "access_key_id")
    ),
    ("iam", "CreateLoginProfile"): _iam("delete-login-profile", "DeleteLoginProfile", "Delete the console password", _USER),
    ("iam", "CreateUser"): _with_own_policies("user"),
    ("iam", "AttachUserPolicy"): _iam(
        "detach-user-policy", "DetachUserPolicy", "Detach policy", _USER, ("--policy-arn", "policy_arn")
    ),
    ("iam", "PutUserPolicy"): _iam(
        "delete-user-policy", "DeleteUserPolicy", "Delete inline policy", _USER, ("--policy-name", "policy_name")
    ),
    ("iam", "AttachRolePolicy"): _iam(
        "detach-role-policy", "DetachRolePolicy", "Detach policy", _ROLE, ("--policy-arn", "policy_arn")
    ),
    ("iam", "PutRolePolicy"): _iam(
        "delete-role-policy", "DeleteRolePolicy", "Delete inline policy", _ROLE, ("--policy-name", "policy_name")
    ),
    ("iam", "AttachGroupPolicy"): _iam(
        "detach-group-policy", "DetachGroupPolicy", "Detach policy", _GROUP, ("--policy-arn", "policy_arn")
    ),
    ("iam", "PutGroupPolicy"): _iam(
        "delete-group-policy", "DeleteGroupPolicy", "Delete inline policy", _GROUP, ("--policy-name", "policy_name")
    ),
    ("iam", "AddUserToGroup"): _iam("remove-user-from-group", "RemoveUserFromGroup", "Take out of the group", _USER, _GROUP),
    ("iam", "CreateRole"): _with_own_policies("role"),
    ("iam", "CreatePolicy"): _iam("delete-policy", "DeletePolicy", "Delete policy", ("--policy-arn", "policy_arn")),
    ("iam", "CreatePolicyVersion"): _policy_version,
    ("iam", "SetDefaultPolicyVersion"): _policy_version,
    ("iam", "UpdateAssumeRolePolicy"): _TRUST_BEFORE,
    ("iam", "EnableMFADevice"): _iam(
        "deactivate-mfa-device", "DeactivateMFADevice", "Take off the second factor", _USER, ("--serial-number", "serial")
    ),
    ("iam", "DeleteUserPermissionsBoundary"): _by_hand(
        "Put back the permissions boundary of", "The record does not say which it was."
    ),
    ("iam", "CreateServiceSpecificCredential"): _by_hand(
        "Delete the service-specific credential of", "aws iam list-service-specific-credentials names it."
    ),
    ("iam", "UploadSSHPublicKey"): _by_hand("Delete the SSH key of", "aws iam list-ssh-public-keys names it."),
    ("iam", "UploadSigningCertificate"): _by_hand(
        "Delete the signing certificate of", "aws iam list-signing-certificates names it."
    ),
    ("ec2", "RunInstances"): _instances,
    ("lambda", "CreateFunction"): _one(
        "lambda", "delete-function", "--function-name", "Delete function", "lambda:DeleteFunction"
    ),
    ("lambda", "UpdateFunctionCode"): _REDEPLOY,
    ("lambda", "UpdateFunctionConfiguration"): _REDEPLOY,
    ("lambda", "AddPermission"): _by_hand(
        "Remove the permission given on function", "aws lambda get-policy names the statement."
    ),
    ("lambda", "CreateFunctionUrlConfig"): _one(
        "lambda", "delete-function-url-config", "--function-name", "Delete the URL of function", "lambda:DeleteFunctionUrlConfig"
    ),
    ("lambda", "CreateEventSourceMapping"): _by_hand(
        "Delete the event source mapping of", "aws lambda list-event-source-mappings names it."
    ),
    ("scheduler", "CreateSchedule"): _one(
        "scheduler", "delete-schedule", "--name", "Delete schedule", "scheduler:DeleteSchedule"
    ),
    ("cloudformation", "CreateStack"): _one(
        "cloudformation", "delete-stack", "--stack-name", "Delete stack", "cloudformation:DeleteStack"
    ),
    ("ecs", "CreateService"): _by_hand("Delete the ECS service", "aws ecs delete-service needs its cluster."),
    ("eks", "CreateAccessEntry"): _by_hand(
        "Delete the access entry of cluster", "aws eks delete-access-entry needs its principal."
    ),
    ("eks", "CreatePodIdentityAssociation"): _by_hand(
        "Delete the pod identity association of", "aws eks list-pod-identity-associations names it."
    ),
    ("rolesanywhere", "CreateTrustAnchor"): _by_hand(
        "Delete trust anchor", "aws rolesanywhere delete-trust-anchor, once no session of it is newer than T."
    ),
    ("rolesanywhere", "CreateProfile"): _by_hand("Delete the Roles Anywhere profile", "aws rolesanywhere delete-profile."),
    ("sso", "CreateAccountAssignment"): _by_hand(
        "Delete the account assignment of", "aws sso-admin delete-account-assignment; Identity Center instance needed."
    ),
    ("sso", "CreatePermissionSet"): _by_hand(
        "Delete permission set", "aws sso-admin delete-permission-set, after its assignments."
    ),
    ("identitystore", "CreateUser"): _by_hand(
        "Delete Identity Center user", "aws identitystore delete-user; identity store id needed."
    ),
    ("sso-directory", "CreateUser"): _by_hand(
        "Delete Identity Center user", "aws identitystore delete-user; identity store id needed."
    ),
}
