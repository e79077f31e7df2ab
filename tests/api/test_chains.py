"""/api/v1/chains: what the issue promises of a chain in JSON (ADR 0002)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

FIELDS = "session_id sessions hops depth pivots reach tone confidence first_seen last_seen path".split()
NODE_FIELDS = "kind principal role role_session_name account access_key_ids issued_at segment ordinal tone edge".split()
EDGE_FIELDS = "kind rule confidence evidence alternatives".split()
TONES = {1: "calm", 2: "watch"}


def chains(reader: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    answer = reader.get("/api/v1/chains", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def every(reader: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = reader.get("/api/v1/chains", params={**parameters, "limit": 500, "after": after}).json()
        found += page["items"]
        after = page["next"]
    return found


def test_the_sample_has_an_orange_and_a_red_chain(reader: httpx.Client) -> None:
    tones = {chain["tone"] for chain in chains(reader)}
    assert tones == {"watch", "alarm"}


def test_a_chain_has_every_promised_field(reader: httpx.Client) -> None:
    for chain in chains(reader):
        assert set(FIELDS) <= set(chain)
        for node in chain["path"]:
            if node["kind"] == "folded":
                assert node["count"] > 0
                assert node["summary"]
                continue
            assert set(NODE_FIELDS) <= set(node)
            if node["edge"]:
                assert set(EDGE_FIELDS) <= set(node["edge"])
                assert node["edge"]["evidence"], "an edge without evidence"


def test_ordinals_colour_the_path(reader: httpx.Client) -> None:
    for chain in chains(reader):
        ordinals = [node["ordinal"] for node in chain["path"] if node["ordinal"]]
        assert chain["path"][-1]["id"] == chain["session_id"]
        assert chain["path"][-1]["ordinal"] == chain["sessions"] == ordinals[-1]
        assert chain["tone"] == TONES.get(chain["sessions"], "alarm")
        for node in chain["path"]:
            assert node["tone"] == ("context" if not node["ordinal"] else TONES.get(node["ordinal"], "alarm"))


def test_confidence_is_the_weakest_join(reader: httpx.Client) -> None:
    for chain in chains(reader, min_sessions=1, full="true"):
        joins = [node["edge"]["confidence"] for node in chain["path"] if node["edge"]]
        assert chain["confidence"] == min([1.0, *joins])


def test_filters(reader: httpx.Client) -> None:
    everything = every(reader, min_sessions=1)
    assert everything
    for least in (2, 3):
        expected = [chain["session_id"] for chain in everything if chain["sessions"] >= least]
        assert [chain["session_id"] for chain in every(reader, min_sessions=least)] == expected
    orange = [chain["session_id"] for chain in everything if chain["tone"] == "watch"]
    assert [chain["session_id"] for chain in every(reader, tone="watch")] == orange
    account = everything[0]["path"][-1]["account"]
    found = every(reader, min_sessions=1, account=account)
    assert everything[0]["session_id"] in {chain["session_id"] for chain in found}
    assert all(account in chain["accounts"] for chain in every(reader, min_sessions=1, account=account, full="true"))
    newest = everything[0]["last_seen"]
    since = every(reader, min_sessions=1, **{"from": newest})
    assert [chain["session_id"] for chain in since] == [c["session_id"] for c in everything if c["last_seen"] >= newest]


@pytest.mark.parametrize("sort", ["last_seen", "first_seen", "sessions", "reach", "confidence"])
def test_every_sort_pages_through_everything_once(reader: httpx.Client, sort: str) -> None:
    whole = [chain["session_id"] for chain in chains(reader, sort=sort, limit=500)]
    assert len(whole) == len(set(whole)) > 3
    paged: list[str] = []
    after = ""
    while True:
        page = reader.get("/api/v1/chains", params={"sort": sort, "limit": 3, "after": after}).json()
        assert len(page["items"]) <= 3
        paged += [chain["session_id"] for chain in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert paged == whole
    values = [chain[sort] for chain in chains(reader, sort=sort, limit=500)]
    assert values == sorted(values, reverse=True)


def test_a_cursor_of_another_list_is_refused(reader: httpx.Client) -> None:
    cursor = reader.get("/api/v1/chains", params={"limit": 1}).json()["next"]
    for parameters in ({"after": "nonsense"}, {"after": cursor, "sort": "sessions"}):
        assert reader.get("/api/v1/chains", params=parameters).status_code == 422


def test_text_is_found_in_any_case(reader: httpx.Client, alarm: dict[str, Any]) -> None:
    role = alarm["path"][-1]["role"].rsplit("/", 1)[-1]
    found = {chain["session_id"] for chain in chains(reader, q=role.upper(), limit=500)}
    assert alarm["session_id"] in found
    assert chains(reader, q="no such text anywhere") == []
