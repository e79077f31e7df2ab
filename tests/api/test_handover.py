"""Export and import, the handover brief, watched pins, retention: what outlives a shift, a store and an archive day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import archive_folder, open_ports
from roletrail.settings import load
from roletrail.usecases.investigations.pins import watch
from roletrail.usecases.loading.retention import run_retention
from tests.support.receiver import Receiver
from tests.support.served import SAMPLE, Served, ingest, serving

PLACE = "/api/v1/investigations"
SCOPES = ("read", "investigate", "export", "admin")


@pytest.fixture
def analyst(served: Served) -> Iterator[httpx.Client]:
    with served.client(served.token(*SCOPES, role="admin")) as client:
        yield client


def opened(client: httpx.Client, *targets: tuple[str, str]) -> str:
    case = client.post(PLACE, json={"title": "Key to persistence"}).json()["id"]
    for kind, target in targets:
        assert client.post(f"{PLACE}/{case}/pins", json={"kind": kind, "target": target}).status_code == 201
    return case


def test_a_file_brings_an_investigation_back(analyst: httpx.Client, alarm: dict[str, Any]) -> None:
    case = opened(analyst, ("chain", alarm["session_id"]))
    pin = analyst.get(f"{PLACE}/{case}").json()["pins"][0]["id"]
    analyst.post(f"{PLACE}/{case}/notes", json={"body": "beside", "pin": pin, "kind": "step", "owner": "bob"})
    file = analyst.get(f"{PLACE}/{case}/export").json()
    assert (file["format"], file["version"]) == ("roletrail-investigation", 1)
    copy = analyst.post(f"{PLACE}/import", json=file)
    assert copy.status_code == 201, copy.text
    before, after = (analyst.get(f"{PLACE}/{id_}").json() for id_ in (case, copy.json()["id"]))
    assert after["id"] != before["id"]
    assert [(p["kind"], p["target"], p["label"]) for p in after["pins"]] == [
        (p["kind"], p["target"], p["label"]) for p in before["pins"]
    ]
    (note,) = after["notes"]
    assert note["pin"] == after["pins"][0]["id"]
    assert (note["body"], note["state"], note["owner"]) == ("beside", "open", "bob")
    assert after["timeline"] == [{**entry, "pin": after["pins"][0]["id"]} for entry in before["timeline"]]
    for broken in ({**file, "version": 2}, {**file, "pins": [{}]}, {"format": "x", "version": 1}, [], {**file, "title": ""}):
        assert analyst.post(f"{PLACE}/import", json=broken).status_code == 422


def test_the_brief_says_what_is_alive_new_done_and_open(served: Served, analyst: httpx.Client, alarm: dict[str, Any]) -> None:
    case = opened(analyst, ("chain", alarm["session_id"]))
    empty = analyst.get(f"{PLACE}/{case}/handover").json()
    assert empty["marked"] == {"attacker": 0, "unclear": 0}
    first = next(node["id"] for node in alarm["path"] if node["ordinal"] == 1)
    mark = analyst.post("/api/v1/marks", json={"side": "attacker", "session_id": first}).json()
    for kind, more in (("step", {"state": "done"}), ("decision", {}), ("question", {"owner": "bob"})):
        analyst.post(f"{PLACE}/{case}/notes", json={"body": f"a {kind}", "kind": kind, **more})
    brief = analyst.get(f"{PLACE}/{case}/handover", params={"since": "2026-01-01"}).json()
    assert brief["marked"]["attacker"] >= 3
    named = {one["id"] for one in brief["new_since"]}
    assert {node["id"] for node in alarm["path"] if node["ordinal"]} <= named
    assert all(one["until"] == "" or one["until"] > brief["made_at"] for one in brief["alive"])
    assert [note["body"] for note in brief["questions"]] == ["a question"]
    later = analyst.get(f"{PLACE}/{case}/handover", params={"since": "2030-01-01"}).json()
    assert later["new_since"] == []
    with served.browser() as browser:
        page = browser.get(f"/investigations/{case}/handover", params={"since": "2026-01-01"}).text
    assert "Still alive" in page
    assert "a question" in page
    frozen = analyst.post("/api/v1/shares", json={"kind": "handover", "subject": case})
    assert frozen.status_code == 201
    analyst.delete(f"/api/v1/marks/{mark['id']}")


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A store of the pieces of one incident that were there first."""
    store = f"sqlite:///{tmp_path / 'own.sqlite'}"
    ingest(store, SAMPLE / "ssrf-instance" / "AWSLogs")
    return store


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Where alerts of every command go."""
    found = Receiver(200)
    monkeypatch.setenv("ROLETRAIL_ALERTS", f"webhook:{found.url}")
    yield found
    found.close()


def test_growth_is_noticed_a_snapshot_is_not_touched_and_pins_outlive_their_days(
    own: str, tmp_path: Path, receiver: Receiver
) -> None:
    with serving(own) as served, served.client(served.token(*SCOPES, role="admin")) as client:
        chain = client.get("/api/v1/chains", params={"min_sessions": 2}).json()["items"][0]
        proof = chain["path"][-1]["edge"]["evidence_refs"][0]
        case = opened(client, ("chain", chain["session_id"]), ("event", proof))
        version = client.get(f"{PLACE}/{case}").json()["version"]
        assert client.patch(f"{PLACE}/{case}", json={"version": version, "assignee": "alice"}).status_code == 200
        key = chain["path"][-1]["access_key_ids"][0]
        made = client.post("/api/v1/shares", json={"kind": "investigation", "subject": case, "may_download": True}).json()
        frozen = download(served, made)
        ingest(own, later_use(tmp_path, client, proof, key))
        grew = client.get(f"{PLACE}/{case}").json()["pins"][0]["grown"]
        assert "more calls" in grew
        (told,) = [one for one in receiver.kept.values() if one.get("type") == "pin_grown"]
        assert (told["investigation_id"], told["assignee"], told["grown"]) == (case, "alice", grew)
        assert watch(served.ports.graph, served.ports.app) == 0  # the ingest has looked already
        (row,) = [item for item in client.get(PLACE).json()["items"] if item["id"] == case]
        assert row["grown"] == 1
        assert "grew" in client.get(f"{PLACE}/{case}").json()["history"][0]["what"]
        client.post(f"{PLACE}/{case}/seen")
        assert client.get(f"{PLACE}/{case}").json()["pins"][0]["grown"] == ""
        assert download(served, made) == frozen
        record = client.get(f"/api/v1/events/{proof}").json()["record"]
        ports = open_ports(load(store=own))
        try:
            folder = archive_folder(load(store=own))
            planned = run_retention(ports, local_actor(), folder, 1, dry_run=True)
            done = run_retention(ports, local_actor(), folder, 1)
            assert run_retention(ports, local_actor(), folder, 1).days == []
        finally:
            ports.close()
        assert (planned.files, planned.rows, planned.days) == (done.files, done.rows, done.days)
        assert done.files > 0
        assert done.kept > 0
        assert done.missing == 0
        kept = client.get(f"/api/v1/events/{proof}")
        assert kept.json()["record"] == record
        assert download(served, made) == frozen
        before = client.get("/api/v1/health").json()
        ingest(own, SAMPLE / "ssrf-instance" / "AWSLogs")
        assert client.get("/api/v1/health").json() == before
        for path in tmp_path.glob("own.sqlite*"):  # the store goes away altogether
            if path.is_file() and ".app" not in path.name:
                path.unlink()
        shutil.rmtree(folder)
        assert download(served, made) == frozen


def later_use(folder: Path, client: httpx.Client, proof: str, key: str) -> Path:
    """A file with one more call of the session that `key` belongs to."""
    del proof
    hits = client.get("/api/v1/trace", params={"thing": key}).json()["candidates"]
    session = next(hit["id"] for hit in hits if hit["entity_kind"] == "session")
    row = client.get(f"/api/v1/sessions/{session}/events").json()["items"][0]
    record = client.get(f"/api/v1/events/{row['event_ref']}").json()["record"]
    record |= {"eventID": "00000000-1111-2222-3333-444444444444", "requestID": "later"}
    path = folder / "later.json"
    path.write_text(json.dumps({"Records": [record]}))
    return path


def download(served: Served, made: Any) -> bytes:
    """The frozen document as a reader gets it."""
    with served.client() as stranger:
        place = stranger.get(made["path"]).headers["location"]
        assert stranger.post(f"{place}/open", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
        answer = stranger.get(f"{place}/snapshot.json")
    assert answer.status_code == 200
    return answer.content
