"""JSON of what a rule or a page needs of an issuance beside its fields: duration, tags, policies, the web identity."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from roletrail.ingest.members import items_at, sound_number, text, text_at
from roletrail.ingest.record import Record
from roletrail.ingest.sts_calls import Request, Response, extra_of

MOST_TEXT = 1024

_encode = msgspec.json.Encoder(order="sorted").encode


def detail_of(record: Record, request: Request, response: Response) -> str:
    """Most records have a duration and nothing else of it."""
    asked, answered = _OF_REQUEST.values(request), _OF_RESPONSE.values(response)
    extra = _OF_EXTRA.values(extra_of(record.additional_event_data))
    rest = asked[1:].count(None) + answered.count(None) + extra.count(None)
    if rest == _ALL_BUT_DURATION:
        kept = None if asked[0] is None else _seconds(asked[0])
        return _duration(kept) if kept else ""
    found: dict[str, Any] = {}
    for fields, values in ((_OF_REQUEST, asked), (_OF_RESPONSE, answered), (_OF_EXTRA, extra)):
        _put(found, fields, values)
    return _encode(found).decode() if found else ""


def _put(found: dict[str, Any], fields: Fields, values: tuple[Any, ...]) -> None:
    for (name, read), value in zip(fields.reading, values, strict=True):
        if value is not None and (kept := read(value)):
            found[name] = kept


@lru_cache(maxsize=4096, typed=True)  # JSON's true is no 1
def _duration(duration: int | str) -> str:
    return _encode({"duration": duration}).decode()


def _seconds(value: Any) -> int | str:
    """durationSeconds, which some exports have as a text."""
    return sound_number(value) if isinstance(value, int) else text(value)


def _tags(value: Any) -> dict[str, str]:
    """Session tags as name to value, from a list of pairs or an object; cut, because they are the caller's texts."""
    if isinstance(value, dict):
        return {str(name)[:128]: text(tag)[:256] for name, tag in list(value.items())[:50]}
    pairs = [entry for entry in value if isinstance(entry, dict)][:50] if isinstance(value, list) else []
    return {text(entry.get("key"))[:128]: text(entry.get("value"))[:256] for entry in pairs}


def _arn(value: Any) -> str:
    return text_at(value, "arn")


def _arns(value: Any) -> list[str]:
    return [_arn(entry) for entry in items_at(value)]


def _cut(value: Any) -> str:
    return text(value)[:MOST_TEXT]


def _serving_region(value: Any) -> str:
    return text_at(value, "awsServingRegion")


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else None


class Fields:
    """Rows of: field of a record's sub-object, name in the detail, how it is read."""

    def __init__(self, *rows: tuple[str, str, Callable[[Any], Any]]) -> None:
        self.values: Callable[[object], tuple[Any, ...]] = attrgetter(*(field for field, _, _ in rows))
        self.reading = [(name, read) for _, name, read in rows]


_OF_REQUEST = Fields(
    ("duration_seconds", "duration", _seconds),
    ("principal_tags", "tags", _tags),
    ("tags", "tags", _tags),
    ("transitive_tag_keys", "transitive_tag_keys", items_at),
    ("incoming_transitive_tags", "incoming_transitive_tags", _tags),
    ("task_policy_arn", "task_policy", _arn),
    ("policy", "policy", _cut),
    ("policy_arns", "policy_arns", _arns),
    ("saml_assertion_id", "saml_assertion_id", text),
    ("web_identity_token_id", "web_identity_token_id", text),
)
_OF_RESPONSE = Fields(
    ("audience", "audience", text),
    ("subject", "subject", text),
    ("subject_from_web_identity_token", "subject", text),
    ("issuer", "saml_issuer", text),
)
_OF_EXTRA = Fields(
    ("web_identity_token_id", "web_identity_token_id", text),
    ("cross_partition_data", "cross_partition", _object),
    ("request_details", "serving_region", _serving_region),
)
_ALL_BUT_DURATION = sum(len(fields.reading) for fields in (_OF_REQUEST, _OF_RESPONSE, _OF_EXTRA)) - 1
"""Fields that are None when there is a duration, or nothing at all; it is the first of a request's."""
