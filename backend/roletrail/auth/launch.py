"""The launch link: a GET that turns a one-use secret into a session cookie and goes on to a clean URL. Plain ASGI.

Only a person's navigation burns the link; HEAD, prefetch, scripts and link previews get a page that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from roletrail.auth.access import Access
from roletrail.auth.requests import is_navigation

PATH = "/launch"
COOKIE_SECONDS = 30 * 86_400
"""How long a browser keeps the cookie; whether it still opens anything is decided here, by its last use."""


@dataclass(frozen=True, slots=True)
class LaunchAnswer:
    """`cookie` is a Set-Cookie value, or "" when nobody was signed in; then `detail` says why and `status` is not 303."""

    status: int
    cookie: str
    detail: str
    hint: str


def answer(access: Access, method: str, headers: dict[str, str], query: str, *, cookie: str, https: bool) -> LaunchAnswer:
    if not is_navigation(method, headers):
        return LaunchAnswer(
            200, "", "This is a one-use launch link.", "Open it in a browser; it was not used up by this request."
        )
    secret = parse_qs(query).get("t", [""])[0]
    session = access.redeem_launch(secret) if secret else ""
    if not session:
        return LaunchAnswer(
            403,
            "",
            "This launch link was used already, or is older than ten minutes.",
            "Run `roletrail token launch` to make another.",
        )
    return LaunchAnswer(303, session_cookie(cookie, session, https=https), "", "")


def session_cookie(name: str, secret: str, *, https: bool) -> str:
    """HttpOnly, SameSite=Lax so that permalinks open from a chat, Secure when the page is https."""
    return f"{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}" + ("; Secure" if https else "")


def cookie_name(port: int, *, https: bool) -> str:
    """`__Host-` where browsers allow it. Cookies are shared by all ports of a host, so plain ones carry the port."""
    return "__Host-roletrail" if https else f"roletrail_{port}"
