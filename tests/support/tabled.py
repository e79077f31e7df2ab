"""CloudTrail records as others keep them: Athena's CSV and Parquet, Security Lake's OCSF Parquet."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.cloudtrail import at

Record = dict[str, Any]

TEXTS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "addendum")
"""Columns that are JSON texts in the table AWS's page tells people to make; userIdentity and resources are structs."""


def athena_csv(records: list[Record]) -> bytes:
    names = sorted({name for record in records for name in record})
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([name.lower() for name in names])
    writer.writerows([[_cell(name, record.get(name)) for name in names] for record in records])
    return out.getvalue().encode()


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in TEXTS:
        return json.dumps(value)
    return _trino(value)


def _trino(value: Any) -> str:
    """As Trino writes a row: names in lower case, no quotes, null for what is missing."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name.lower()}={_trino(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_trino, value)) + "]"
    if value is None:
        return "null"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def athena_parquet(records: list[Record]) -> bytes:
    names = sorted({name for record in records for name in record})
    columns = {
        name.lower(): [None if record.get(name) is None else _kept(name, record[name]) for record in records] for name in names
    }
    return _parquet(columns)


def _kept(name: str, value: Any) -> str:
    return _lowered(value) if name == "userIdentity" else value if isinstance(value, str) else json.dumps(value)


def _lowered(value: Any) -> Any:
    """Empty structs are nulls: Parquet has none."""
    return ({name.lower(): _lowered(member) for name, member in value.items()} or None) if isinstance(value, dict) else value


def _parquet(columns: dict[str, list]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def ocsf_parquet(records: list[Record]) -> bytes:
    rows = [ocsf(record) for record in records]
    types = {"unmapped": pa.map_(pa.string(), pa.string())}
    columns = {name: pa.array([row[name] for row in rows], type=types.get(name)) for name in rows[0]}
    return _parquet(columns)  # type: ignore[arg-type]


def ocsf(record: Record) -> Record:
    """OCSF 1.1.0 as Security Lake's second source version writes it."""
    identity = record.get("userIdentity") or {}
    context = identity.get("sessionContext") or {}
    response = record.get("responseElements")
    return {
        "class_uid": 6003,
        "time": at(record["eventTime"][:10], record["eventTime"][11:19]) * 1000,
        "metadata": {
            "uid": record["eventID"],
            "event_code": record.get("eventType"),
            "version": "1.1.0",
            "product": {
                "name": "CloudTrail",
                "vendor_name": "AWS",
                "version": record.get("eventVersion"),
                "feature": {"name": record.get("eventCategory", "Management")},
            },
        },
        "api": {
            "operation": record["eventName"],
            "service": {"name": record["eventSource"]},
            "request": {"uid": record.get("requestID"), "data": _text(record.get("requestParameters"))},
            "response": {
                "error": record.get("errorCode"),
                "message": record.get("errorMessage"),
                "data": _text(response),
            },
        },
        "cloud": {"provider": "AWS", "region": record["awsRegion"], "account": {"uid": record["recipientAccountId"]}},
        "src_endpoint": {"ip": record.get("sourceIPAddress"), "uid": record.get("vpcEndpointId")},
        "http_request": {"user_agent": record.get("userAgent")},
        "actor": {
            "user": {
                "type": identity.get("type"),
                "uid": identity.get("arn"),
                "uid_alt": identity.get("principalId"),
                "name": identity.get("userName"),
                "credential_uid": identity.get("accessKeyId"),
                "account": {"uid": identity.get("accountId")},
            },
            "session": {
                "created_time_dt": (context.get("attributes") or {}).get("creationDate"),
                "is_mfa": {"true": True, "false": False}.get((context.get("attributes") or {}).get("mfaAuthenticated", "")),
                "issuer": (context.get("sessionIssuer") or {}).get("arn"),
            },
            "invoked_by": identity.get("invokedBy"),
            "idp": {"name": identity.get("identityProvider")},
        },
        "unmapped": sorted(_unmapped(record).items()),
    }


_MAPPED = frozenset(
    "eventVersion eventTime eventID eventType eventCategory eventSource eventName requestID errorCode errorMessage awsRegion"
    " sourceIPAddress vpcEndpointId userAgent requestParameters responseElements recipientAccountId userIdentity resources".split()
)
_MAPPED_IDENTITY = frozenset(
    "type principalId arn accountId accessKeyId userName invokedBy identityProvider sessionContext".split()
)


def _unmapped(record: Record) -> dict[str, str]:
    identity = record.get("userIdentity") or {}
    context = {
        name: value
        for name, value in (identity.get("sessionContext") or {}).items()
        if name not in ("attributes", "sessionIssuer")
    }
    rest = {name: value for name, value in record.items() if name not in _MAPPED}
    rest["userIdentity"] = {name: value for name, value in identity.items() if name not in _MAPPED_IDENTITY} | {
        "sessionContext": context
    }
    return dict(_flat("", rest))


def _flat(path: str, value: Any):  # noqa: ANN202
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _flat(f"{path}.{name}" if path else name, member)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
