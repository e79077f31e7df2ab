"""Judgements about one HTTP request from its headers alone: host, cross-site, prefetch. Pure; knows no server."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

SECURITY_HEADERS: tuple[tuple[str, str], ...] = (
    (
        "content-security-policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)


def is_loopback(host: str) -> bool:
    """Whether a host name or address reaches only this machine."""
    host = host.strip("[]").lower()
    if host in LOOPBACK_NAMES or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(header: str) -> str:
    """Host without port of a Host header; "" when it is malformed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def host_allowed(header: str, allowed: Collection[str], *, any_address: bool) -> bool:
    """DNS rebinding reaches us under a name of the attacker's: only our names are served.

    `any_address` also lets IP addresses in (a server bound beyond loopback cannot know them all; rebinding needs a name).
    """
    host = host_name(header)
    if host in allowed:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return any_address


def is_cross_site(headers: Mapping[str, str]) -> bool:
    """Whether an unsafe request with a cookie may come from another site's page: Sec-Fetch-Site, then Origin.

    A browser always sends one of the two; a request with neither is refused, because programs have tokens.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = headers.get("origin")
    if origin is None or origin == "null":
        return True
    return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def is_navigation(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person opens this address in a browser: no HEAD, no prefetch, no script, no chat's link preview."""
    purpose = (
        headers.get("sec-purpose", "") + headers.get("purpose", "") + headers.get("x-moz", "") + headers.get("x-purpose", "")
    )
    if method != "GET" or "pre" in purpose.lower():  # prefetch, prerender, preview
        return False
    mode = headers.get("sec-fetch-mode")
    if mode is None:  # browsers leave Sec-Fetch-* out on plain http beyond loopback, but always ask for this
        return headers.get("upgrade-insecure-requests") == "1"
    return mode == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
