"""Which workload a service delivers credentials to: told from the service that asked, never from a session name alone."""

from __future__ import annotations

from typing import NamedTuple

INSTANCES = ("i-", "mi-")
"""Names of EC2 instances, and of machines registered with Systems Manager, where the service itself chose the name."""


class Workload(NamedTuple):
    kind: str  # instance | function | task | pod | build | machine | certificate | service
    id: str


_BY_SERVICE = {
    "ec2": "instance",
    "ssm": "instance",
    "lambda": "function",
    "ecs-tasks": "task",
    "pods.eks": "pod",
    "codebuild": "build",
    "rolesanywhere": "certificate",
}

_BY_ISSUER = {
    "AWS::EC2::Instance": "instance",
    "AWS::Lambda::Function": "function",
    "AWS::ECS::Task": "task",
    "AWS::CodeBuild::Project": "build",
}


def service_name(principal: str) -> str:
    """`ec2` for `ec2.amazonaws.com`, in any partition."""
    return principal.partition(".amazonaws.")[0]


def delivered_by(principal: str, session_name: str) -> Workload:
    """Workload behind an AssumeRole that the service `principal` made."""
    service = service_name(principal)
    kind = _BY_SERVICE.get(service, "service")
    if kind == "instance":
        return Workload("instance", session_name) if session_name.startswith(INSTANCES) else Workload("service", principal)
    # `awslambda_<n>_<time>` is Lambda's own control plane, not an execution environment.
    if kind == "service" or not session_name or (kind == "function" and session_name.startswith("awslambda_")):
        return Workload("service", principal)
    return Workload(kind, session_name)


def in_scope(in_scope_of: str) -> Workload | None:
    """Workload that `inScopeOf` (issuer type, then ARN) says a credential was issued to."""
    issuer, _, arn = in_scope_of.partition(" ")
    kind = _BY_ISSUER.get(issuer)
    if kind is None:
        return None
    resource = arn.split(":", 5)[-1]
    last = resource.split(":")[1] if kind == "function" and ":" in resource else resource.rsplit("/", 1)[-1]
    return Workload(kind, last) if last else None
