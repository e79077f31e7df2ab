"""Pages of findings over a real store: the landing list, why one fired, what people say, exceptions, deliveries."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from roletrail.asgi import create_app
from roletrail.bootstrap import gate_rules, open_access, open_ports
from roletrail.settings import load
from tests.support.loading import Loaded

LOGS = Path(__file__).parents[1] / "scenarios" / "t49-no-role-session" / "events.json"


class Site:
    def __init__(self, store: str) -> None:
        settings = load(store=store, insecure_no_auth=True)
        self._ports, self._access = open_ports(settings), open_access(settings)
        app = create_app(self._ports, self._access, gate_rules(settings, 8321))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8321")
        self._loop = asyncio.Runner()

    def get(self, path: str) -> str:
        answer = self._loop.run(self._client.get(path))
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def json(self, path: str) -> dict:  # type: ignore[type-arg]
        return self._loop.run(self._client.get(f"/api/v1{path}")).json()

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self._loop.run(self._client.post(path, data=fields, headers={"sec-fetch-site": "same-origin"}))

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self._loop.run(self._client.request(method, path, json=body, headers={"sec-fetch-site": "same-origin", **headers}))

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()
        self._access.close()
        self._ports.close()


@pytest.fixture
def site(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Site]:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(LOGS)
    found = Site(loaded.store)
    yield found
    found.close()


def test_the_landing_list_has_every_finding_worst_first(site: Site) -> None:
    found = site.json("/findings")["items"]
    page = site.get("/findings")
    places = [page.index(f"/findings/{one['id']}") for one in found]
    assert len(places) == 3
    assert places == sorted(places)
    assert "No baseline yet" in page
    assert site.get("/findings?severity=critical").count("row-link") == 0
    assert site.get("/findings?after=nonsense&colour=red").count("row-link") == 3


def test_a_finding_says_why_and_takes_what_a_person_says(site: Site) -> None:
    one = site.json("/findings")["items"][0]
    page = site.get(f"/findings/{one['id']}")
    for reason in one["reasons"]:
        assert reason["text"][:40] in page.replace("&#39;", "'")
    detail = site.json(f"/findings/{one['id']}")
    for line in (*detail["rule"]["benign"], *detail["rule"]["runbook"]):
        assert line in page.replace("&#39;", "'")
    assert "MATCH (" in page
    assert site.post(f"/findings/{one['id']}/status", status="confirmed", note="it is real").status_code == 303
    again = site.json(f"/findings/{one['id']}")
    assert (again["finding"]["status"], again["note"]) == ("confirmed", "it is real")
    assert "it is real" in site.get(f"/findings/{one['id']}")
    assert site.post(f"/findings/{one['id']}/status", status="no such").status_code == 400
    refused = site.send("POST", f"/findings/{one['id']}/status", {}, **{"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403


def test_exceptions_are_shown_before_they_are_saved(site: Site) -> None:
    one = next(found for found in site.json("/findings")["items"] if found["rule"] == "evasion")
    page = site.get("/exceptions?rule=evasion&title=trail")
    assert "It would cover 1 finding" in page
    assert one["id"] in page
    made = {"rule": "evasion", "title": "trail", "owner": "platform", "why": "a move", "days": "30"}
    assert site.post("/exceptions", **made).status_code == 303
    assert one["id"] not in site.get("/findings")
    assert one["id"] in site.get("/findings?suppressed=1")
    (entry,) = site.json("/allowed")
    assert entry["covers"] == 1
    assert site.post(f"/exceptions/{entry['id']}/end").status_code == 303
    assert one["id"] in site.get("/findings")


def test_the_api_decides_as_the_page_does(site: Site) -> None:
    one = site.json("/findings")["items"][0]
    assert site.send("POST", f"/api/v1/findings/{one['id']}/status", {"status": "benign"}).json()["status"] == "benign"
    assert site.send("POST", f"/api/v1/findings/{one['id']}/status", {"state": "benign"}).status_code == 422
    assert site.send("POST", "/api/v1/findings/unknown/status", {"status": "benign"}).status_code == 404
    body = {"match": {"rule": one["rule"], "account": "111111111111"}, "owner": "a", "reason": "b", "days": 3}
    saved = site.send("POST", "/api/v1/allowed", body).json()
    assert site.send("DELETE", f"/api/v1/allowed/{saved['id']}").status_code == 204
    assert site.send("DELETE", f"/api/v1/allowed/{saved['id']}").status_code == 404
    for query in ("severity=loud", "rule=none", "limit=0", "limit=9999", "account=12", "colour=red", "after=x", "from=soon"):
        assert site.send("GET", f"/api/v1/findings?{query}").status_code == 422, query


def test_rules_and_deliveries_have_pages(site: Site) -> None:
    rules = site.json("/rules")
    page = site.get("/rules")
    assert all(f'id="{rule["id"]}"' in page for rule in rules)
    assert len(re.findall(r"<h2 id=\"rule-", page)) == len(rules) > 30  # type: ignore[arg-type]
    assert "Nothing was sent yet" in site.get("/deliveries")
    assert site.json("/deliveries") == {"destinations": [], "latest": []}


def test_the_plan_of_a_finding_and_of_an_investigation_is_one_click_away(site: Site) -> None:
    one = site.json("/findings")["items"][0]
    address = f"/findings/{one['id']}/containment"
    assert f'href="{address}"' in site.get(f"/findings/{one['id']}")
    page, plan = site.get(address), site.json(address)
    for step in plan["steps"]:
        assert f'<span class="num">{step["number"]}</span>' in page
    assert f'href="/api/v1{address}?format=sh"' in page
    assert '"#contain"' in site.get(f"/sessions/{one['session_id']}")
    case = site.send("POST", "/api/v1/investigations", {"title": "What was left"}).json()["id"]
    address = f"/investigations/{case}/containment"
    assert address not in site.get(f"/investigations/{case}"), "nothing to contain yet"
    site.send("POST", f"/api/v1/investigations/{case}/pins", {"kind": "finding", "target": one["id"]})
    assert f'href="{address}"' in site.get(f"/investigations/{case}")
    assert "Containment of What was left" in site.get(address)
    assert f'href="/api/v1{address}?format=md"' in site.get(address)
