"""CloudTrail events as Security Lake keeps them (OCSF), mapped back to CloudTrail's own records.

Mapping: the OCSF project's published CloudTrail mappings (1.0.0-rc.2, 1.1.0, 1.5.0), read backwards. What has no place in
OCSF stands in `unmapped` under dotted names and goes back to its place. What does not come back, and what that costs, is
said in docs/limits.md: the record's own text, sessionIssuer beyond its ARN, and members that several fields shared.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from roletrail.ingest import clock
from roletrail.ingest.json_text import BadJson, loads
from roletrail.ingest.members import at, text_at

COLUMNS = frozenset({"class_uid", "metadata", "api", "cloud", "time"})
MOST_DEPTH = 12

_OBJECTS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")


def record_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """The event of one row; None for a row of another product than CloudTrail."""
    if text_at(row, "metadata", "product", "name") != "CloudTrail":
        return None
    record = _unflattened(row.get("unmapped"))
    for name, value in _fields(row):
        if value:
            record[name] = value
    for name, text in (
        ("requestParameters", at(row, "api", "request", "data")),
        ("responseElements", at(row, "api", "response", "data")),
    ):
        found = _decoded(text)
        if found is not None:
            record[name] = found
    for name in _OBJECTS:
        if isinstance(record.get(name), str):
            record[name] = _decoded(record[name])
    record["userIdentity"] = _merged(record.get("userIdentity"), _identity(row))
    return record


def _fields(row: dict[str, Any]) -> list[tuple[str, Any]]:
    feature = text_at(row, "metadata", "product", "feature", "name")
    request = text_at(row, "api", "request", "uid")
    return [
        ("eventVersion", text_at(row, "metadata", "product", "version")),
        ("eventTime", _time(row)),
        ("eventID", text_at(row, "metadata", "uid")),
        ("eventType", text_at(row, "metadata", "event_code")),
        ("eventCategory", feature if feature in ("Management", "Data", "NetworkActivity", "Insight") else ""),
        ("eventSource", text_at(row, "api", "service", "name")),
        ("eventName", text_at(row, "api", "operation")),
        ("requestID", "" if request == "''" else request),
        ("errorCode", text_at(row, "api", "response", "error")),
        ("errorMessage", text_at(row, "api", "response", "message")),
        ("awsRegion", text_at(row, "cloud", "region")),
        ("recipientAccountId", text_at(row, "cloud", "account", "uid")),
        ("sourceIPAddress", text_at(row, "src_endpoint", "ip") or text_at(row, "src_endpoint", "domain")),
        ("vpcEndpointId", text_at(row, "src_endpoint", "uid")),
        ("userAgent", text_at(row, "http_request", "user_agent")),
        ("resources", _resources(row.get("resources"))),
    ]


def _time(row: dict[str, Any]) -> str:
    """`time` is epoch milliseconds; Security Lake's partitions of old have it in text."""
    return _iso(row.get("time")) or _iso(row.get("time_dt"))


def _iso(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        seconds = int(value) // 1000 if value > 100_000_000_000 else int(value)
    elif isinstance(value, datetime):
        seconds = int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
    else:
        seconds = clock.epoch(str(value))
    return clock.iso(seconds) if clock.EARLIEST <= seconds < clock.LATEST else ""


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    user, session = at(row, "actor", "user"), at(row, "actor", "session")
    old = at(user, "uuid") is not None  # 1.0.0-rc.2
    arn, principal = (text_at(user, name) for name in (("uuid", "uid") if old else ("uid", "uid_alt")))
    identity = {
        "type": text_at(user, "type"),
        "principalId": principal,
        "arn": arn,
        "accountId": text_at(user, "account", "uid") or text_at(user, "account_uid"),
        "accessKeyId": text_at(user, "credential_uid"),
        "userName": text_at(user, "name"),
        "invokedBy": text_at(row, "actor", "invoked_by"),
        "identityProvider": text_at(row, "actor", "idp", "name"),
        "sessionContext": _session(session, principal),
    }
    return {name: value for name, value in identity.items() if value}


def _session(session: Any, principal: str) -> dict[str, Any]:
    created = _iso(at(session, "created_time_dt")) or _iso(at(session, "created_time"))
    issuer = text_at(session, "issuer")
    context: dict[str, Any] = {}
    mfa = at(session, "is_mfa") if at(session, "is_mfa") is not None else at(session, "mfa")
    if created or mfa is not None:
        context["attributes"] = {"creationDate": created, "mfaAuthenticated": "true" if mfa in (True, "true") else "false"}
    if issuer.startswith("arn:"):
        kind = "Role" if ":role/" in issuer else "Root" if issuer.endswith(":root") else "IAMUser"
        context["sessionIssuer"] = {
            "type": kind,
            "arn": issuer,
            "accountId": issuer.split(":")[4] if issuer.count(":") >= 5 else "",
            "userName": issuer.rpartition("/")[2],
            "principalId": principal.rpartition(":")[0] if kind == "Role" else "",
        }
    return context


def _resources(value: Any) -> list[dict[str, str]]:
    return [
        {
            "ARN": text_at(one, "uid"),
            "accountId": text_at(one, "owner", "account", "uid") or text_at(one, "account_uid"),
            "type": text_at(one, "type"),
        }
        for one in value or ()
        if isinstance(one, dict)
    ]


def _unflattened(value: Any) -> dict[str, Any]:
    """`unmapped`, a map of texts: dotted names become members of members. Where two names contradict, the first stays."""
    pairs = value.items() if isinstance(value, dict) else value or ()
    record: dict[str, Any] = {}
    for name, member in pairs:
        place: Any = record
        *path, last = str(name).split(".")[:MOST_DEPTH]
        for step in path:
            place = place.setdefault(step, {}) if isinstance(place, dict) else None
        if isinstance(place, dict) and member is not None:
            place.setdefault(last, member)
    return record


def _merged(extra: Any, identity: dict[str, Any]) -> dict[str, Any]:
    """What was unmapped of userIdentity, beside what was mapped; two deep, as far as both reach."""
    merged = dict(extra) if isinstance(extra, dict) else {}
    for name, value in identity.items():
        merged[name] = merged[name] | value if isinstance(value, dict) and isinstance(merged.get(name), dict) else value
    return merged


def _decoded(text: Any) -> Any:
    if not isinstance(text, str) or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return loads(text.encode())
    except BadJson:
        return None
