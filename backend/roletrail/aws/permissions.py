"""What Roletrail must be allowed to do in AWS, and no more: one statement for each thing it reads.

Actions and what they take resources for: AWS's service authorization reference. Describe and List calls that know no
resources stand under "*", as that reference says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from roletrail.errors import InvalidRequest

_QUEUE_ARN = re.compile(r"arn:(aws[a-z-]*):sqs:([a-z0-9-]+):(\d{12}):([\w-]{1,80}(?:\.fifo)?)")
_QUEUE_URL = re.compile(r"https://(?:sqs|queue)\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/(\d{12})/([\w-]{1,80}(?:\.fifo)?)")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|\*):role/[\w+=,.@/*-]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

INVENTORY = (
    "ec2:DescribeAddresses",
    "ec2:DescribeInstances",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRegions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
)
GUARDDUTY = ("guardduty:GetFindings", "guardduty:ListDetectors", "guardduty:ListFindings")


def policy(
    *,
    buckets: Sequence[str] = (),
    queues: Sequence[str] = (),
    keys: Sequence[str] = (),
    roles: Sequence[str] = (),
    history: bool = False,
    inventory: bool = False,
    guardduty: bool = False,
    partition: str = "aws",
) -> dict[str, Any]:
    """The policy document. Raises InvalidRequest for a resource that is none, and when nothing is read at all."""
    statements = [statement for url in buckets for statement in _bucket(url, partition)]
    if queues:
        arns = sorted(_queue(queue) for queue in queues)
        actions = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
        statements.append(_statement("FollowQueue", actions, arns))
    if keys:
        statements.append(_statement("DecryptLogs", ("kms:Decrypt",), [_fitting(_KEY_ARN, key, "KMS key ARN") for key in keys]))
    if roles:
        actions = ("sts:AssumeRole", "sts:SetSourceIdentity")
        statements.append(_statement("OwnRole", actions, [_fitting(_ROLE_ARN, role, "role ARN") for role in roles]))
    if history:
        regions = () if inventory else ("ec2:DescribeRegions",)
        statements.append(_statement("ReadEventHistory", ("cloudtrail:LookupEvents", *regions), ["*"]))
    if inventory:
        statements.append(_statement("ReadInventory", (*INVENTORY, "organizations:ListAccounts"), ["*"]))
    if guardduty:
        statements.append(_statement("ReadGuardDuty", GUARDDUTY, ["*"]))
    if not statements:
        raise InvalidRequest(
            "Say what is to be read.", hint="--from s3://BUCKET/PREFIX, --follow QUEUE, --lookup-events, --inventory ..."
        )
    return {"Version": "2012-10-17", "Statement": _numbered(statements)}


def _bucket(url: str, partition: str) -> list[dict[str, Any]]:
    name, _, prefix = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not _BUCKET.fullmatch(name) or any(mark in prefix for mark in "*?$"):
        raise InvalidRequest(f"{url[:100]!r} names no bucket.", hint="Write s3://BUCKET/PREFIX.")
    prefix = prefix.rstrip("/")
    arn = f"arn:{partition}:s3:::{name}"
    listing = _statement("ListLogs", ("s3:ListBucket",), [arn])
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": [prefix, f"{prefix}/*"]}}
    return [listing, _statement("ReadLogs", ("s3:GetObject",), [f"{arn}/{prefix}/*" if prefix else f"{arn}/*"])]


def _queue(named: str) -> str:
    """ARN of a queue's ARN or URL."""
    if _QUEUE_ARN.fullmatch(named):
        return named
    if found := _QUEUE_URL.fullmatch(named):
        region = found[1]
        partition = "aws-cn" if found[2] else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        return f"arn:{partition}:sqs:{region}:{found[3]}:{found[4]}"
    raise InvalidRequest(f"{named[:100]!r} is no queue.", hint="Write its ARN or its URL.")


def _fitting(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidRequest(f"{text[:100]!r} is no {what}.", hint="Copy it from the console.")
    return text


def _statement(sid: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}


def _numbered(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sids are unique in a policy."""
    met: dict[str, int] = {}
    for statement in statements:
        sid = statement["Sid"]
        met[sid] = met.get(sid, 0) + 1
        if met[sid] > 1:
            statement["Sid"] = f"{sid}{met[sid]}"
    return statements
