"""Investigations over the API: pins, notes, timeline, and two analysts who cannot overwrite each other unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.served import Served

PLACE = "/api/v1/investigations"


@pytest.fixture
def analyst(served: Served) -> Iterator[httpx.Client]:
    with served.client(served.token("read", "investigate", role="analyst")) as client:
        yield client


@pytest.fixture
def case(analyst: httpx.Client) -> str:
    made = analyst.post(PLACE, json={"title": "Key to persistence", "assignee": "alice"})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{PLACE}/{made.json()['id']}"
    return made.json()["id"]


def show(client: httpx.Client, case: str) -> Any:
    answer = client.get(f"{PLACE}/{case}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return answer.json()


def test_pins_notes_and_what_happened(analyst: httpx.Client, case: str, alarm: dict[str, Any]) -> None:
    proof = alarm["path"][-1]["edge"]["evidence_refs"][0]
    pins = {}
    for kind, target in (("chain", alarm["session_id"]), ("event", proof), ("finding", "f" * 20)):
        answer = analyst.post(f"{PLACE}/{case}/pins", json={"kind": kind, "target": target})
        assert answer.status_code == 201, answer.text
        pins[kind] = answer.json()["id"]
    again = analyst.post(f"{PLACE}/{case}/pins", json={"kind": "chain", "target": alarm["session_id"]})
    assert again.json()["id"] == pins["chain"]
    note = {"body": "**Disable** the key first", "pin": pins["chain"], "kind": "decision"}
    assert analyst.post(f"{PLACE}/{case}/notes", json=note).status_code == 201
    view = show(analyst, case)
    assert [(pin["kind"], pin["target"]) for pin in view["pins"]] == [
        ("chain", alarm["session_id"]), ("event", proof), ("finding", "f" * 20),
    ]  # fmt: skip
    assert view["pins"][0]["sessions"] == alarm["sessions"]
    assert view["notes"][0]["pin"] == pins["chain"]
    times = [entry["at"] for entry in view["timeline"]]
    assert times == sorted(times)
    issued = [entry for entry in view["timeline"] if entry["kind"] == "issued"]
    assert {entry["url"].rsplit("/", 1)[1] for entry in issued} >= {node["id"] for node in alarm["path"] if node["ordinal"]}
    assert any(entry["lane"] == "notes" and "Disable" in entry["text"] for entry in view["timeline"])
    assert len({entry["event_ref"] for entry in view["timeline"] if entry["event_ref"]} & {proof}) == 1
    assert [change["version"] for change in view["history"]] == list(range(view["version"], 0, -1))
    analyst.delete(f"{PLACE}/{case}/pins/{pins['chain']}")
    left = show(analyst, case)
    assert len(left["pins"]) == 2
    assert left["notes"][0]["pin"] == ""


def test_whoever_is_second_is_told_what_changed(analyst: httpx.Client, case: str) -> None:
    seen = show(analyst, case)["version"]
    first = analyst.patch(f"{PLACE}/{case}", json={"version": seen, "status": "active"})
    assert first.status_code == 200
    second = analyst.patch(f"{PLACE}/{case}", json={"version": seen, "title": "Mine"})
    assert second.status_code == 409
    problem = second.json()
    assert problem["code"] == "conflict"
    assert problem["version"] == first.json()["version"]
    assert len(problem["changed"]) == 1
    assert "active" in problem["changed"][0]
    assert show(analyst, case)["title"] == "Key to persistence"
    header = {"If-Match": f'"{problem["version"]}"'}
    assert analyst.patch(f"{PLACE}/{case}", json={"title": "Mine"}, headers=header).status_code == 200
    assert analyst.patch(f"{PLACE}/{case}", json={"title": "Nobody's"}).status_code == 422
    assert analyst.request("DELETE", f"{PLACE}/{case}", params={"version": seen}).status_code == 409


def test_a_note_is_not_overwritten_unseen(analyst: httpx.Client, case: str) -> None:
    note = analyst.post(f"{PLACE}/{case}/notes", json={"body": "first", "kind": "question", "owner": "bob"}).json()["id"]
    place = f"{PLACE}/{case}/notes/{note}"
    assert analyst.patch(place, json={"version": 1, "body": "second"}).status_code == 200
    late = analyst.patch(place, json={"version": 1, "body": "third"})
    assert late.status_code == 409
    assert late.json()["changed"] == ["second"]
    assert analyst.patch(place, json={"version": 2, "state": "answered"}).status_code == 200
    (found,) = show(analyst, case)["notes"]
    assert (found["body"], found["state"], found["owner"], found["version"]) == ("second", "answered", "bob", 3)
    assert analyst.request("DELETE", place, params={"version": 3}).status_code == 200


def test_the_list_pages_and_filters(analyst: httpx.Client, case: str) -> None:
    others = [analyst.post(PLACE, json={"title": f"No {n}", "status": "closed"}).json()["id"] for n in range(3)]
    found: list[str] = []
    after = ""
    while True:
        page = analyst.get(PLACE, params={"limit": 2, "after": after}).json()
        found += [item["id"] for item in page["items"]]
        if not (after := page["next"] or ""):
            break
    assert len(found) == len(set(found))
    assert {case, *others} <= set(found)
    closed = analyst.get(PLACE, params={"status": "closed"}).json()["items"]
    assert set(others) <= {item["id"] for item in closed}
    assert case not in {item["id"] for item in closed}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"title": ""}), ("", {"title": "x", "more": 1}), ("", {"title": "a\0b"}), ("", {"title": "x" * 201}),
        ("/pins", {"kind": "chain", "target": "x"}), ("/pins", {"kind": "person", "target": "x"}), ("/notes", {"body": " "}),
        ("/notes", {"body": "x", "kind": "step", "state": "answered"}), ("/notes", {"body": "x", "pin": "none"}),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(analyst: httpx.Client, case: str, path: str, body: dict[str, Any]) -> None:
    before = show(analyst, case)
    answer = analyst.post(f"{PLACE}/{case}{path}" if path else PLACE, json=body)
    assert answer.status_code in (404, 422), answer.text
    assert answer.json()["detail"]
    assert show(analyst, case) == before


def test_a_viewer_reads_and_changes_nothing(served: Served, analyst: httpx.Client, case: str) -> None:
    with served.client(served.token("read", "investigate", role="viewer")) as viewer:
        assert viewer.get(f"{PLACE}/{case}").status_code == 200
        assert viewer.post(PLACE, json={"title": "x"}).status_code == 403
        assert viewer.post(f"{PLACE}/{case}/notes", json={"body": "x"}).status_code == 403
    assert len(show(analyst, case)["history"]) == 1


def test_the_pages_do_it_too_and_a_note_cannot_act(served: Served, case: str, alarm: dict[str, Any]) -> None:
    ours = {"Sec-Fetch-Site": "same-origin"}
    hostile = (
        "# <b>T</b>\n<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://x.example/p.png) [ok](https://example.com/a)"
    )
    with served.browser() as browser:
        place = f"/investigations/{case}"
        for path, fields in (
            (f"{place}/pins", {"kind": "chain", "target": alarm["session_id"]}),
            (f"{place}/notes", {"body": hostile, "kind": "note"}),
            (place, {"version": str(3), "title": "Seen on the page", "status": "contained", "assignee": ""}),
        ):
            answer = browser.post(path, data=fields, headers=ours)
            assert (answer.status_code, answer.headers.get("location")) == (303, place), answer.text
        page = browser.get(place)
        assert "Seen on the page" in page.text
        assert '<a href="https://example.com/a" rel="noopener noreferrer nofollow">ok</a>' in page.text
        for bad in ("<script>alert", "<b>T</b>", 'href="javascript', "<img"):
            assert bad not in page.text
        late = browser.post(place, data={"version": "1", "title": "Typed in vain"}, headers=ours)
        assert late.status_code == 409
        assert "Typed in vain" in late.text
        assert "now: <bdi>Seen on the page</bdi>" in late.text
        assert browser.get("/investigations", params={"pin": alarm["session_id"]}).text.count("Pin here") >= 1
