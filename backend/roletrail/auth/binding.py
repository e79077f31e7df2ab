"""Where a server may listen and under which names it answers. Pure; knows no server."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from roletrail.auth.gate import GateRules
from roletrail.auth.launch import cookie_name
from roletrail.auth.requests import LOOPBACK_NAMES, host_name, is_loopback
from roletrail.errors import InvalidRequest


def check_binding(host: str, public_url: str, *, no_auth: bool) -> None:
    """Refuse to listen beyond this machine without authentication.

    Launch links count as authentication when people open a loopback URL: that is a container, which has to listen on
    0.0.0.0 and whose port is published on this machine alone.
    """
    if is_loopback(host) or no_auth:
        return
    public_host = urlsplit(public_url).hostname if public_url else None
    if public_host and is_loopback(public_host):
        return
    raise InvalidRequest(
        f"Refusing to listen on {host}: other machines could reach it, and only launch links guard it.",
        hint="Use 127.0.0.1, set ROLETRAIL_PUBLIC_URL to a loopback URL (container), or spell out --insecure-no-auth.",
    )


def check_public_url(public_url: str) -> None:
    if not public_url:
        return
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise InvalidRequest(
            "The setting ROLETRAIL_PUBLIC_URL has to be http:// or https:// with a host and nothing behind it.",
            hint="Example: https://roletrail.example.com",
        )


def url_of(host: str, port: int, public_url: str) -> str:
    """URL people open, without a slash at its end."""
    if public_url:
        return public_url.rstrip("/")
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def rules_for(host: str, port: int, public_url: str, *, no_auth: bool) -> GateRules:
    https = public_url.startswith("https://")
    names = {*LOOPBACK_NAMES, host_name(urlsplit(public_url).netloc) if public_url else ""}
    if not _is_wildcard(host):
        names.add(host.lower())
    return GateRules(
        allowed_hosts=frozenset(names - {""}),
        any_address=not is_loopback(host),
        https=https,
        cookie=cookie_name(urlsplit(public_url).port or port if public_url else port, https=https),
        no_auth=no_auth,
    )


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""
