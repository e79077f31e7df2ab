"""The one parameter table of chain lists."""

from __future__ import annotations

import pytest

from roletrail.errors import InvalidRequest
from roletrail.stores.port import ChainQuery
from roletrail.usecases.parameters import CHAIN_PARAMETERS, chain_query, given, read_time


def test_nothing_asked_gives_the_defaults_of_the_table() -> None:
    assert chain_query({}, strict=True) == ChainQuery()
    assert {parameter.field for parameter in CHAIN_PARAMETERS} == set(ChainQuery._fields)
    for parameter in CHAIN_PARAMETERS:
        if parameter.type != "date-time":
            assert getattr(ChainQuery(), parameter.field) == parameter.default


def test_every_parameter_is_read() -> None:
    raw = {
        "min_sessions": "3",
        "min_reach": "4",
        "tone": "alarm",
        "account": "111111111111",
        "q": " Prod ADMIN ",
        "from": "2026-01-31",
        "to": "2026-02-01T01:00:00+01:00",
        "sort": "reach",
        "after": "x",
        "limit": "7",
    }
    assert chain_query(raw, strict=True) == ChainQuery(
        3, 4, "alarm", "111111111111", "prod admin", 1769817600, 1769904000, "reach", "x", 7
    )


BAD = [
    ("min_sessions", "-1"),
    ("min_sessions", "three"),
    ("min_sessions", "٣"),
    ("min_sessions", "9" * 400),
    ("limit", "0"),
    ("limit", "501"),
    ("tone", "red"),
    ("account", "1111"),
    ("q", "ab"),
    ("q", "x" * 501),
    ("from", "yesterday"),
    ("to", "2026-13-01"),
    ("sort", "session_id; DROP TABLE node"),
    ("after", "x" * 501),
    ("colour", "red"),
]


@pytest.mark.parametrize(("name", "text"), BAD)
def test_the_api_names_what_it_cannot_use(name: str, text: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        chain_query({name: text}, strict=True)
    assert name in raised.value.detail


@pytest.mark.parametrize(("name", "text"), BAD)
def test_pages_drop_what_they_cannot_use(name: str, text: str) -> None:
    assert chain_query({name: text}, strict=False) == ChainQuery()
    assert given({name: text}) == {}


def test_links_keep_only_what_differs_from_the_defaults() -> None:
    assert given({"min_sessions": "2", "tone": "watch", "sort": "last_seen", "x": "y", "q": ""}) == {"tone": "watch"}


def test_times_before_the_epoch_are_its_start() -> None:
    assert read_time("1900-01-01") == 0
