"""Judging a request by its headers."""

from __future__ import annotations

import pytest

from roletrail.auth.binding import check_binding, check_public_url, rules_for, url_of
from roletrail.auth.gate import cookies
from roletrail.auth.launch import cookie_name, session_cookie
from roletrail.auth.requests import host_allowed, is_cross_site, is_loopback, is_navigation
from roletrail.errors import InvalidRequest

NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]", "app.localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "localhost.example.com", "2001:db8::1", "", "::"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("header", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765", "trail.example.com"])
def test_our_own_names_are_served(header: str) -> None:
    assert host_allowed(
        header, rules_for("127.0.0.1", 8765, "https://trail.example.com", no_auth=False).allowed_hosts, any_address=False
    )


@pytest.mark.parametrize("header", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "192.0.2.1", "localhost@evil.example"])
def test_other_names_are_not(header: str) -> None:
    assert not host_allowed(header, rules_for("127.0.0.1", 8765, "", no_auth=False).allowed_hosts, any_address=False)


def test_addresses_are_let_in_when_bound_beyond_loopback() -> None:
    rules = rules_for("0.0.0.0", 8765, "http://127.0.0.1:8765", no_auth=False)
    assert host_allowed("192.0.2.9:8765", rules.allowed_hosts, any_address=rules.any_address)
    assert not host_allowed("evil.example:8765", rules.allowed_hosts, any_address=rules.any_address)


@pytest.mark.parametrize(
    ("headers", "cross"),
    [
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "http://127.0.0.1:8765", "host": "127.0.0.1:8765"}, False),
        ({"origin": "http://127.0.0.1:9999", "host": "127.0.0.1:8765"}, True),
        ({"origin": "null", "host": "127.0.0.1:8765"}, True),
        ({"host": "127.0.0.1:8765"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8765", "host": "127.0.0.1:8765"}, True),
    ],
)
def test_cross_site(headers: dict[str, str], cross: bool) -> None:
    assert is_cross_site(headers) is cross


def test_a_person_opening_a_link_is_a_navigation() -> None:
    assert is_navigation("GET", NAVIGATION)
    assert is_navigation("GET", {"upgrade-insecure-requests": "1"})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", NAVIGATION),
        ("GET", NAVIGATION | {"sec-purpose": "prefetch;prerender"}),
        ("GET", NAVIGATION | {"purpose": "prefetch"}),
        ("GET", NAVIGATION | {"x-moz": "prefetch"}),
        ("GET", {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}),
        ("GET", {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}),
        ("GET", {"user-agent": "Slackbot-LinkExpanding 1.0"}),
        ("GET", {}),
    ],
)
def test_previews_scripts_and_prefetch_are_not(method: str, headers: dict[str, str]) -> None:
    assert not is_navigation(method, headers)


def test_listening_beyond_this_machine_needs_a_word() -> None:
    check_binding("127.0.0.1", "", no_auth=False)
    check_binding("0.0.0.0", "http://127.0.0.1:8765", no_auth=False)
    check_binding("0.0.0.0", "", no_auth=True)
    for public_url in ("", "https://trail.example.com"):
        with pytest.raises(InvalidRequest, match="Refusing to listen"):
            check_binding("0.0.0.0", public_url, no_auth=False)


@pytest.mark.parametrize("url", ["trail.example.com", "ftp://a", "https://a/path", "https://", "https://a?x=1"])
def test_a_public_url_is_an_origin(url: str) -> None:
    with pytest.raises(InvalidRequest):
        check_public_url(url)


def test_cookies_are_private_and_told_apart_by_port() -> None:
    assert session_cookie(cookie_name(8765, https=False), "s", https=False).startswith(
        "roletrail_8765=s; Path=/; HttpOnly; SameSite=Lax"
    )
    secure = session_cookie(cookie_name(443, https=True), "s", https=True)
    assert secure.startswith("__Host-roletrail=s; Path=/;")
    assert secure.endswith("; Secure")


def test_the_first_of_two_equal_cookies_counts() -> None:
    assert cookies("a=1; b=x=y; a=2; broken") == {"a": "1", "b": "x=y"}


def test_urls_people_open() -> None:
    assert url_of("::1", 1, "") == "http://[::1]:1"
    assert url_of("0.0.0.0", 1, "https://trail.example.com/") == "https://trail.example.com"
