"""The containers CloudTrail records travel in, opened without looking at the records themselves.

Records files, bare events, NDJSON, LookupEvents, EventBridge, CloudWatch Logs, Athena and Lake rows, Elastic documents,
and text that is broken somewhere: what can be cut out of it is. Everything here is iterative and bounded in depth.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from roletrail.ingest.json_text import BadJson, encode, loads, objects_in
from roletrail.ingest.record import Fault

Item = bytes | msgspec.Raw | Fault
Members = dict[str, msgspec.Raw]

MOST_ENVELOPES = 8
"""Envelopes inside envelopes: Firehose in EventBridge in CloudWatch Logs in Elastic is four."""

MENDED_BYTES = 16 << 20
"""Up to this size a document is read by the lenient parser first: line breaks inside strings, lone surrogates."""

_decode_object = msgspec.json.Decoder(Members).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode
_RECORDS_LIST = re.compile(rb'\s*(?:\{\s*"[Rr]ecords"\s*:\s*)?\[')
_NOT_JSON = Fault("not_cloudtrail", "The object holds no JSON.")
_PACKED = Fault("zip_or_tar", "Unpack it: folders are read whole.")
_STRANGER = Fault("not_cloudtrail", "The JSON holds no CloudTrail record.")


class Found(NamedTuple):
    kind: str  # cloudtrail | digest | unknown
    items: list[Item]
    faults: list[Fault]  # of the whole object


def records_of(text: bytes) -> Found:
    """The records of an object's text, in order, each still JSON."""
    head = text[:4096].lstrip()
    if not head:
        return Found("unknown", [], [Fault("empty", "The object is empty.")] if not text.strip() else [_NOT_JSON])
    if head[0] not in b"{[":
        return Found("unknown", [], [_PACKED if text.startswith(b"PK\x03\x04") or text[257:262] == b"ustar" else _NOT_JSON])
    documents = _documents(text)
    if len(documents) == 1 and _is_digest(documents[0]):
        return Found("digest", [], [])
    items = _open_all(documents)
    if items and all(isinstance(item, Fault) and item.reason in _WHOLE for item in items):
        return Found("unknown", [], [items[0]])  # type: ignore[list-item]
    return Found("cloudtrail", items, [])


_WHOLE = frozenset({"not_cloudtrail", "records_not_a_list"})


def _is_digest(document: Item) -> bool:
    """CloudTrail-Digest files (F19): told by their own members, never by a name or by text inside a record."""
    if isinstance(document, Fault):
        return False
    try:
        return _decode_object(document).keys() >= _DIGEST
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


_DIGEST = {"digestS3Object", "digestStartTime", "logFiles"}


