"""The text of one record cut out of a whole object is that record's text to the byte, or is not taken."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest.records import decode_file
from roletrail.ingest.spans import cut_out

IDENTITY = {"type": "IAMUser", "principalId": "AIDAEXAMPLE"}


def record(number: int, **members: Any) -> dict[str, Any]:
    return {"eventVersion": "1.11", "userIdentity": IDENTITY, "eventID": f"{number}", "requestParameters": {"a": [{}]}} | members


def texts(stored: bytes) -> list[bytes]:
    return [bytes(raw) for raw in msgspec.json.decode(stored, type=dict[str, list[msgspec.Raw]])["Records"]]


def cut(stored: bytes, *wanted: int) -> list[bytes] | None:
    return cut_out(stored, decode_file(stored).records, wanted)


@pytest.mark.parametrize("indent", [None, 2])
def test_every_record(indent: int | None) -> None:
    stored = json.dumps({"Records": [record(n) for n in range(4)], "other": []}, indent=indent).encode()
    found = cut(stored, 0, 2, 3)
    assert found is None or found == [texts(stored)[n] for n in (0, 2, 3)]
    assert cut(stored, 0, 1, 2) == texts(stored)[:3]


def test_last_of_an_ordinary_file() -> None:
    stored = json.dumps({"Records": [record(1), record(2)]}).encode() + b"\n"
    assert cut(stored, 1) == texts(stored)[1:]
    assert cut(stored) == []


def test_unusual_forms_are_not_guessed_at() -> None:
    first = {"tlsDetails": {"tlsVersion": "1.3"}, "userIdentity": IDENTITY, "eventID": "1"}
    assert cut(json.dumps({"Records": [first, record(2)]}).encode(), 0) is None
    anonymous = {"eventID": "1", "eventName": "Rotate"}
    assert cut(json.dumps({"Records": [anonymous, record(2)]}).encode(), 0) is None
    twice = b'{"Records":[{"userIdentity":{"type":"Root"},"eventID":"1","userIdentity":{"type":"Root"}}]}'
    assert cut(twice, 0) is None


MEMBERS = st.dictionaries(
    st.text('{}[],:"\\ a', max_size=4) | st.just("eventVersion"),
    st.text('{}[],:"\\ a', max_size=6) | st.just({}) | st.just({"userIdentity": {}}) | st.just([{}]),
    max_size=3,
)


@given(st.lists(st.tuples(MEMBERS, MEMBERS), min_size=1, max_size=4))
def test_braces_and_quotes_anywhere(around: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    records = [before | {"userIdentity": IDENTITY, "eventID": str(n)} | after for n, (before, after) in enumerate(around)]
    stored = json.dumps({"Records": records}, separators=(",", ":")).encode()
    for number, text in enumerate(texts(stored)):
        assert cut(stored, number) in (None, [text])
