"""ARNs, principal ids and access key ids: parsing only, never guessing.

Sources: IAM identifiers reference (id prefixes), CloudTrail userIdentity element.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import NamedTuple

SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")


class Arn(NamedTuple):
    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """Split an ARN in its six parts; None when the text is no ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1]:
        return None
    return Arn(*parts[1:])


def partition_of(arn: str, default: str = "aws") -> str:
    """Partition of an ARN (`aws`, `aws-cn`, `aws-us-gov`, ...)."""
    parts = arn.split(":", 5)
    return parts[1] if len(parts) == 6 and parts[0] == "arn" and parts[1] else default


def split_principal(principal_id: str) -> tuple[str, str]:
    """Unique id and session name, split on the LAST colon (`123456789012:aws:ec2-instance:i-0..` is a real shape)."""
    unique_id, colon, name = principal_id.rpartition(":")
    return (unique_id, name) if colon else (principal_id, "")


@lru_cache(maxsize=1 << 14)
def role_name(role_arn: str) -> str:
    """Role name of a role or assumed-role ARN, without its path; empty when it is neither."""
    parsed = parse_arn(role_arn)
    if parsed is None:
        return ""
    if parsed.resource.startswith("assumed-role/"):
        return parsed.resource.split("/")[1]
    if parsed.resource.startswith("role/"):
        return parsed.resource.rsplit("/", 1)[-1]
    return ""


def is_service_linked(role_arn: str) -> bool:
    """True for a service-linked role, told by its path (never ranked, never counted)."""
    return ":role/aws-service-role/" in role_arn


def is_service(name: str) -> bool:
    """True for a service principal such as `ec2.amazonaws.com`, in any partition."""
    return name.endswith(SERVICE_SUFFIXES)


def account_hint(access_key_or_unique_id: str) -> str:
    """Account a new-format key or unique id was issued in; empty when the id does not encode one.

    Only a hint ("key belongs to account N"), never a join: anonymised logs mismatch, and ids whose fifth
    character is I or J are of the old format.
    """
    body = access_key_or_unique_id[4:20]
    if len(body) != 16 or body[0] in "IJ":
        return ""
    try:
        number = int.from_bytes(base64.b32decode(body)[:6], "big")
    except (binascii.Error, ValueError):
        return ""
    return f"{(number & 0x7FFFFFFFFF80) >> 7:012d}"


_PARTITIONS = (
    ("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-isob-", "aws-iso-b"), ("us-iso-", "aws-iso"), ("eusc-", "aws-eusc"),
)  # fmt: skip


def partition_of_region(region: str) -> str:
    """Partition a region lies in, for records that carry no ARN of their own."""
    for prefix, partition in _PARTITIONS:
        if region.startswith(prefix):
            return partition
    return "aws"
