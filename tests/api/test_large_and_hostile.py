"""Paths of hundreds of hops, a key with hundreds of sessions, and names chosen to hurt whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.cli import picture
from roletrail.cli.console import out
from roletrail.usecases.chains import sessions
from roletrail.usecases.chains.listing import list_chains
from roletrail.usecases.parameters import chain_query
from tests.scenarios.recipes import DAY, HOME, PROD, body, named_role, new_trail
from tests.scenarios.recipes.assuming import juggling
from tests.support.cloudtrail import at
from tests.support.served import ingest, serving

HOPS = 300
BUSY = 450

HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE node; --",
    "\x1b[2J\x1b]0;owned\x07",
    "line\nbreak\r\ttab",
    "\u202eevil\u2066",
    "{{7-7}}${7-7}",
    "[bold red]markup[/]",
    "a" * 5000,
    "\u0000nul",
    "=cmd|' /C calc'!A0",
    "../../x",
    "é" + "\u0301" * 50,
]


def busy_key() -> bytes:
    """One key that starts a session every minute; the last one goes on to a second role."""
    trail = new_trail(series=1)
    key = trail.user_key(HOME, "robot", key="BUSY")
    role, other = named_role(HOME, "Worker"), named_role(PROD, "Target")
    jobs = [trail.assume(key, at(DAY) + n * 60, role, f"job-{n:04d}", key=f"W{n:04d}") for n in range(BUSY)]
    trail.assume(jobs[-1], at(DAY) + BUSY * 60, other, "last", key="WLAST")
    return body(trail.records)


def hostile_names() -> bytes:
    trail = new_trail(series=2)
    for n, text in enumerate(HOSTILE):
        key = trail.user_key(HOME, text, key=f"H{n}").at("203.0.113.10", agent=text)
        a = trail.assume(key, at(DAY) + n * 60, named_role(HOME, f"A{n}"), text, key=f"HA{n}", source_identity=text)
        b = trail.assume(a, at(DAY) + n * 60 + 10, named_role(PROD, text, generation=f"B{n}"), text, key=f"HB{n}")
        trail.call(b, at(DAY) + n * 60 + 20, "s3", "GetObject", {"key": text})
    return body(trail.records)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("large")
    (folder / "juggling.json").write_bytes(body(juggling(HOPS).records))
    (folder / "busy.json").write_bytes(busy_key())
    (folder / "hostile.json").write_bytes(hostile_names())
    url = f"sqlite:///{folder / 'large.sqlite'}"
    ingest(url, *sorted(folder.glob("*.json")))
    return url


@pytest.fixture(scope="module")
def reader(store: str) -> Iterator[httpx.Client]:
    with serving(store) as served, served.reader() as client:
        yield client


def get(reader: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = reader.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_juggling_is_folded_in_lists_and_whole_on_its_page(reader: httpx.Client) -> None:
    (chain,) = get(reader, "/chains", min_sessions=HOPS)["items"]
    assert (chain["sessions"], chain["hops"], chain["tone"]) == (HOPS, HOPS - 1, "alarm")
    kinds = [node["kind"] for node in chain["path"]]
    assert kinds == ["key", "folded", "session", "session", "session", "session", "session"]
    assert chain["path"][1]["count"] == HOPS - 5
    assert str(HOPS - 5) in chain["path"][1]["summary"]
    (full,) = get(reader, "/chains", min_sessions=HOPS, full="true")["items"]
    view = get(reader, f"/sessions/{chain['session_id']}")
    assert len(full["path"]) == len(view["chain"]["path"]) == HOPS + 1
    assert [node["ordinal"] for node in full["path"]] == list(range(HOPS + 1))


def test_a_busy_key_is_cut_and_says_so(reader: httpx.Client) -> None:
    (chain,) = get(reader, "/chains", min_sessions=2, q="target")["items"]
    root = chain["path"][0]["id"]
    page = get(reader, f"/sessions/{root}")
    assert len(page["tree"]) == 400
    assert page["truncated"] >= BUSY - 400
    leaf = get(reader, f"/sessions/{chain['session_id']}")
    assert [row["node"]["id"] for row in leaf["tree"] if row["on_path"]] == [node["id"] for node in leaf["chain"]["path"]]
    assert leaf["truncated"] >= BUSY - 1, "the key's other sessions are left out, and counted"


def test_a_role_with_hundreds_of_sessions_has_a_page(reader: httpx.Client) -> None:
    found = get(reader, "/trace", thing=named_role(HOME, "Worker").arn)
    entity = next(candidate for candidate in found["candidates"] if candidate["entity_kind"] == "role")
    view = get(reader, f"/entities/{entity['id']}")
    assert view["more"]
    assert len(view["sessions"]) == 100


def test_hostile_names_come_back_as_they_were_written(reader: httpx.Client) -> None:
    chains = get(reader, "/chains", min_sessions=2, limit=500)["items"]
    names = {node["role_session_name"] for chain in chains for node in chain["path"] if node["kind"] == "session"}
    for text in HOSTILE:
        assert any(name and (name == text or text.startswith(name)) for name in names), text
    for chain in chains:
        assert reader.get(f"/api/v1/sessions/{chain['session_id']}").status_code == 200
        events = get(reader, f"/sessions/{chain['session_id']}/events")["items"]
        for event in events:
            assert reader.get(f"/api/v1/events/{event['event_ref']}").status_code == 200


def test_a_terminal_sees_no_control_characters(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    graph = open_graph(store, create=False)
    try:
        console = out()
        for view in list_chains(graph, local_actor(), chain_query({}, strict=True)).items:
            console.print(picture.chain(view))
            console.print(picture.session(sessions.show_session(graph, local_actor(), view.session_id)))
    finally:
        graph.close()
    printed = capsys.readouterr().out
    assert "[bold red]markup[/]" in printed, "markup out of a log must not be obeyed"
    strange = {character for character in printed if ord(character) < 32 and character != "\n"} | {
        c for c in "\u202e\u2066\x7f" if c in printed
    }
    assert strange == set()
    assert "<script>" in printed


def test_json_of_hostile_names_is_json(reader: httpx.Client) -> None:
    for text in HOSTILE[:8]:
        answer = reader.post("/api/v1/trace", json={"thing": text})
        assert answer.status_code in {200, 422}
        json.loads(answer.text)
