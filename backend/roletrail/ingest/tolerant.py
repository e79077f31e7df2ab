"""One record, taken if it can be: the slow path behind every surprise.

Athena's lower-case names and JSON strings, numbers and booleans where text belongs, nulls, `@timestamp` for `eventTime`.
What is left after that has a stable reason. Results are in CloudTrail's own form.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import msgspec

from roletrail.ingest import clock
from roletrail.ingest.json_text import BadJson, encode, loads
from roletrail.ingest.members import sound_number
from roletrail.ingest.record import Fault, Record, Taken

_decode_record = msgspec.json.Decoder(Record).decode

_NAMES = {name.lower(): name for name in Record.__struct_encode_fields__}
_OBJECTS = frozenset(
    {
        "userIdentity",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "serviceEventDetails",
        "resources",
        "addendum",
    }
)
_BOOLEANS = frozenset({"readOnly", "managementEvent"})
_TRUTH = {"true": True, "false": False, True: True, False: False}
_WITHOUT_IDENTITY = frozenset({"AwsServiceEvent", "AwsVpceEvent", "AwsVpceEvents", "AwsCloudTrailInsight"})
"""Event types whose records may come without userIdentity."""


def take(item: bytes | msgspec.Raw) -> Taken | Fault | None:
    """The record, or why not; None for one that is recognised and not ours (Insight)."""
    try:
        record = _decode_record(item)
        raw = item
        if not _is_plain(record) or not bytes(item).isascii():
            record, raw = _rebuilt(item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        try:
            record, raw = _rebuilt(item)
        except BadJson as error:
            return error.fault
    except BadJson as error:
        return error.fault
    if is_insight(record):
        return None
    return _fault_of(record) or Taken(record, raw)


def is_insight(record: Record) -> bool:
    return record.event_type == "AwsCloudTrailInsight" or record.event_category == "Insight"


def _is_plain(record: Record) -> bool:
    """Nothing in it needs to be put right before the fast code may read it."""
    return bool(
        record.event_name
        and record.event_source
        and record.event_id
        and len(record.event_time) == 20
        and clock.epoch(record.event_time)
        and bytes(memoryview(record.user_identity)[:1]) == b"{"
    )


def _rebuilt(item: bytes | msgspec.Raw) -> tuple[Record, bytes]:
    """The record in CloudTrail's own form, from whatever comes near to it."""
    value = loads(item)
    if not isinstance(value, dict):
        raise BadJson("not_an_object", f"The record is {_kind(value)}, no JSON object.")
    canonical: dict[str, Any] = {}
    for name, member in value.items():
        _put(canonical, name, member)
    if canonical.keys().isdisjoint(_NAMES.values()):
        raise BadJson("not_cloudtrail", "The JSON object is no CloudTrail record.")
    _put_time(canonical, value)
    if not canonical.get("eventID"):
        canonical["eventID"] = _derived_id(canonical)
    raw = encode(canonical)
    try:
        return _decode_record(raw), raw
    except msgspec.ValidationError as error:
        raise BadJson("wrong_type", str(error)) from None


def _put(canonical: dict[str, Any], name: str, member: Any) -> None:
    known = _NAMES.get(name.lower())
    if known is None:
        canonical.setdefault(name, member)
    elif name == known or known not in canonical:
        canonical[known] = _member(known, member)


def _member(name: str, member: Any) -> Any:
    if name in _OBJECTS:
        return _sub_object(name, member)
    if name in _BOOLEANS:
        return _TRUTH.get(member.lower() if isinstance(member, str) else member if isinstance(member, bool) else None)
    if member is None:
        return ""
    if isinstance(member, bool):
        return "true" if member else "false"
    if isinstance(member, int):
        return str(sound_number(member))
    if isinstance(member, float):
        return str(member)
    if isinstance(member, str):
        return member
    raise BadJson("wrong_type", f"`{name}` is {_kind(member)}, no text.")


def _sub_object(name: str, member: Any) -> Any:
    if isinstance(member, str) and member.lstrip()[:1] in ("{", "["):
        member = loads(member)
    if isinstance(member, str) and member in ("", "null", "-"):
        member = None
    if name == "userIdentity" and not isinstance(member, dict | None):
        raise BadJson("wrong_type", f"`userIdentity` is {_kind(member)}, no object.")
    return member


def _put_time(canonical: dict[str, Any], value: dict[str, Any]) -> None:
    text = canonical.get("eventTime") or value.get("@timestamp") or ""
    seconds = clock.epoch(text) if isinstance(text, str) else 0
    if text and not seconds:
        raise BadJson("bad_event_time", "`eventTime` is no time, or one in which there was no CloudTrail.")
    canonical["eventTime"] = clock.iso(seconds) if seconds else ""


def _derived_id(canonical: dict[str, Any]) -> str:
    """An id for a record without eventID (event version 1.0): its own text names it, so its double has the same one."""
    text = encode(canonical, in_order=True)
    return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=5))


def _fault_of(record: Record) -> Fault | None:
    if not record.event_time:
        return Fault("no_event_time", "The record has no `eventTime`.")
    if not record.event_name:
        return Fault("no_event_name", "The record has no `eventName`.")
    if not record.event_source:
        return Fault("no_event_source", "The record has no `eventSource`.")
    if bytes(memoryview(record.user_identity)[:1]) != b"{" and record.event_type not in _WITHOUT_IDENTITY:
        return Fault("no_identity", "The record has no `userIdentity`.")
    return None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
