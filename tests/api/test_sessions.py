"""Sessions, their events, single events, entities and traces, as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from roletrail.bootstrap import open_graph
from roletrail.lineage.ids import entity_id
from tests.support.cloudtrail import CANARY


def get(reader: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = reader.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def view(reader: httpx.Client, alarm: dict[str, Any]) -> dict[str, Any]:
    return get(reader, f"/sessions/{alarm['session_id']}")


def test_a_session_has_its_lineage_up_and_down(reader: httpx.Client, alarm: dict[str, Any]) -> None:
    path = get(reader, f"/sessions/{alarm['session_id']}")["chain"]["path"]
    assert [node["id"] for node in path][-1] == alarm["session_id"]
    for node in path:
        if node["kind"] == "session":
            tree = get(reader, f"/sessions/{node['id']}")["tree"]
            assert {node["id"], alarm["session_id"]} <= {row["node"]["id"] for row in tree}


def test_the_tree_is_in_tree_order(view: dict[str, Any]) -> None:
    rows = view["tree"]
    seen: dict[str, int] = {}
    for row in rows:
        if row["level"] > 1:
            assert seen[row["parent_id"]] == row["level"] - 1
        seen[row["node"]["id"]] = row["level"]
        assert 1 <= row["position"] <= row["siblings"]
    assert [row["node"]["id"] for row in rows if row["on_path"]] == [node["id"] for node in view["chain"]["path"]]
    assert len({(row["x"], row["y"]) for row in rows}) == len(rows), "two nodes in one place"
    assert view["truncated"] == 0


def test_an_alias_answers_308(reader: httpx.Client, sample_store: str) -> None:
    graph = open_graph(sample_store, create=False)
    try:
        chains = get(reader, "/chains", min_sessions=1, limit=500, full="true")["items"]
        ids = {node["id"] for chain in chains for node in chain["path"] if node["kind"] == "session"}
        id_, alias = next((id_, aliases[0]) for id_ in sorted(ids) if (aliases := graph.aliases_of(id_)))
    finally:
        graph.close()
    for rest in ("", "/events", "/impact"):
        answer = reader.get(f"/api/v1/sessions/{alias}{rest}")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/api/v1/sessions/{id_}{rest}"
    answer = reader.get(f"/api/v1/sessions/{alias}/events", params={"limit": 1}, follow_redirects=True)
    assert answer.url.query == b"limit=1"
    assert answer.status_code == 200


def test_events_page_in_order_and_name_their_session(reader: httpx.Client, view: dict[str, Any]) -> None:
    row = max(view["tree"], key=lambda row: row["uses"])
    whole = get(reader, f"/sessions/{row['node']['id']}/events", limit=1000)
    assert len(whole["items"]) == row["uses"] > 2
    times = [(event["at"], event["event_id"]) for event in whole["items"]]
    assert times == sorted(times)
    paged: list[str] = []
    after = ""
    while after is not None:
        page = get(reader, f"/sessions/{row['node']['id']}/events", limit=2, after=after)
        paged += [event["event_id"] for event in page["items"]]
        after = page["next"]
    assert paged == [event["event_id"] for event in whole["items"]]


def test_every_piece_of_evidence_opens_and_says_what_it_proves(reader: httpx.Client) -> None:
    chains = get(reader, "/chains", min_sessions=1, limit=500, full="true")["items"]
    edges = {(node["edge"]["kind"], node["edge"]["rule"]): node for chain in chains for node in chain["path"] if node["edge"]}
    assert len(edges) > 4, "the sample shows only few rules"
    for node in edges.values():
        for event_id, ref in zip(node["edge"]["evidence"], node["edge"]["evidence_refs"], strict=True):
            event = get(reader, f"/events/{ref}")
            assert event["record"]["eventID"] == event_id
            assert node["id"] in {proved["child_id"] for proved in event["proves"]}, (node["edge"]["rule"], ref)


def test_a_bare_event_id_answers_308(reader: httpx.Client, view: dict[str, Any]) -> None:
    edge = view["chain"]["path"][-1]["edge"]
    answer = reader.get(f"/api/v1/events/{edge['evidence'][0]}")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/api/v1/events/{edge['evidence_refs'][0]}"
    wrong_day = "19990101." + edge["evidence"][0]
    assert reader.get(f"/api/v1/events/{wrong_day}").status_code == 404


def test_raw_records_hold_no_secrets(reader: httpx.Client, view: dict[str, Any]) -> None:
    seen = 0
    for node in view["chain"]["path"]:
        for ref in (node["edge"] or {}).get("evidence_refs", []):
            text = reader.get(f"/api/v1/events/{ref}").text
            seen += "AssumeRole" in text
            assert CANARY not in text
            assert "sessionToken" not in text or not re.search(r'"sessionToken":\s*"[A-Za-z0-9+/]{16,}', text)
    assert seen


def test_the_notable_actions_of_the_tree_are_there(view: dict[str, Any], reader: httpx.Client) -> None:
    chains = get(reader, "/chains", min_sessions=3, limit=500)["items"]
    names = {action["event_name"] for chain in chains for action in get(reader, f"/sessions/{chain['session_id']}")["actions"]}
    assert {"CreateUser", "CreateAccessKey"} <= names
    for action in view["actions"]:
        assert action["at"]
        assert action["category"]


def test_what_siblings_did_is_not_told_of_a_session(reader: httpx.Client) -> None:
    """One function starts a job every night: each night's chain has its own call only."""
    nights = get(reader, "/chains", q="etl-start", limit=3)["items"]
    assert len(nights) == 3
    for night in nights:
        view = get(reader, f"/sessions/{night['session_id']}")
        assert len(view["tree"]) > len(view["chain"]["path"])  # the other nights are in its tree
        assert {action["at"][:10] for action in view["actions"]} == {night["last_seen"][:10]}


