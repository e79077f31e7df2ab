"""GuardDuty's findings on credentials: which session each is about. What they say stands beside our own verdict, unchanged.

Shapes: GetFindings of the GuardDuty API (PascalCase), and the same finding as EventBridge and the S3 export have it
(camelCase, under `detail`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from roletrail.inventory.snapshot import epoch, pascal

TYPES = ("InstanceCredentialExfiltration", "ResourceCredentialExfiltration", "AttackSequence")


class GuardDutyFinding(NamedTuple):
    id: str
    account: str
    region: str
    type: str
    severity: float
    title: str
    first_seen: int
    last_seen: int
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    access_key_ids: tuple[str, ...]
    principal_ids: tuple[str, ...]
    instance_ids: tuple[str, ...]
    addresses: tuple[str, ...]


def is_ours(type_: str) -> bool:
    return any(word in type_ for word in TYPES)


def of_finding(item: Any) -> GuardDutyFinding | None:
    """One finding of the kinds that concern credentials; None for others."""
    finding = pascal(item)
    if not isinstance(finding, dict) or not is_ours(str(finding.get("Type", ""))) or not finding.get("Id"):
        return None
    said = finding.get("Service")
    service: dict[str, Any] = said if isinstance(said, dict) else {}
    found = list(_walk(finding))
    return GuardDutyFinding(
        id=str(finding["Id"]),
        account=str(finding.get("AccountId", "")),
        region=str(finding.get("Region", "")),
        type=str(finding["Type"]),
        severity=float(finding.get("Severity") or 0),
        title=str(finding.get("Title", ""))[:500],
        first_seen=epoch(service.get("EventFirstSeen")) or epoch(finding.get("CreatedAt")),
        last_seen=epoch(service.get("EventLastSeen")) or epoch(finding.get("UpdatedAt")),
        count=int(service.get("Count") or 1),
        access_key_ids=_texts(found, "AccessKeyId"),
        principal_ids=_texts(found, "PrincipalId"),
        instance_ids=_texts(found, "InstanceId"),
        addresses=_texts(found, "IpAddressV4") + _texts(found, "IpAddressV6"),
    )


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every member with its name, however deep: attack sequences hold the same members in lists of actors and signals."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.items()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _texts(found: list[tuple[str, Any]], name: str) -> tuple[str, ...]:
    texts = {
        value for key, value in found if key == name and isinstance(value, str) and value and not any(c.isspace() for c in value)
    }
    return tuple(sorted(texts))
