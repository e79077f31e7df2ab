"""Whose address a rate limit counts: nobody chooses his own, and strangers behind a proxy are told apart."""

from __future__ import annotations

import pytest

from roletrail.auth.gate import client_of

PROXY, INNER = "192.0.2.1", "192.0.2.2"


@pytest.mark.parametrize(
    ("side", "passed", "counted"),
    [
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),  # no proxy of ours: what it says is its own invention
        (PROXY, ["198.51.100.7"], "198.51.100.7"),
        (PROXY, ["10.0.0.1, 198.51.100.7"], "198.51.100.7"),  # the first was there when it came
        (PROXY, ["10.0.0.1", "198.51.100.7"], "198.51.100.7"),
        (PROXY, [f"198.51.100.7, {INNER}"], "198.51.100.7"),
        (PROXY, [f"198.51.100.7, {INNER}, 203.0.113.5"], "203.0.113.5"),
        (PROXY, ["2001:db8::7"], "2001:db8::7"),
        (PROXY, [], PROXY),
        (PROXY, ["198.51.100.7,"], PROXY),
        ("", ["198.51.100.7"], ""),
    ],
)
def test_the_address_that_counts(side: str, passed: list[str], counted: str) -> None:
    headers = [(b"host", b"x"), *((b"X-Forwarded-For", one.encode()) for one in passed)]
    scope = {"client": (side, 1) if side else None, "headers": headers}
    assert client_of(scope, frozenset({PROXY, INNER})) == counted
