"""Share snapshots: frozen, redacted, expiring, revocable; a reader without an account sees this and nothing else (ADR 0017)."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from roletrail.investigations.redact import told
from roletrail.investigations.shares import ShareBook
from roletrail.usecases.investigations.shares import state_of
from roletrail.web import shared as reader_pages
from tests.support.served import NAVIGATION, NO_TLS, Served, serving

PLACE = "/api/v1/shares"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def analyst(served: Served) -> Iterator[httpx.Client]:
    with served.client(served.token("read", "investigate", "export", "admin", role="admin")) as client:
        yield client


@pytest.fixture
def case(analyst: httpx.Client, alarm: dict[str, Any]) -> str:
    id_ = analyst.post("/api/v1/investigations", json={"title": "Key to persistence"}).json()["id"]
    analyst.post(f"/api/v1/investigations/{id_}/pins", json={"kind": "chain", "target": alarm["session_id"]})
    key = next(key for node in alarm["path"] for key in node["access_key_ids"])
    body = f"Key {key} of account {alarm['accounts'][0]}, role {alarm['path'][-1]['label']}"
    analyst.post(f"/api/v1/investigations/{id_}/notes", json={"body": body})
    return id_


def share(analyst: httpx.Client, case: str, **more: Any) -> Any:
    answer = analyst.post(PLACE, json={"kind": "investigation", "subject": case, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def opened(client: httpx.Client, path: str, passphrase: str = "") -> httpx.Response:
    """As a browser does: the link, the cover, Open, the document."""
    arrived = client.get(path, headers=NAVIGATION)
    assert arrived.status_code == 303, arrived.text
    place = arrived.headers["location"]
    cover = client.get(place)
    assert cover.status_code == 200
    done = client.post(f"{place}/open", data={"passphrase": passphrase}, headers=OURS)
    return client.get(place) if done.status_code == 303 else done


def test_the_secret_leaves_the_address_bar_and_nobody_keeps_it(served: Served, analyst: httpx.Client, case: str) -> None:
    made = share(analyst, case)
    assert re.fullmatch(r"/s/rts_[A-Za-z0-9_-]{43}", made["path"])
    secret = made["path"].rsplit("/", 1)[1]
    with served.client() as stranger:
        arrived = stranger.get(made["path"])
        assert arrived.headers["location"] == f"/shared/{made['share']['id']}"
        assert f"Path=/shared/{made['share']['id']}" in arrived.headers["set-cookie"]
        assert "HttpOnly" in arrived.headers["set-cookie"]
        assert secret not in arrived.headers["set-cookie"]
        for answer in (arrived, stranger.get(arrived.headers["location"])):
            assert answer.headers["x-robots-tag"].startswith("noindex")
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert secret not in answer.text
    assert secret not in analyst.get(PLACE).text
    assert secret.encode() not in served.access.app.path.read_bytes()


def test_a_reader_sees_the_snapshot_and_reaches_nothing_else(
    served: Served, analyst: httpx.Client, case: str, alarm: dict[str, Any], every_route: list[tuple[str, str]]
) -> None:
    made = share(analyst, case)
    with served.client() as stranger:
        page = opened(stranger, made["path"])
        for text in ("Read-only snapshot", alarm["path"][-1]["label"], made["share"]["sha256"], "Timeline", "Report"):
            assert text in page.text
        assert "<script" not in page.text
        links = set(re.findall(r'(?:href|action|src)="([^"]+)"', page.text))
        assert all(link.startswith(("/assets/", f"/shared/{made['share']['id']}/")) for link in links), links
        place = f"/shared/{made['share']['id']}"
        picture = stranger.get(f"{place}/picture.svg").text
        assert picture.startswith("<svg")
        assert picture in page.text, "the page draws what was frozen, in its own theme"
        assert stranger.get(f"{place}/snapshot.json").status_code == 404
        assert len(every_route) > 60
        for method, path in every_route:
            if path.startswith(("/launch", "/assets", "/s/", "/shared/", "/login", "/signed-out")):
                continue
            answer = stranger.request(method, re.sub(r"{[^}]*}", alarm["session_id"], path), headers=OURS)
            assert answer.status_code == 401, (method, path)


def test_unknown_expired_revoked_used_up_and_stopped_are_one_answer(
    served: Served, analyst: httpx.Client, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, expired, spent = share(analyst, case), share(analyst, case, seconds=3600), share(analyst, case, view_limit=1)
    with served.client() as stranger:
        assert opened(stranger, spent["path"]).status_code == 200
    assert analyst.delete(f"{PLACE}/{revoked['share']['id']}").status_code == 204
    assert analyst.delete(f"{PLACE}/{revoked['share']['id']}").status_code == 404
    monkeypatch.setattr(served.access.app, "clock", lambda: time.time() + 3601)
    paths = ["/s/rts_" + "A" * 43, "/s/x", revoked["path"], expired["path"], spent["path"], f"/shared/{revoked['share']['id']}"]
    paths += [f"/shared/{'0' * 24}", f"/shared/{revoked['share']['id']}/picture.svg"]
    with served.client() as stranger:
        answers = [stranger.get(path) for path in paths]
    states = {share.id: state_of(share, served.access.app.now()) for share in ShareBook(served.access.app).every()}
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({frozenset(answer.headers.keys()) for answer in answers}) == 1
    assert [states[made["share"]["id"]] for made in (revoked, expired, spent)] == ["revoked", "expired", "used up"]


def test_revoking_takes_effect_on_the_next_request(served: Served, analyst: httpx.Client, case: str) -> None:
    made, other = share(analyst, case), share(analyst, case)
    with served.client() as stranger, served.client() as second:
        assert opened(stranger, made["path"]).status_code == 200
        assert opened(second, other["path"]).status_code == 200
        analyst.delete(f"{PLACE}/{made['share']['id']}")
        assert stranger.get(f"/shared/{made['share']['id']}").status_code == 404
        place = f"/shared/{other['share']['id']}"
        assert analyst.put(f"{PLACE}/sharing", json={"stopped": True}).status_code == 204
        assert second.get(place).status_code == 404
        assert analyst.post(PLACE, json={"kind": "investigation", "subject": case}).status_code == 403
        analyst.put(f"{PLACE}/sharing", json={"stopped": False})
        assert second.get(place).status_code == 200
        assert analyst.delete(PLACE).json()["revoked"] >= 1
        assert second.get(place).status_code == 404
        assert {item["state"] for item in analyst.get(PLACE).json()["items"]} <= {"revoked", "expired"}


def test_a_view_counts_when_somebody_opens_it(served: Served, analyst: httpx.Client, case: str) -> None:
    made = share(analyst, case, view_limit=2)

    def views() -> int:
        return next(item["views"] for item in analyst.get(PLACE).json()["items"] if item["id"] == made["share"]["id"])

    with served.client() as stranger:
        for _ in range(3):
            stranger.get(made["path"], headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})
        assert views() == 0
        assert opened(stranger, made["path"]).status_code == 200
        stranger.get(f"/shared/{made['share']['id']}")
        assert views() == 1
        forged = stranger.post(f"/shared/{made['share']['id']}/open", headers={"Origin": "https://evil.example"})
        assert forged.status_code == 403
    audit = [entry for entry in _audit(served) if entry.resource == made["share"]["id"]]
    assert [entry.action for entry in audit] == ["shares.view", "shares.write"]


def _audit(served: Served) -> list[Any]:
    from roletrail.auth.audit import AuditLog

    return AuditLog(served.access.app).newest(0, 50)


def test_a_passphrase_is_asked_for_and_tries_are_few(
    served: Served, analyst: httpx.Client, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = share(analyst, case, passphrase="correct horse")
    assert b"correct horse" not in served.access.app.path.read_bytes()
    with served.client() as stranger:
        assert opened(stranger, made["path"], "wrong").status_code == 403
        assert "Timeline" not in stranger.get(f"/shared/{made['share']['id']}").text
        assert "Timeline" in opened(stranger, made["path"], "correct horse").text
        monkeypatch.setattr(reader_pages._passphrases, "spend", lambda _: False)
        late = opened(stranger, made["path"], "correct horse")
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")


@pytest.mark.parametrize("preset", ["ids", "names"])
def test_a_redacted_snapshot_holds_none_of_the_original_ids(
    served: Served, analyst: httpx.Client, case: str, alarm: dict[str, Any], preset: str
) -> None:
    raw = analyst.get(f"/api/v1/sessions/{alarm['session_id']}").text
    originals = _ids_in(raw) | {alarm["session_id"]}
    assert len(originals) > 20
    made = share(analyst, case, redaction=preset, may_download=True)
    with served.client() as stranger:
        page = opened(stranger, made["path"])
        place = f"/shared/{made['share']['id']}"
        parts = [page.content, stranger.get(f"{place}/snapshot.json").content, stranger.get(f"{place}/picture.svg").content]
    labels = {node["label"] for node in alarm["path"] if node["ordinal"]}
    for part in parts:
        assert [text for text in originals if text.encode() in part] == []
        hidden = [
            label for label in labels if re.search(rb"(?<![A-Za-z0-9])" + re.escape(label.encode()) + rb"(?![A-Za-z0-9])", part)
        ]
        assert hidden == ([] if preset == "names" else hidden)
    document = json.loads(parts[1])
    accounts = [node["account"] for node in document["chains"][0]["chain"]["path"] if node["account"]]
    assert len(set(accounts)) == len({node["account"] for node in alarm["path"] if node["account"]})
    assert accounts[0] in document["notes"][0]["body"]


def _ids_in(text: str) -> set[str]:
    patterns = (
        r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{8,}", r"(?<!\d)\d{12}(?!\d)", r"(?:\d{1,3}\.){3}\d{1,3}", r"\bi-[0-9a-f]{8,17}\b",
        r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", r'"id":"([a-z0-9]{20})"',
    )  # fmt: skip
    return {found for pattern in patterns for found in re.findall(pattern, text)}


def test_what_leaves_is_told_before(analyst: httpx.Client, case: str) -> None:
    leaving = analyst.get(f"{PLACE}/leaving", params={"kind": "investigation", "subject": case}).json()
    assert leaving["counts"]["accounts"] >= 1
    assert leaving["counts"]["events"] >= 2
    assert set(leaving["presets"]) == {"none", "ids", "names"}


@pytest.mark.parametrize(
    "more", [{"seconds": 3599}, {"seconds": 91 * 86_400}, {"seconds": 0}, {"redaction": "some"}, {"kind": "event"}]
)
def test_no_share_for_ever_or_of_nothing(analyst: httpx.Client, case: str, more: dict[str, Any]) -> None:
    assert analyst.post(PLACE, json={"kind": "investigation", "subject": case, **more}).status_code == 422


def test_the_sharers_pages(served: Served, case: str) -> None:
    with served.browser() as browser:
        asked = browser.get("/shares/new", params={"kind": "investigation", "subject": case})
        assert "I may share this" in asked.text
        fields = {"kind": "investigation", "subject": case, "redaction": "ids", "seconds": "86400", "passphrase": ""}
        assert browser.post("/shares", data=fields, headers=OURS).status_code == 400
        made = browser.post("/shares", data={**fields, "leave": "yes"}, headers=OURS)
        (link,) = re.findall(r'value="(http://[^"]+/s/rts_[^"]+)"', made.text)
        assert "Revoke" in browser.get("/settings/shares").text
    with httpx.Client(base_url=served.url, verify=NO_TLS) as stranger:
        page = opened(stranger, link.removeprefix(served.url))
        assert "accounts, key ids" in page.text


def test_a_snapshot_is_what_it_was_hashed_as(served: Served, analyst: httpx.Client, case: str) -> None:
    made = share(analyst, case, may_download=True)
    with served.client() as stranger:
        opened(stranger, made["path"])
        content = stranger.get(f"/shared/{made['share']['id']}/snapshot.json").content
        analyst.post(f"/api/v1/investigations/{case}/notes", json={"body": "written later"})
        assert stranger.get(f"/shared/{made['share']['id']}/snapshot.json").content == content
    assert hashlib.sha256(content).hexdigest() == made["share"]["sha256"]
    assert json.loads(content)["format"] == "roletrail-snapshot"


def test_two_pins_of_one_lineage_are_counted_and_drawn_once(served: Served, analyst: httpx.Client, case: str, alarm: Any) -> None:
    first = next(node["id"] for node in alarm["path"] if node["ordinal"] == 1)
    analyst.post(f"/api/v1/investigations/{case}/pins", json={"kind": "session", "target": first})
    mark = analyst.post("/api/v1/marks", json={"side": "attacker", "session_id": first}).json()
    try:
        sides = analyst.get("/api/v1/marks/sides", params={"session_id": first}).json()["counts"]
        made = share(analyst, case, may_download=True)
        brief = analyst.get(f"/api/v1/investigations/{case}/handover").json()
    finally:
        analyst.delete(f"/api/v1/marks/{mark['id']}")
    with served.client() as stranger:
        page = opened(stranger, made["path"]).text
        document = stranger.get(f"/shared/{made['share']['id']}/snapshot.json").json()
    assert len(document["chains"]) == 2
    assert document["sides"] == sides
    assert brief["marked"]["attacker"] == sides["attacker"] >= 3
    assert 'Its tree is the one of <a href="#chain-1">' in page
    assert page.count("<table") == 1


def test_what_leaves_is_said_in_words(served: Served, analyst: httpx.Client, case: str) -> None:
    counts = analyst.get(f"{PLACE}/leaving", params={"kind": "investigation", "subject": case}).json()["counts"]
    with served.browser() as browser:
        page = browser.get("/shares/new", params={"kind": "investigation", "subject": case}).text
    assert told(counts) in page
    assert told({"events": 1, "ips": 2, "keys": 0, "accounts": 1_000}) == "1 event, 2 IP addresses, 1,000 accounts"


def test_a_link_is_https_where_people_come_over_https(sample_store: str, case: str) -> None:
    """TLS ends in front of us: the secret would go in clear text once."""
    with serving(sample_store, public_url="https://roletrail.example") as behind, behind.client() as browser:
        named = {"Host": "roletrail.example", **NAVIGATION}
        signed_in = browser.get("/launch", params={"t": behind.access.new_launch()}, headers=named)
        cookie = signed_in.headers["set-cookie"].partition(";")[0]
        fields = {"kind": "investigation", "subject": case, "redaction": "ids", "seconds": "86400", "leave": "yes"}
        made = browser.post("/shares", data=fields, headers={"Host": "roletrail.example", "Cookie": cookie, **OURS})
    assert re.findall(r'value="(https?://[^"]+)/s/rts_', made.text) == ["https://roletrail.example"]