def _documents(text: bytes) -> list[Item]:
    """The JSON documents of a text: one, one a line, or as many as can be cut out."""
    try:
        return [msgspec.json.decode(text, type=msgspec.Raw)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    if len(text) <= MENDED_BYTES and text.rstrip()[-1:] in b"}]":
        try:
            return [encode(loads(text))]
        except BadJson:
            pass
    lines = text.split(b"\n")
    if len(lines) > 1 and _is_object(next((line for line in lines if line.strip()), b"")):
        return [line for line in lines if line.strip()]
    opening = _RECORDS_LIST.match(text)
    return list(objects_in(text, opening.end() if opening else 0, listed=opening is not None))


def _is_object(line: bytes) -> bool:
    line = line.strip()
    if line[:1] != b"{" or line[-1:] != b"}":
        return False
    try:
        _decode_object(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pieces = list(objects_in(line))
        return len(pieces) == 1 and pieces[0] == line
    return True


def _open_all(documents: list[Item]) -> list[Item]:
    """Each document replaced by the records in it, envelopes within envelopes included."""
    items: list[Item] = []
    stack: list[tuple[Item, int]] = [(document, 0) for document in reversed(documents)]
    while stack:
        item, depth = stack.pop()
        inner = item if isinstance(item, Fault) else _open(item)
        if isinstance(inner, Fault):
            items.append(inner)
        elif inner is None:
            items.append(item)
        elif depth >= MOST_ENVELOPES:
            items.append(Fault("too_deep", "Envelopes within envelopes without end."))
        else:
            stack.extend((child, depth + 1) for child in reversed(inner))
    return items


def _open(item: bytes | msgspec.Raw) -> list[Item] | Fault | None:
    """What an envelope holds; None for a record (or for text that only its own decoding can judge)."""
    first = bytes(memoryview(item)[:64]).lstrip()[:1]
    try:
        if first == b"[":
            return list(_decode_list(item))
        if first != b"{":
            return Fault("not_an_object", "The record is no JSON object.")
        members = _decode_object(item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return _open_members({name.lower(): raw for name, raw in members.items()})


def _open_members(members: Members) -> list[Item] | Fault | None:
    if members.keys() >= _NAMED and _TELLING & members.keys():
        return None
    for name, opener in _OPENERS:
        if name in members:
            inner = opener(members[name])
            if inner is not None:
                return inner
    # Enough of CloudTrail's names is a record that lacks something, rather than a stranger's JSON.
    return _row(members) or (None if len(_TELLING & members.keys()) >= 2 else _STRANGER)


_NAMED = {"eventname", "eventsource"}
_TELLING = {"eventversion", "useridentity", "awsregion", "recipientaccountid", "@timestamp"}


def _list(raw: msgspec.Raw) -> list[Item] | Fault | None:
    try:
        return list(_decode_list(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _records(raw: msgspec.Raw) -> list[Item] | Fault | None:
    inner = _list(raw)
    return Fault("records_not_a_list", "`Records` is no list.") if inner is None else inner


def _object(raw: msgspec.Raw) -> list[Item] | Fault | None:
    return [raw] if bytes(memoryview(raw)[:1]) == b"{" else None


def _json_text(raw: msgspec.Raw) -> list[Item] | Fault | None:
    """JSON inside a JSON string; several documents one behind the other are what Firehose makes of them."""
    try:
        text = _decode_text(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if text.lstrip()[:1] not in ("{", "["):
        return None
    return _documents(text.encode("utf-8", "replace"))


def _object_or_list(raw: msgspec.Raw) -> list[Item] | Fault | None:
    return _object(raw) or _list(raw)


def _elastic_event(raw: msgspec.Raw) -> list[Item] | Fault | None:
    try:
        original = _decode_object(raw).get("original")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if original is None else _json_text(original)


def _lake_rows(raw: msgspec.Raw) -> list[Item] | Fault | None:
    """QueryResultRows of GetQueryResults: each row a list of objects with one member each."""
    try:
        rows = msgspec.json.decode(raw, type=list[list[Members]])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return [msgspec.json.encode({name: raw for cell in row for name, raw in cell.items()}) for row in rows]


_OPENERS: tuple[tuple[str, Callable[[msgspec.Raw], list[Item] | Fault | None]], ...] = (
    ("records", _records),
    ("cloudtrailevent", _json_text),  # LookupEvents
    ("detail", _object),  # EventBridge
    ("logevents", _list),  # CloudWatch Logs subscription
    ("events", _list),  # LookupEvents, filter-log-events
    ("event.original", _json_text),  # Elastic, flattened
    ("event", _elastic_event),
    ("_source", _object),
    ("hits", _object_or_list),
    ("queryresultrows", _lake_rows),
    ("message", _json_text),
    ("@message", _json_text),
    ("body", _json_text),
)


def _row(members: Members) -> list[Item] | None:
    """An Athena row under a column alias of its own is nothing we can know; one whole record in one column is."""
    if len(members) != 1:
        return None
    (raw,) = members.values()
    inner = _json_text(raw)
    return inner if isinstance(inner, list) else None
