"""What else is asked of AWS: its address ranges, and GuardDuty's findings on credentials. Only when somebody says so."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

from roletrail.aws import clients
from roletrail.aws.patience import kind_of, patiently, sentence
from roletrail.errors import InputUnavailable, InvalidRequest
from roletrail.inventory import ranges
from roletrail.inventory.guardduty import GuardDutyFinding, of_finding

IP_RANGES_URL = "https://ip-ranges.amazonaws.com/ip-ranges.json"
SECONDS = 30
MOST_BYTES = 64 * 1024 * 1024
AT_ONCE = 50
"""Findings of one GetFindings call, the most it takes."""

FINDING_TYPES = (
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS",
    "UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.InsideAWS",
    "AttackSequence:IAM/CompromisedCredentials",
    "AttackSequence:S3/CompromisedData",
    "AttackSequence:EKS/CompromisedCluster",
    "AttackSequence:EC2/CompromisedInstanceGroup",
    "AttackSequence:ECS/CompromisedCluster",
)


def fetch_ranges(url: str = IP_RANGES_URL) -> bytes:
    """AWS's file as it is now. Raises InputUnavailable when it does not come, or is something else."""
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise InvalidRequest("Address ranges are fetched over https.")
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the scheme is checked above
            body = answer.read(MOST_BYTES)
    except OSError as error:
        raise InputUnavailable(f"The address ranges do not come: {error}.", hint="Import a file instead.") from None
    ranges.of_json(body, "ip-ranges.json")
    return body


def guardduty_findings(regions: Sequence[str]) -> Iterator[GuardDutyFinding]:
    """Findings of every detector we may read, region by region."""
    for region in regions:
        try:
            yield from _of_region(region)
        except Exception as error:
            if kind_of(error) == "denied" or not hasattr(error, "response"):
                raise InputUnavailable(f"GuardDuty in {region} cannot be read: {sentence(error)}") from None
            raise


def _of_region(region: str) -> Iterator[GuardDutyFinding]:
    for detector in _listed(region, "list_detectors", "DetectorIds", {}):
        criteria = {"Criterion": {"type": {"Equals": list(FINDING_TYPES)}}}
        ids = list(_listed(region, "list_findings", "FindingIds", {"DetectorId": detector, "FindingCriteria": criteria}))
        for start in range(0, len(ids), AT_ONCE):
            asked = {"DetectorId": detector, "FindingIds": ids[start : start + AT_ONCE]}
            answer = patiently(lambda: _client(region).get_findings(**asked), f"GetFindings in {region}")  # noqa: B023
            yield from (found for one in answer["Findings"] if (found := of_finding(one)))


def _listed(region: str, call: str, member: str, arguments: dict[str, Any]) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = patiently(lambda: getattr(_client(region), call)(**arguments, **token), f"{call} in {region}")  # noqa: B023
        yield from page[member]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _client(region: str) -> Any:
    return clients.client("guardduty", region)
