"""The policies that plans print, each in one function. Shapes and condition keys: semantics section 7 and the AWS pages it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from roletrail.detect.containment.step import RUN_TIME

REVOKE = "AWSRevokeOlderSessions"
"""The name the console gives this inline policy: tools and people know it by that (IAM: revoke role session permissions)."""
QUARANTINE = "RoletrailQuarantine"
DENY_SESSION = "RoletrailDenySession"
DENY_SOURCE = "RoletrailDenySourceIdentity"
DENY_OFF_INSTANCE = "RoletrailDenyOffInstance"

Policy = dict[str, Any]


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _deny(sid: str, condition: Mapping[str, Any] | None = None) -> Policy:
    statement: Policy = {"Sid": sid, "Effect": "Deny", "Action": ["*"], "Resource": ["*"]}
    return {**statement, "Condition": condition} if condition else statement


def revoke_older() -> Policy:
    """Denies every session whose credentials were issued before the moment the step is run. Long-term keys carry no
    aws:TokenIssueTime, so they are never hit."""
    return _policy({k: v for k, v in _deny("", {"DateLessThan": {"aws:TokenIssueTime": RUN_TIME}}).items() if k != "Sid"})


def deny_sessions(user_ids: Sequence[str]) -> Policy:
    """Denies sessions by unique id and session name, and only those issued before the step is run: names can be used again."""
    return _policy(
        _deny(
            "DenySessions",
            {"StringEquals": {"aws:userid": list(user_ids)}, "DateLessThan": {"aws:TokenIssueTime": RUN_TIME}},
        )
    )


def deny_source_identity(name: str) -> Policy:
    """Denies every session that carries a source identity, those to come too: it is set once and passed along a chain (IAM: monitor
    and control actions taken with assumed roles). On sessions aws:SourceIdentity; sts:SourceIdentity is of the call that sets it."""
    return _policy(_deny("DenySourceIdentity", {"StringEquals": {"aws:SourceIdentity": name}}))


def deny_sign_in_sessions(arns: Sequence[str]) -> Policy:
    """Denies console sign-ins one by one (CloudTrail userIdentity element: signInSessionArn is for this)."""
    return _policy(_deny("DenySignInSessions", {"ArnEquals": {"aws:SignInSessionArn": list(arns)}}))


def deny_off_instance() -> Policy:
    """Denies an instance's credentials wherever they are not used through the VPC and address of their instance. Calls that services
    make for it, and sessions of the role that are no instance's, are not hit. aws:SourceVpc exists for calls through a VPC endpoint
    alone: for a role that leaves by NAT this denies everything."""
    guard = {"Null": {"ec2:SourceInstanceARN": "false"}, "BoolIfExists": {"aws:ViaAWSService": "false"}}
    return _policy(
        _deny("OffInstanceVpc", {"StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"}, **guard}),
        _deny("OffInstanceAddress", {"StringNotEquals": {"aws:Ec2InstanceSourcePrivateIPv4": "${aws:VpcSourceIp}"}, **guard}),
    )


def deny_all() -> Policy:
    return _policy(_deny("DenyAll"))


def deny_principals(arns: Sequence[str]) -> Policy:
    """A service control policy against principals of a member account, whatever IAM says there."""
    return _policy(_deny("DenyPrincipals", {"ArnEquals": {"aws:PrincipalArn": list(arns)}}))


def deny_portal_user(user_id: str) -> Policy:
    """Denies an Identity Center user's role sessions, in every permission set (IAM Identity Center: revoke active sessions)."""
    return _policy(_deny("DenyPortalUser", {"StringEquals": {"identitystore:UserId": user_id}}))


def deny_user_ids(user_ids: Sequence[str]) -> Policy:
    return _policy(_deny("DenyUserIds", {"StringEquals": {"aws:userid": list(user_ids)}}))


def trust_denial(sid: str, actions: Sequence[str], condition: Mapping[str, Any]) -> Policy:
    """A statement for a trust policy: nobody who fits the condition gets a new session."""
    return _policy({"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": list(actions), "Condition": condition})
