"""Who gets in: every route without a credential, with a wrong one, with a good one; launch links; cross-site (ADR 0007)."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from roletrail.api.docs import router as api_router
from roletrail.auth.requests import SECURITY_HEADERS
from roletrail.web import pages, static
from tests.support.served import NAVIGATION, Served, serving

OPEN = ("/launch", "/assets/")


def routes() -> list[tuple[str, str]]:
    """(method, path) of everything the application serves."""
    found = set()
    for router in (api_router, pages.router, static.router):
        for route in router.routes:
            for method in getattr(route, "methods", ()) or ():
                found.add((method, getattr(route, "path", "")))
    return sorted(found)


def filled(path: str, alarm: dict[str, Any]) -> str:
    event = alarm["path"][-1]["edge"]["evidence_refs"][0]
    ids = {"event_id": event, "reference": event, "id": alarm["session_id"], "id_": alarm["session_id"]}
    return re.sub(r"{(\w+)(?::\w+)?}", lambda match: ids.get(match[1], "x"), path)


GUARDED = [route for route in routes() if not route[1].startswith(OPEN)]


def test_the_walk_sees_the_routes() -> None:
    paths = {path for _, path in GUARDED}
    assert {"/", "/chains", "/api/v1/chains", "/api/v1/docs", "/api/v1/openapi.json", "/trace"} <= paths
    assert len(GUARDED) > 15


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nothing_is_served_without_a_credential(served: Served, alarm: dict[str, Any], method: str, path: str) -> None:
    wrong = "rtt_" + "0" * 49
    for headers in ({}, {"Authorization": f"Bearer {wrong}"}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer"},
                    {"Cookie": f"roletrail_{served.port}=guessed"}):  # fmt: skip
        with served.client() as client:
            answer = client.request(method, filled(path, alarm), headers=headers)
        assert answer.status_code == 401, (method, path, headers)
        if path.startswith("/api/"):
            assert answer.headers["www-authenticate"] == "Bearer"
            if method != "HEAD":
                assert answer.json()["code"] == "unauthenticated"
        elif method != "HEAD":
            assert "roletrail token launch" in answer.text
        assert alarm["session_id"] not in answer.text


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_token_with_another_scope_reads_nothing(served: Served, alarm: dict[str, Any], method: str, path: str) -> None:
    with served.client(served.token("ingest", role="admin")) as client:
        answer = client.request(method, filled(path, alarm))
    assert answer.status_code != 500
    assert alarm["path"][-1]["label"] not in answer.text
    needs_nothing = ("/api/v1/docs", "/api/v1/docs.css", "/api/v1/openapi.json", "/trace", "/trace/{id_}")
    if path not in needs_nothing and method == "GET":
        assert answer.status_code == 403, (path, answer.text[:300])


@pytest.mark.parametrize(("method", "path"), [route for route in GUARDED if route[0] == "GET"])
def test_a_good_credential_is_served(served: Served, alarm: dict[str, Any], method: str, path: str) -> None:
    place = filled(path, alarm)
    for somebody in (served.reader(), served.browser()):
        with somebody as client:
            answer = client.request(method, place, follow_redirects=True)
        expected = {200}
        if "/entities/" in path:
            expected = {404}  # a session's id is no entity's
        if path == "/api/v1/trace":
            expected = {422}  # without a thing to trace
        assert answer.status_code in expected, (place, answer.text[:300])


def test_an_expired_token_is_refused(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.reader() as client:
        assert client.get("/api/v1/health").status_code == 200
        monkeypatch.setattr(served.access.app, "clock", lambda: time.time() + 3600)
        assert client.get("/api/v1/health").status_code == 401


def test_a_token_in_the_url_opens_nothing(served: Served) -> None:
    with served.client() as client:
        assert client.get("/api/v1/health", params={"token": served.token()}).status_code == 401


def test_a_wrong_token_never_falls_back_to_the_cookie(served: Served) -> None:
    with served.browser() as client:
        assert client.get("/api/v1/health").status_code == 200
        assert client.get("/api/v1/health", headers={"Authorization": "Bearer x"}).status_code == 401


# --- launch links -------------------------------------------------------------------------------------------------


def test_the_life_of_a_launch_link(served: Served) -> None:
    secret = served.access.new_launch()
    place = {"t": secret}
    with served.client() as client:
        for method, headers in (
            ("HEAD", NAVIGATION),
            ("GET", NAVIGATION | {"Sec-Purpose": "prefetch"}),
            ("GET", NAVIGATION | {"Purpose": "prefetch"}),
            ("GET", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}),
            ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}),
        ):
            early = client.request(method, "/launch", params=place, headers=headers)
            assert early.status_code == 200
            assert "set-cookie" not in early.headers
        opened = client.get("/launch", params=place, headers=NAVIGATION)
        assert opened.status_code == 303
        assert opened.headers["location"] == "/"
        cookie = opened.headers["set-cookie"]
        assert cookie.startswith(f"roletrail_{served.port}=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert secret not in cookie
        assert client.get("/chains").status_code == 200
    with served.client() as other:
        again = other.get("/launch", params=place, headers=NAVIGATION)
        assert again.status_code == 403
        assert "set-cookie" not in again.headers
        assert "roletrail token launch" in again.text


@pytest.mark.parametrize("query", ["", "?t=", "?t=guess", "?x=1", "?t=a&t=b"])
def test_a_guessed_launch_link_opens_nothing(served: Served, query: str) -> None:
    with served.client() as client:
        answer = client.get("/launch" + query, headers=NAVIGATION)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


# --- the browser's side -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_unsafe_requests_with_a_cookie_must_be_ours(served: Served, headers: dict[str, str], status: int) -> None:
    with served.browser() as client:
        assert client.post("/api/v1/trace", json={"thing": "alice"}, headers=headers).status_code == status


def test_our_own_origin_is_ours(served: Served) -> None:
    with served.browser() as client:
        assert client.post("/api/v1/trace", json={"thing": "alice"}, headers={"Origin": served.url}).status_code == 200


def test_programs_need_no_origin(served: Served) -> None:
    with served.reader() as client:
        assert client.post("/api/v1/trace", json={"thing": "alice"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "x", ""])
def test_other_host_names_are_misdirected(served: Served, host: str) -> None:
    with served.reader() as client:
        for path in ("/api/v1/health", "/chains", "/launch", "/assets/x/y.css"):
            assert client.get(path, headers={"Host": host}).status_code == 421


def test_security_headers_are_on_every_answer(served: Served) -> None:
    answers: list[httpx.Response] = []
    with served.client() as stranger, served.browser() as browser:
        for client in (stranger, browser):
            answers += [
                client.get(path)
                for path in ("/", "/chains", "/nothing", "/api/v1/health", "/api/v1/nothing", "/launch", "/api/v1/docs")
            ]
            answers.append(client.get("/chains", headers={"Host": "evil.example"}))
    for answer in answers:
        for name, value in SECURITY_HEADERS:
            assert answer.headers.get(name) == value, (answer.url, name)
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_without_authentication_every_page_says_so(sample_store: str) -> None:
    with serving(sample_store, no_auth=True) as found, found.client() as client:
        page = client.get("/chains")
        assert page.status_code == 200
        assert re.search(r"without authentication|no authentication", page.text, re.IGNORECASE)
        assert (
            client.post("/api/v1/trace", json={"thing": "alice"}, headers={"Origin": "https://evil.example"}).status_code == 403
        )


def test_web_sockets_are_not_served(served: Served) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x" * 24, "Sec-WebSocket-Version": "13"}
    with served.client() as client:
        assert client.get("/chains", headers=upgrade).status_code in {400, 401, 404, 426}
