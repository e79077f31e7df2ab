"""What a pasted GuardDuty finding names, as its API writes it (PascalCase), as EventBridge does (camelCase), or in ASFF.

Shapes: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html; ASFF keeps the same facts in `Resources`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def things(finding: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(kind, value, what people call it), the most telling first; empty when this is no finding."""
    resource, service = _get(finding, "Resource"), _get(finding, "Service")
    if isinstance(resource, dict) and isinstance(service, dict):
        return list(_of_guardduty(resource, service))
    resources = finding.get("Resources")
    if isinstance(resources, list) and "ProductArn" in finding:
        return [found for one in resources if isinstance(one, dict) for found in _of_asff(one)]
    return []


def _of_guardduty(resource: dict[str, Any], service: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    key, instance = _get(resource, "AccessKeyDetails"), _get(resource, "InstanceDetails")
    yield from _texts(
        ("access_key_id", _get(key, "AccessKeyId"), "access key id of the GuardDuty finding"),
        ("principal_id", _get(key, "PrincipalId"), "principal id of the GuardDuty finding"),
        ("instance", _get(instance, "InstanceId"), "instance of the GuardDuty finding"),
    )
    action = _get(service, "Action")
    for kind in ("AwsApiCallAction", "NetworkConnectionAction", "DnsRequestAction"):
        remote = _get(_get(action, kind), "RemoteIpDetails")
        yield from _texts(("address", _get(remote, "IpAddressV4"), "address of the GuardDuty finding"))


def _of_asff(resource: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    details = resource.get("Details")
    key = details.get("AwsIamAccessKey") if isinstance(details, dict) else None
    yield from _texts(
        ("access_key_id", _get(key, "AccessKeyId"), "access key id of the finding"),
        ("principal_id", _get(key, "PrincipalId"), "principal id of the finding"),
    )
    id_ = resource.get("Id")
    if isinstance(id_, str) and resource.get("Type") == "AwsEc2Instance":
        yield ("instance", id_.rpartition("/")[2], "instance of the finding")


def _texts(*found: tuple[str, Any, str]) -> Iterator[tuple[str, str, str]]:
    for kind, value, said in found:
        if isinstance(value, str) and value:
            yield (kind, value, said)


def _get(found: Any, name: str) -> Any:
    if not isinstance(found, dict):
        return None
    return found.get(name, found.get(name[0].lower() + name[1:]))
