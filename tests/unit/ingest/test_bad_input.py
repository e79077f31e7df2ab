"""Whatever is in a file, the bad record or file has a reason, the rest goes in, and nothing crashes."""

from __future__ import annotations

import gzip
import json
import resource
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest import inflate
from roletrail.ingest.inflate import MOST_RATIO, plain
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import CANARY, Trail, at
from tests.support.identities import Role
from tests.support.reduced import file_of, reasons, reduced, texts

Record = dict[str, Any]
DAY = at("2026-11-06", "10:00:00")


def _good() -> list[Record]:
    trail = Trail(NamedIds())
    alice = trail.user_key("111111111111", "alice", key="ALICE")
    trail.assume(alice, DAY, Role("111111111111", "A", "AROAIEXAMPLEXXXXXXXXA"), "work", key="K1")
    trail.call(alice, DAY + 60, "s3", "ListBuckets")
    return trail.records


GOOD = _good()
ASSUME, LIST = GOOD
PACKED = gzip.compress(file_of(GOOD), mtime=0)

FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b" \n\t ", "empty"),
    "gzip of nothing": (gzip.compress(b""), "empty"),
    "gzip cut in its body": (PACKED[: len(PACKED) // 2], "truncated_gzip"),
    "gzip cut in its header": (PACKED[:5], "truncated_gzip"),
    "gzip cut in its trailer": (PACKED[:-3], "truncated_gzip"),
    "second gzip member cut": (PACKED + PACKED[:40], "truncated_gzip"),
    "gzip magic and junk": (b"\x1f\x8b" + b"junk" * 40, "bad_gzip"),
    "gzip with a wrong checksum": (PACKED[:-8] + bytes(4) + PACKED[-4:], "bad_gzip"),
    "gzip with a damaged body": (PACKED[:60] + b"\xff" * 30 + PACKED[90:], "bad_gzip"),
    "gzip and bytes behind it": (PACKED + b"trailing", "trailing_bytes"),
    "gzip bomb": (gzip.compress(bytes(inflate.FREE_BYTES + (1 << 20))), "gzip_bomb"),
    "gzip bomb of many members": (gzip.compress(bytes(40 << 20)) * 2, "gzip_bomb"),
    "gzip of gzip": (gzip.compress(PACKED), "not_cloudtrail"),
    "fake UTF-16": (b"\xff\xfe\x00", "invalid_text"),
    "licence text": (b"Apache License\nVersion 2.0", "not_cloudtrail"),
    "markdown": (b"# Title\n\n- {item}\n", "not_cloudtrail"),
    "comma separated": (b"eventTime,eventName\n2026-11-06T10:00:00Z,ListBuckets\n", "not_cloudtrail"),
    "zip": (b"PK\x03\x04" + bytes(60), "zip_or_tar"),
    "tar": (b"events.json".ljust(257, b"\0") + b"ustar  \0", "zip_or_tar"),
    "tar in gzip": (gzip.compress(b"events.json".ljust(257, b"\0") + b"ustar  \0"), "zip_or_tar"),
    "parquet": (b"PAR1" + bytes(60), "not_cloudtrail"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(60), "not_cloudtrail"),
    "zero bytes": (bytes(4096), "not_cloudtrail"),
    "a JSON number": (b"42", "not_cloudtrail"),
    "a JSON string": (b'"Records"', "not_cloudtrail"),
    "a JSON null": (b"null", "not_cloudtrail"),
    "JSON of someone else": (b'{"name":"left-pad","version":"1.0.0"}', "not_cloudtrail"),
    "an empty object": (b"{}", "not_cloudtrail"),
    "Records is null": (b'{"Records":null}', "records_not_a_list"),
    "Records is an object": (b'{"Records":{"a":1}}', "records_not_a_list"),
    "Records is a number": (b'{"Records":7}', "records_not_a_list"),
    "Records is a text": (b'{"Records":"[]"}', "records_not_a_list"),
}
"""Files of which nothing can be taken, with the reason of the one quarantine entry."""


@pytest.mark.parametrize("name", FILES)
def test_bad_file(name: str) -> None:
    stored, reason = FILES[name]
    part = reduced(stored).part
    assert reasons(part) == [reason]
    assert part.quarantined[0].record == -1
    assert part.taken == 0
    assert part.n == 1
    assert part.object.kind in ("unknown", "unreadable")
    assert len(part.quarantined[0].detail) > 10


def without(field: str) -> Record:
    return {name: value for name, value in LIST.items() if name != field}


def raw(text: str, **changes: Any) -> bytes:
    """A record whose `requestParameters` are this text, which need not be JSON."""
    body = json.dumps({**ASSUME, "eventID": "e0000000-0000-4000-8000-0000000000ba", **changes, "requestParameters": "@@"})
    return body.replace('"@@"', text).encode("utf-8", "surrogatepass")


DEEP = "[" * 5000 + "]" * 5000
RECORDS: dict[str, tuple[bytes, str]] = {
    "a number": (b"17", "not_an_object"),
    "a text": (b'"event"', "not_an_object"),
    "null": (b"null", "not_an_object"),
    "true": (b"true", "not_an_object"),
    "an object of someone else": (b'{"hello":"world"}', "not_cloudtrail"),
    "an empty object": (b"{}", "not_cloudtrail"),
    "no event time": (json.dumps(without("eventTime")).encode(), "no_event_time"),
    "null event time": (json.dumps({**LIST, "eventTime": None}).encode(), "no_event_time"),
    "event time is no time": (json.dumps({**LIST, "eventTime": "yesterday"}).encode(), "bad_event_time"),
    "event time of twenty letters": (json.dumps({**LIST, "eventTime": "2026-13-45T99:99:99Z"}).encode(), "bad_event_time"),
    "event time on no day": (json.dumps({**LIST, "eventTime": "2026-02-30T10:00:00Z"}).encode(), "bad_event_time"),
    "event time is a huge integer": (json.dumps({**LIST, "eventTime": 10**400}).encode(), "huge_integer"),
    "event time is an object": (json.dumps({**LIST, "eventTime": {}}).encode(), "wrong_type"),
    "event time before AWS": (json.dumps({**LIST, "eventTime": "1970-01-01T00:00:00Z"}).encode(), "bad_event_time"),
    "event time far ahead": (json.dumps({**LIST, "eventTime": "9999-12-31T23:59:59Z"}).encode(), "bad_event_time"),
    "no event name": (json.dumps({**LIST, "eventName": ""}).encode(), "no_event_name"),
    "event name is a list": (json.dumps({**LIST, "eventName": ["a"]}).encode(), "wrong_type"),
    "no event source": (json.dumps({**LIST, "eventSource": ""}).encode(), "no_event_source"),
    "event source is an object": (json.dumps({**LIST, "eventSource": {"a": 1}}).encode(), "wrong_type"),
    "null identity": (json.dumps({**LIST, "userIdentity": None}).encode(), "no_identity"),
    "no identity": (json.dumps(without("userIdentity")).encode(), "no_identity"),
    "identity is a text": (json.dumps({**LIST, "userIdentity": "alice"}).encode(), "wrong_type"),
    "identity is a list": (json.dumps({**LIST, "userIdentity": [1]}).encode(), "wrong_type"),
    "identity is a number": (json.dumps({**LIST, "userIdentity": 3}).encode(), "wrong_type"),
    "address is a list": (json.dumps({**LIST, "sourceIPAddress": ["203.0.113.1"]}).encode(), "wrong_type"),
    "error code is an object": (json.dumps({**LIST, "errorCode": {}}).encode(), "wrong_type"),
    "region is a list": (json.dumps({**LIST, "awsRegion": []}).encode(), "wrong_type"),
    "NaN": (raw('{"x":NaN}'), "not_a_number"),
    "infinity": (raw('{"x":-Infinity}'), "not_a_number"),
    "a comment": (raw('{"x":1 /* no */}'), "malformed_json"),
    "single quotes": (raw("{'x':1}"), "malformed_json"),
    "a trailing comma": (raw('{"x":1,}'), "malformed_json"),
    "depth bomb": (raw(DEEP), "too_deep"),
    "depth bomb of objects": (raw('{"a":' * 3000 + "1" + "}" * 3000), "too_deep"),
    "depth bomb in the identity": (json.dumps({**LIST, "userIdentity": "@"}).replace('"@"', DEEP).encode(), "too_deep"),
    "integer of 400 digits in what is read": (raw('{"durationSeconds":' + "9" * 400 + "}"), "huge_integer"),
    "integer of 5,000 digits": (raw('{"durationSeconds":' + "9" * 5000 + "}"), "huge_integer"),
    "invalid UTF-8 in a parameter": (raw('{"x":"@"}').replace(b'"x":"@"', b'"x":"\xff\xfe"'), "invalid_utf8"),
    "invalid UTF-8 in the user agent": (
        json.dumps({**LIST, "userAgent": "@@"}).encode().replace(b"@@", b"\xc3\x28"),
        "invalid_utf8",
    ),
    "invalid UTF-8 in a field nobody reads": (
        json.dumps({**LIST, "x": "@@"}).encode().replace(b"@@", b"\x80"),
        "invalid_utf8",
    ),
}
"""Records that are not taken; each stands between two good ones."""

CARRIERS: dict[str, Callable[[bytes], bytes]] = {
    "file": lambda bad: b'{"Records":[' + b",".join([json.dumps(ASSUME).encode(), bad, json.dumps(LIST).encode()]) + b"]}",
    "lines": lambda bad: b"\n".join([json.dumps(ASSUME).encode(), bad, json.dumps(LIST).encode()]),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("name", RECORDS)
def test_bad_record_costs_only_itself(name: str, carrier: str) -> None:
    bad, reason = RECORDS[name]
    reduced_ = reduced(CARRIERS[carrier](bad))
    part = reduced_.part
    assert [(found.record, found.reason) for found in part.quarantined] == [(1, reason)]
    assert part.taken == 2
    assert [issuance.event_id for issuance in part.issuances] == [ASSUME["eventID"]]
    assert texts(reduced_, "event_id") == [ASSUME["eventID"], LIST["eventID"]]
    assert texts(reduced_, "record") == [0, 2]


TAKEN: dict[str, dict[str, Any]] = {
    "readOnly as a text": {"readOnly": "true"},
    "readOnly as null": {"readOnly": None},
    "error code as a number": {"errorCode": 403},
    "null texts": {"errorCode": None, "userAgent": None, "sourceIPAddress": None, "vpcEndpointId": None},
    "unknown fields": {"inventedInTheFuture": {"a": [1, {"b": None}]}},
    "parameters are a text": {"requestParameters": "none"},
    "parameters are a list": {"requestParameters": [1, 2]},
    "answer is a number": {"responseElements": 3},
    "fractions of a second": {"eventTime": "2026-11-06T10:00:00.123Z"},
    "an offset": {"eventTime": "2026-11-06T12:00:00+02:00"},
    "no zone": {"eventTime": "2026-11-06 10:00:00.000"},
    "lone surrogate in the user agent": {"userAgent": "x\ud800y"},
    "no region and no recipient": {"awsRegion": None, "recipientAccountId": None},
    "an identity without anything": {"userIdentity": {}},
    "an identity of wrong types": {"userIdentity": {"type": 5, "principalId": [1], "sessionContext": "no", "accountId": {}}},
    "a session context of wrong types": {"userIdentity": {"type": "AssumedRole", "sessionContext": {"attributes": 7}}},
}


@pytest.mark.parametrize("name", TAKEN)
def test_odd_but_usable(name: str) -> None:
    part = reduced(json.dumps({"Records": [{**ASSUME, **TAKEN[name]}, LIST]}).encode()).part
    assert reasons(part) == []
    assert part.taken == 2


STRAYS = {
    "a number": (b"7", ["not_an_object"]),
    "a text with brackets in it": (b'"{[,"', ["not_an_object"]),
    "null and true": (b"null, true", ["not_an_object"] * 2),
    "a list of objects": (b'[{"eventID": "x"}, 1]', ["not_an_object"]),
    "no JSON at all": (b"<hr>", ["not_an_object"]),
    "nothing": (b"", []),
    "commas": (b" , ,", []),
}


@pytest.mark.parametrize("name", STRAYS)
def test_what_is_no_object_in_a_broken_file_is_counted(name: str) -> None:
    stray, expected = STRAYS[name]
    first, second = (json.dumps(record).encode() for record in GOOD)
    broken = b'{"Records": [' + b",".join((first, stray, second)) + b', {"eventID":'
    part = reduced(broken).part
    assert part.taken == 2
    assert reasons(part) == [*expected, "truncated_json"]
    assert reasons(reduced(broken.rpartition(b",")[0]).part) == expected


def test_a_file_cut_off_within_a_stray_value_is_truncated() -> None:
    body = b'{"Records": [' + json.dumps(LIST).encode() + b", 17, fa"
    assert reasons(reduced(body).part) == ["not_an_object", "truncated_json"]


def test_truncated_json_keeps_what_came_before() -> None:
    body = file_of([*GOOD, {**LIST, "eventID": "e0000000-0000-4000-8000-00000000000c"}])
    part = reduced(body[:-200]).part
    assert part.taken == 2
    assert [(bad.record, bad.reason) for bad in part.quarantined] == [(2, "truncated_json")]


def test_line_break_inside_a_string_of_a_whole_file() -> None:
    body = json.dumps({"Records": [{**LIST, "userAgent": "two@@lines"}]}).replace("@@", "\n")
    assert reduced(body.encode()).part.taken == 1


def test_a_quotation_mark_that_never_ends_is_linear() -> None:
    body = b'{"Records":[{"a":"' + b'\\"' * 400_000
    assert reasons(reduced(body).part) == ["truncated_json"]


@pytest.mark.parametrize("claimed", [0, 1, 0xFFFFFFFF])
def test_a_lying_size_in_the_trailer_reserves_nothing(claimed: int) -> None:
    part = reduced(PACKED[:-4] + struct.pack("<I", claimed)).part
    assert reasons(part) == ["bad_gzip"]


def test_a_bomb_does_not_unpack() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = gzip.compress(bytes(1 << 27))
    assert reasons(reduced(bomb).part) == ["gzip_bomb"]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 110 << 10  # KiB


def test_well_compressed_logs_are_no_bomb() -> None:
    line = json.dumps(LIST).encode()
    body = b"".join(line.replace(b"00000000", b"%08d" % number, 1) for number in range(110_000))
    stored = gzip.compress(body, 1)
    assert len(body) > inflate.FREE_BYTES
    assert len(body) / len(stored) < MOST_RATIO
    assert len(plain(stored)) == len(body)


def test_quarantine_says_no_secret() -> None:
    hostile = {**ASSUME, "eventName": {"sessionToken": CANARY}, "errorMessage": [CANARY]}
    assert CANARY not in repr(reduced(file_of([hostile])).part.quarantined)


@given(st.binary(max_size=400))
def test_any_bytes(stored: bytes) -> None:
    part = reduced(stored).part
    assert part.taken == 0
    assert part.quarantined or part.object.kind == "cloudtrail"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*ASSUME, "insightDetails", "addendum"]), JSON))
def test_any_values_in_the_fields_of_a_record(changes: Record) -> None:
    part = reduced(file_of([{**ASSUME, **changes}, LIST])).part
    assert part.taken + len(part.quarantined) + part.ignored + part.doubles == 2


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_any_flipped_byte_of_a_gzip_file(at_: int, flip: int) -> None:
    broken = PACKED[:at_] + bytes([PACKED[at_] ^ flip]) + PACKED[at_ + 1 :]
    part = reduced(broken).part
    assert part.taken == 2 or part.quarantined
