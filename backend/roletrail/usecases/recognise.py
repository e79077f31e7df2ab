"""What a pasted text is: key id, ARN, unique id, address, instance, event id, account, a whole record, or a name."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import NamedTuple

from roletrail.lineage.arn import account_hint, parse_arn
from roletrail.usecases.places import guardduty

MAX_TEXT = 262_144
"""A pasted record; CloudTrail's own limit for one record is 256 KB."""


class Thing(NamedTuple):
    """`kind` is GraphStore.trace's, or `id` (one of our own ids); `said` is what people call it."""

    kind: str
    value: str
    said: str


_PATTERNS = (
    (re.compile(r"A(?:KIA|SIA)[A-Z0-9]{8,124}"), "access_key_id", "access key id"),
    (re.compile(r"(?:AROA|AIDA)[A-Z0-9]{8,124}(?::.{1,256})?"), "principal_id", "principal id"),
    (re.compile(r"m?i-[0-9a-f]{8,17}"), "instance", "instance id"),
    (re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "event", "event id"),
    (re.compile(r"[0-9]{12}"), "account", "account"),
    (re.compile(r"[a-z2-7]{20}"), "id", "session id"),
    (re.compile(r"[0-9]{12}:.{1,256}"), "principal_id", "principal id"),
)
_SUBJECTS = ("event", "arn", "role_arn", "account")
_REFERENCE = re.compile(r"([0-9]{8})\.(\S{1,128})")


def recognise(text: str) -> list[Thing]:
    """Everything the text may be, the most telling first; a name as the last resort."""
    text = text.strip()
    if text.startswith("{"):
        return _of_record(text)
    text = text[:2048]
    one = _of_text(text)
    if one is None:
        return [Thing("name", text, "name")] if len(text) >= 3 else []
    # Subjects of identity providers may look like anything: a UUID, an ARN of a provider, an address.
    return [one, Thing("principal_id", text, "principal id")] if one.kind in _SUBJECTS else [one]


def _of_text(text: str) -> Thing | None:
    for pattern, kind, said in _PATTERNS:
        if pattern.fullmatch(text):
            return Thing(kind, text, said)
    if found := _REFERENCE.fullmatch(text):
        return Thing("event", found[2], "event reference")
    if parsed := parse_arn(text):
        is_role = parsed.service == "iam" and parsed.resource.startswith("role/")
        return Thing("role_arn" if is_role else "arn", text, "role ARN" if is_role else "ARN")
    try:
        return Thing("address", ipaddress.ip_address(text).compressed, "address")
    except ValueError:
        return None


def _of_record(text: str) -> list[Thing]:
    """A pasted CloudTrail record: its event, then its credential, then its principal."""
    try:
        record = json.loads(text[:MAX_TEXT])
    except (ValueError, RecursionError):
        return []
    if not isinstance(record, dict):
        return []
    record = _unwrapped(record)
    if found := guardduty.things(record):
        return [Thing(*one) for one in found]
    identity = record.get("userIdentity")
    identity = identity if isinstance(identity, dict) else {}
    fields = (
        ("event", record.get("eventID"), "event id of the record"),
        ("access_key_id", identity.get("accessKeyId"), "access key id of the record"),
        ("principal_id", identity.get("principalId"), "principal id of the record"),
    )
    return [Thing(kind, value, said) for kind, value, said in fields if isinstance(value, str) and value]


def _unwrapped(record: dict) -> dict:
    """Out of the envelopes in which people find a record or a finding: EventBridge, a log file, an answer of an API."""
    for member in ("detail", "Records", "records", "findings", "Findings"):
        inside = record.get(member)
        if isinstance(inside, list) and inside:
            inside = inside[0]
        if isinstance(inside, dict):
            return _unwrapped(inside) if member == "detail" else inside
    return record


def hint(thing: Thing) -> str:
    """What is known without any log: the account a key or unique id encodes."""
    if thing.kind not in ("access_key_id", "principal_id"):
        return ""
    account = account_hint(thing.value)
    return f"The id says account {account} (decoded from the id, a hint only)." if account else ""
