"""Who gets in: every route without a credential, with a wrong one, with a good one; launch links; cross-site (ADR 0007)."""

from __future__ import annotations

import re
import time

import httpx
import pytest

from roletrail.auth.requests import SECURITY_HEADERS
from tests.support.served import NAVIGATION, Served, serving


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


# --- too many (one a minute, so that no test is as slow as a second chance) ----------------------------------------


def test_guessing_is_slowed_down_and_told_when_to_come_back(sample_store: str) -> None:
    """A good credential from the same address goes on."""
    bad = {"Authorization": "Bearer rtt_" + "0" * 49}
    with serving(sample_store, strangers_a_minute=1) as found, found.client() as stranger, found.reader() as reader:
        assert stranger.get("/api/v1/health", headers=bad).status_code == 401
        for headers in ({}, bad):
            refused = stranger.get("/api/v1/health", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
            assert refused.headers["retry-after"] == "60"
        for place in ("/shared/guess", "/s/rts_guess", "/launch", "/login", "/chains"):
            page = stranger.get(place, headers=NAVIGATION)
            assert (page.status_code, page.headers["retry-after"]) == (429, "60"), place
        assert reader.get("/api/v1/health").status_code == 200


def test_a_busy_program_slows_nobody_else_down(sample_store: str) -> None:
    with serving(sample_store, calls_a_minute=1) as found, found.reader() as busy, found.browser() as other:
        assert busy.get("/api/v1/health").status_code == 200
        refused = busy.get("/api/v1/health")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert other.get("/api/v1/health").status_code == 200


def test_strangers_behind_a_proxy_are_slowed_down_each_alone(sample_store: str) -> None:
    with serving(sample_store, strangers_a_minute=1, proxies=frozenset({"127.0.0.1"})) as found, found.client() as proxy:
        asked = ["198.51.100.1", "198.51.100.1", "198.51.100.1, 198.51.100.2", "198.51.100.3, 198.51.100.1"]
        answers = [proxy.get("/api/v1/health", headers={"X-Forwarded-For": one}).status_code for one in asked]
    assert answers == [401, 429, 401, 429]
