"""Sign-in at a real OpenID provider (oidc-provider on Node, started here): code flow with PKCE, groups, logout, expiry."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support import served as support
from tests.support.served import NO_TLS, Served, serving

PROVIDER = Path(__file__).parents[1] / "oidc_provider"
OURS = {"Sec-Fetch-Site": "same-origin"}


@contextmanager
def provider(port: int, lifetime: int = 3600) -> Iterator[str]:
    """Issuer of a provider that knows a Roletrail on `port`."""
    ours = f"http://127.0.0.1:{port}"
    command = ["node", "server.mjs", f"{ours}/login/callback", f"{ours}/signed-out", str(lifetime)]
    with subprocess.Popen(command, cwd=PROVIDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            issuer = process.stdout.readline().strip()
            assert issuer.startswith("http://"), "run scripts/setup.sh oidc"
            yield issuer
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def issuer(port: int) -> Iterator[str]:
    with provider(port) as found:
        yield found


@pytest.fixture
def with_sign_in(sample_store: str, issuer: str, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with signing_in(sample_store, issuer, port, monkeypatch) as found:
        yield found


@contextmanager
def signing_in(store: str, issuer: str, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name, value in {
        "ISSUER": issuer, "CLIENT_ID": "roletrail", "CLIENT_SECRET": "synthetic-client-secret", "SCOPES": "openid profile",
        "VIEWERS": "roletrail-viewers", "ANALYSTS": "roletrail-analysts, others", "ADMINS": "roletrail-admins",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ROLETRAIL_OIDC_{name}", value)
    listen = support.listen
    monkeypatch.setattr(support, "listen", lambda host, _: listen(host, port))
    with serving(store) as found:
        yield found


def browser(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, verify=NO_TLS, follow_redirects=False, timeout=20)


def to_callback(client: httpx.Client, name: str, place: str = "/login") -> str:
    """As a person at the provider's pages: names themselves, consents; returns the address that leads back."""
    answer = client.get(place)
    for _ in range(12):
        while answer.is_redirect:
            where = str(httpx.URL(str(answer.url)).join(answer.headers["location"]))
            if "/login/callback" in where:
                return where
            answer = client.get(where)
        (form,) = re.findall(r'<form[^>]*action="([^"]+)"', answer.text)
        prompt = re.findall(r'name="prompt" value="([^"]+)"', answer.text)[0]
        fields = {"prompt": prompt, "login": name, "password": "x"}
        answer = client.post(str(httpx.URL(str(answer.url)).join(form)), data=fields)
    raise AssertionError(answer.text)


@pytest.mark.parametrize(("name", "role"), [("alice", "analyst"), ("viewer", "viewer"), ("admin", "admin")])
def test_groups_decide_what_somebody_may_do(with_sign_in: Served, name: str, role: str) -> None:
    with browser(with_sign_in) as client:
        refused = client.get("/chains")
        assert refused.status_code == 401
        assert 'href="/login?next=%2Fchains"' in refused.text
        begun = client.get("/login", params={"next": "/chains"})
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["response_type"] == ["code"]
        assert {"state", "nonce", "code_challenge"} <= set(asked)
        back = client.get(to_callback(client, name, "/login?next=/chains"))
        assert (back.status_code, back.headers["location"]) == (303, "/chains")
        assert client.get("/chains").status_code == 200
        made = client.post("/api/v1/investigations", json={"title": name}, headers=OURS)
        assert made.status_code == (403 if role == "viewer" else 201)
        assert client.get("/settings/tokens").status_code == (200 if role == "admin" else 403)
    (row,) = with_sign_in.access.app.read().execute("SELECT role, way FROM sign_in_session WHERE name = ?", (name,)).fetchall()
    assert row == (role, "identity provider")


def test_somebody_in_no_group_stays_out(with_sign_in: Served) -> None:
    with browser(with_sign_in) as client:
        back = client.get(to_callback(client, "stranger"))
        assert back.status_code == 403
        assert "set-cookie" not in back.headers
        assert client.get("/chains").status_code == 401


def test_signing_out_ends_it_here_and_there(with_sign_in: Served) -> None:
    with browser(with_sign_in) as client:
        client.get(to_callback(client, "alice"))
        session = client.cookies[f"roletrail_{with_sign_in.port}"]
        assert client.get("/chains").status_code == 200
        assert client.post("/logout").status_code == 403  # without an origin it may be forged
        assert client.post("/logout", headers=OURS).headers["location"] == "/signed-out"
        assert client.get("/chains", headers={"Cookie": f"roletrail_{with_sign_in.port}={session}"}).status_code == 401
        (elsewhere,) = re.findall(r'href="(http[^"]+)"', client.get("/signed-out").text)
        there = client.get(elsewhere.replace("&amp;", "&"))
        assert there.status_code == 200
        assert "post_logout_redirect_uri" in elsewhere


def test_a_callback_is_used_once_by_the_browser_that_began(with_sign_in: Served) -> None:
    with browser(with_sign_in) as client, browser(with_sign_in) as thief:
        back = to_callback(client, "alice")
        assert thief.get(back).status_code == 401
        assert client.get(back).status_code == 303
        assert client.get(back).status_code == 401
        for query in ("", "?code=x&state=y", "?error=access_denied&state=z"):
            assert thief.get(f"/login/callback{query}").status_code == 401


def test_a_sign_in_that_took_too_long_and_a_session_past_its_end(with_sign_in: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with browser(with_sign_in) as client:
        late = to_callback(client, "alice")
        with monkeypatch.context() as clock:
            clock.setattr(with_sign_in.access.app, "clock", lambda: time.time() + 601)
            assert client.get(late).status_code == 401
        client.get(to_callback(client, "alice"))
        begun = time.time()
        for hours in (6, 11.5):
            monkeypatch.setattr(with_sign_in.access.app, "clock", lambda hours=hours: begun + hours * 3600)
            assert client.get("/chains").status_code == 200
        monkeypatch.setattr(with_sign_in.access.app, "clock", lambda: begun + 12.1 * 3600)
        assert client.get("/chains").status_code == 401


def test_an_expired_token_of_the_provider_opens_nothing(sample_store: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        provider(port, lifetime=1) as issuer,
        signing_in(sample_store, issuer, port, monkeypatch) as served,
        browser(served) as client,
    ):
        back = to_callback(client, "alice")
        monkeypatch.setattr(
            served.access.app, "clock", lambda: time.time() + 40
        )  # past expiry and leeway, within the sign-in's time
        assert client.get(back).status_code == 401
        assert client.get("/chains").status_code == 401


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "chains"])
def test_signing_in_leads_nowhere_else(with_sign_in: Served, place: str) -> None:
    with browser(with_sign_in) as client:
        back = client.get(to_callback(client, "viewer", f"/login?next={place}"))
        assert back.headers["location"] == "/"