def test_a_busy_keys_first_address_is_where_this_chain_was_asked_for(reader: httpx.Client) -> None:
    """backup-sync works from 203.0.113.40 every day; the incident's first step was asked for from another address."""
    chains = get(reader, "/chains", min_sessions=3, limit=500)["items"]
    chain = next(chain for chain in chains if chain["path"][0]["label"].startswith("backup-sync"))
    root = get(reader, f"/sessions/{chain['session_id']}")["tree"][0]
    assert root["node"]["kind"] == "key"
    assert root["sources"] == ["198.51.100.77", "203.0.113.40"]


def test_entities(reader: httpx.Client, view: dict[str, Any]) -> None:
    node = view["chain"]["path"][-1]
    role = get(reader, f"/entities/{entity_id('role', node['role'])}")
    assert (role["kind"], role["label"]) == ("role", node["role"])
    assert node["id"] in {session["id"] for session in role["sessions"]}
    account = get(reader, f"/entities/{entity_id('account', node['account'])}")
    assert account["sessions"]
    address = next(source for row in view["tree"] for source in row["sources"])
    assert get(reader, f"/entities/{entity_id('address', address)}")["kind"] == "address"


def test_traces_lead_to_the_session(reader: httpx.Client, view: dict[str, Any]) -> None:
    node = view["chain"]["path"][-1]
    row = view["tree"][[row["node"]["id"] for row in view["tree"]].index(node["id"])]
    things = [
        node["access_key_ids"][0],
        node["principal"],
        node["role"],
        node["id"],
        *row["sources"][:1],
        node["edge"]["evidence"][0],
    ]
    for thing in things:
        found = get(reader, "/trace", thing=thing)
        posted = reader.post("/api/v1/trace", json={"thing": thing}).json()
        assert found == posted
        assert node["id"] in {candidate["id"] for candidate in found["candidates"]}, thing
        for candidate in found["candidates"]:
            assert reader.get(f"/api/v1{candidate['url']}", follow_redirects=True).status_code == 200, candidate


def test_a_pasted_record_is_traced(reader: httpx.Client, view: dict[str, Any]) -> None:
    ref = view["chain"]["path"][-1]["edge"]["evidence_refs"][0]
    record = get(reader, f"/events/{ref}")["record"]
    found = reader.post("/api/v1/trace", json={"thing": json.dumps(record)}).json()
    assert found["recognised_as"] == "event id of the record"
    assert found["candidates"]


def test_nothing_found_says_what_it_was_taken_for(reader: httpx.Client) -> None:
    found = get(reader, "/trace", thing="192.0.2.254")
    assert (found["recognised_as"], found["candidates"]) == ("address", [])


def test_health_counts_what_went_in(reader: httpx.Client) -> None:
    health = get(reader, "/health")
    objects = get(reader, "/objects", limit=1000)["items"]
    assert health["status"] == "ok"
    assert health["objects"] == len(objects)
    assert health["events"] == sum(entry["taken"] for entry in objects) > 1000
    assert health["pending"] == 0
    assert get(reader, "/quarantine")["items"] == []
