"""Named resources that data events read, destroyed or spent, counted by identity: too many calls to keep one by one.

What is kept one by one of the same kind is in `actions`; what each call means for an investigation says `lineage.impact`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from roletrail.ingest.members import ABSENT
from roletrail.ingest.record import Record
from roletrail.lineage.impact import COUNTED
from roletrail.lineage.model import ResourceUse

MOST_NAME = 512
NAMES = frozenset(name for _, name in COUNTED)

Call = tuple[int, str, str, Record]
"""time, identity, account, record"""


class _Named(msgspec.Struct, gc=False):
    """Members of requestParameters that name what a call is about."""

    bucketName: object = None  # noqa: N815 - CloudTrail's names
    tableName: object = None  # noqa: N815
    repositoryName: object = None  # noqa: N815
    modelId: object = None  # noqa: N815


class _Resource(msgspec.Struct, gc=False):
    ARN: str = ""


_decode_named = msgspec.json.Decoder(_Named).decode
_decode_resources = msgspec.json.Decoder(list[_Resource]).decode


def is_counted(event_source: str, event_name: str) -> bool:
    return (event_source.removesuffix(".cn"), event_name) in COUNTED


def resources_of(calls: Sequence[Call]) -> tuple[ResourceUse, ...]:
    """The calls folded by identity, call and resource."""
    found: dict[tuple[str, str, str, str, str], list[tuple[int, str, bool]]] = {}
    for at, identity, account, record in calls:
        source = record.event_source.removesuffix(".cn")
        resource = _named(COUNTED[source, record.event_name].member, record)
        if resource:
            key = (identity, source, record.event_name, resource, account)
            found.setdefault(key, []).append((at, record.event_id, bool(record.error_code or record.error_message)))
    return tuple(ResourceUse(*key, *_folded(rows)) for key, rows in sorted(found.items()))


def _folded(rows: list[tuple[int, str, bool]]) -> tuple[int, int, int, str, int, str]:
    first, last = min(rows), max(rows)
    return len(rows), sum(failed for _, _, failed in rows), first[0], first[1], last[0], last[1]


def _named(member: str, record: Record) -> str:
    """What the record calls it; "" when it does not say."""
    try:
        if member == "resources":
            arns = [one.ARN for one in _decode_resources(record.resources) if one.ARN] if record.resources else []
            found: object = next((arn for arn in arns if ":key/" in arn), "")
        else:
            raw = record.request_parameters
            found = getattr(_decode_named(raw), member) if bytes(memoryview(raw)[:1]) == b"{" else ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return found[:MOST_NAME] if isinstance(found, str) and found not in ABSENT else ""
