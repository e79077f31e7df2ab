"""Refusals: RFC 9457 problem+json with code, detail and hint, and nothing about our insides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from roletrail.errors import RoletrailError, StoreUnavailable
from roletrail.usecases.ports import Ports
from tests.support.served import Served, serving

CASES = [
    ("GET", "/api/v1/nothing", 404, "not_found"),
    ("GET", "/api/v1/sessions/abcdefghijklmnopqrst", 404, "not_found"),
    ("GET", "/api/v1/sessions/x/events", 404, "not_found"),
    ("GET", "/api/v1/sessions/x/impact", 404, "not_found"),
    ("GET", "/api/v1/sessions/x/impact?limit=1", 422, "invalid_request"),
    ("GET", "/api/v1/coverage?colour=red", 422, "invalid_request"),
    ("GET", "/api/v1/coverage?account=12", 422, "invalid_request"),
    ("GET", "/api/v1/coverage?from=soon", 422, "invalid_request"),
    ("GET", "/api/v1/entities/x", 404, "not_found"),
    ("GET", "/api/v1/events/20260101.x", 404, "not_found"),
    ("GET", "/api/v1/events/x", 404, "not_found"),
    ("DELETE", "/api/v1/chains", 405, "method_not_allowed"),
    ("GET", "/api/v1/chains?colour=red", 422, "invalid_request"),
    ("GET", "/api/v1/chains?min_sessions=x", 422, "invalid_request"),
    ("GET", "/api/v1/chains?limit=1&limit=2", 422, "invalid_request"),
    ("GET", "/api/v1/chains?full=maybe", 422, "invalid_request"),
    ("GET", "/api/v1/chains?after=%00", 422, "invalid_request"),
    ("GET", "/api/v1/health?x=1", 422, "invalid_request"),
    ("GET", "/api/v1/objects?after=x", 422, "invalid_request"),
    ("GET", "/api/v1/trace", 422, "invalid_request"),
    ("GET", "/api/v1/trace?thing=", 422, "invalid_request"),
    ("POST", "/api/v1/trace", 422, "invalid_request"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), CASES)
def test_problems(reader: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    answer = reader.request(method, path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "code", "detail", "hint"}
    assert body["detail"]
    assert answer.headers.get("allow", "") == ("GET" if status == 405 else ""), "RFC 9110, 15.5.6"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b'{"thing": 7}', b'{"thing": "x", "more": 1}', b"\xff", b"[" * 50_000, b'{"thing":"\\ud800"}'],
)
def test_bodies_that_are_no_trace(reader: httpx.Client, body: bytes) -> None:
    answer = reader.post("/api/v1/trace", content=body)
    assert answer.status_code in {200, 422}
    assert answer.headers["content-type"] in {"application/json", "application/problem+json"}


def test_a_huge_body_is_refused(reader: httpx.Client) -> None:
    assert reader.post("/api/v1/trace", content=b"x" * 2_000_000).status_code == 422


HOSTILE = [
    "' OR 1=1 --",
    '"; DROP TABLE node; --',
    "%' UNION SELECT 1",
    "../../../etc/passwd",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "\x00\x01",
    "a" * 4000,
    "\u202e\u2066x",
    "NEAR(a b)",
    '"abc" AND',
    "*abc*",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_texts(reader: httpx.Client, text: str) -> None:
    for path, parameters in (
        ("/api/v1/chains", {"q": text}),
        ("/api/v1/chains", {"after": text}),
        ("/api/v1/trace", {"thing": text}),
    ):
        answer = reader.get(path, params=parameters)
        assert answer.status_code in {200, 422}, answer.text
    for path in ("/api/v1/sessions/", "/api/v1/entities/", "/api/v1/events/"):
        assert reader.get(path + quote(text, safe="")).status_code in {404, 422}
    assert reader.post("/api/v1/trace", json={"thing": text}).status_code in {200, 422}


class Broken:
    """A graph whose every answer fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> Any:
            raise self._error

        return fail


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreUnavailable("The store /secret/place.sqlite is gone."), 503, "store_unavailable"),
        (RoletrailError("It broke at /secret/place."), 500, "error"),
        (ValueError("/secret/place"), 500, "internal"),
    ],
)
def test_failures_of_ours_say_nothing_of_our_insides(
    sample_store: str, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    import tests.support.served as support

    real = support.open_ports

    def broken(*args: Any, **kwargs: Any) -> Ports:
        ports = real(*args, **kwargs)
        ports.close()
        graph: Any = Broken(error)
        graph.close = lambda: None
        return replace(ports, graph=graph)

    monkeypatch.setattr(support, "open_ports", broken)
    with serving(sample_store) as found, found.reader() as client:
        answer = client.get("/api/v1/health")
        with found.browser() as browser:
            page = browser.get("/chains")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert page.status_code == status
    for text in (answer.text, page.text):
        assert "secret" not in text
        assert "Traceback" not in text


def test_a_server_error_has_the_security_headers_too(served: Served) -> None:
    with served.reader() as client:
        for path in ("/api/v1/nothing", "/api/v1/chains?x=1"):
            assert "content-security-policy" in client.get(path).headers
