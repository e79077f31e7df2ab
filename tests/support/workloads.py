"""Credentials that AWS services deliver to workloads, and the calls services make on somebody's behalf."""

from __future__ import annotations

from typing import Any

from tests.support import identities
from tests.support.cloudtrail import Record, Trail, role_resource, role_session
from tests.support.identities import Credential, Role, iso

SERVICE_LINKED_PATH = "/aws-service-role/"
BOTO_ON_LINUX = "Boto3/1.35.20 md/Botocore#1.35.20 ua/2.0 os/linux#6.1.102 md/arch#x86_64 lang/python#3.12.5"
SSM_AGENT = "aws-sdk-go/1.55.5 (go1.22.6; linux; amd64) amazon-ssm-agent/3.3.859.0"


def deliver(
    trail: Trail,
    at_: int,
    service: str,
    role: Role,
    session_name: str,
    *,
    key: str = "",
    address: str = "",
    agent: str = BOTO_ON_LINUX,
    seconds: int = 21600,
    knows_role: bool = False,
    context: dict[str, Any] | None = None,
    identity: dict[str, Any] | None = None,
    request: dict[str, Any] | None = None,
    **more: Any,
) -> Credential:
    """AssumeRole by an AWS service. Without `knows_role` the answer lacks assumedRoleUser, as for EC2, Lambda and ECS (F4).

    sharedEventID is there although one account is involved (F5).
    """
    child_key = trail.ids.unique("ASIA", role.account, key)
    asked = {"roleArn": role.arn, "roleSessionName": session_name, "durationSeconds": seconds, **(request or {})}
    answer: dict[str, Any] = {"credentials": trail.credentials(child_key, at_ + seconds)}
    if knows_role:
        answer["assumedRoleUser"] = {
            "assumedRoleId": f"{role.unique_id}:{session_name}",
            "arn": role.session_arn(session_name),
        }
    fields = {
        "request": asked,
        "response": answer,
        "resources": [role_resource(role)],
        "sharedEventID": trail.ids.shared(),
        **more,
    }
    suffix = ".amazonaws.com.cn" if role.partition == "aws-cn" else ".amazonaws.com"
    name = service + suffix
    trail.record(at_, "sts.amazonaws.com", "AssumeRole", identities.aws_service(name),
                 account=role.account, address=name, agent=name, **fields)  # fmt: skip
    place = Credential({}, role.account, address or "10.20.1.15", agent)
    child = role_session(role, session_name, child_key, at_, place, **(context or {}))
    return child.with_identity(**(identity or {}))


def instance(
    trail: Trail, at_: int, role: Role, instance_id: str, *, address: str, keys: tuple[str, str] = ("", ""), **more: Any
) -> tuple[Credential, Credential]:
    """EC2 issues two keys in the same second (F3): the 2.0 one the agent uses, and the twin that answers IMDSv1."""
    scope = in_scope_of("AWS::EC2::Instance", f"arn:aws:ec2:{trail.region}:{role.account}:instance/{instance_id}")
    twins = []
    for key, delivery in zip(keys, ("2.0", "1.0"), strict=True):
        twin = deliver(
            trail, at_, "ec2", role, instance_id, key=key, address=address,
            context={"ec2RoleDelivery": delivery}, identity=scope, **more,
        )  # fmt: skip
        twins.append(twin)
    return twins[0], twins[1]


def function(trail: Trail, at_: int, role: Role, name: str, *, address: str, key: str = "", **more: Any) -> Credential:
    """A Lambda execution environment gets its credentials; the session is named after the function."""
    scope = in_scope_of("AWS::Lambda::Function", f"arn:aws:lambda:{trail.region}:{role.account}:function:{name}")
    scope["inScopeOf"]["credentialsIssuedToVersion"] = "$LATEST"
    agent = "Boto3/1.34.145 md/Botocore#1.34.145 ua/2.0 os/linux#5.10.227 exec-env/AWS_Lambda_python3.12 lang/python#3.12.5"
    fields = {"agent": agent, "seconds": 43200, "identity": scope, **more}
    return deliver(trail, at_, "lambda", role, name, key=key, address=address, **fields)


def in_scope_of(issuer_type: str, issued_to: str) -> dict[str, Any]:
    return {"inScopeOf": {"issuerType": issuer_type, "credentialsIssuedTo": issued_to}}


def service_linked(
    trail: Trail, at_: int, service: str, role: Role, session_name: str, calls: list[tuple[str, str]], *, copies: int = 1
) -> None:
    """A service-linked role at work: issuances nobody's key is seen of, then calls without a key (F8)."""
    host = service + ".amazonaws.com"
    for _ in range(copies):
        deliver(trail, at_, service, role, session_name, seconds=900, knows_role=service != "rds")
    worker = role_session(role, session_name, "", at_, Credential({}, role.account, host, host))
    worker = worker.with_identity(invokedBy=host)
    for offset, (source, name) in enumerate(calls, start=1):
        trail.call(worker, at_ + offset, source, name)


def forward_access(
    trail: Trail, by: Credential, at_: int, through: str, service: str, name: str,
    *, key: str = "", created: int = 0, invoked_by: str = "", **more: Any,
) -> Record:  # fmt: skip
    """A service calls another in its caller's name (FAS)."""
    fresh = forwarded(trail, by, through, key=key, created=created, invoked_by=invoked_by)
    return trail.call(fresh, at_, service, name, **more)


def forwarded(trail: Trail, by: Credential, through: str, *, key: str = "", created: int = 0, invoked_by: str = "") -> Credential:
    """What a service calls with in its caller's name: a fresh key nothing issues, the caller's creationDate (F7)."""
    host = f"{through}.amazonaws.com"
    fresh = by.using(trail.ids.unique("ASIA", by.account, key)).with_identity(invokedBy=invoked_by or host)
    if created:
        context = {"sessionIssuer": {}, "attributes": {"creationDate": iso(created), "mfaAuthenticated": "false"}}
        fresh = fresh.with_identity(sessionContext=context)
    return fresh.at(host, host)
