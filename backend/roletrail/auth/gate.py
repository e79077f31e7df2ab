"""The gate every HTTP request passes: host, credential, cross-site rule, security headers. Plain ASGI.

It says who asks (`scope["state"]["actor"]`) and nothing about what they may do: use-cases ask the policy for that.
What a refusal looks like is the skins' matter: `refuse` is handed in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from roletrail.auth.access import Access
from roletrail.auth.actor import SCOPES, Actor
from roletrail.auth.rates import Rates
from roletrail.auth.requests import SAFE_METHODS, SECURITY_HEADERS, host_allowed, is_cross_site
from roletrail.errors import Forbidden, RoletrailError, TooMany, Unauthenticated

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refuse = Callable[[Scope, RoletrailError, int], App]
"""(scope, error, HTTP status) -> the application that answers with the refusal"""

ASSETS = "/assets/"


@dataclass(frozen=True, slots=True)
class GateRules:
    allowed_hosts: frozenset[str]
    any_address: bool  # bound beyond loopback: addresses cannot be listed
    https: bool
    cookie: str
    no_auth: bool = False
    open_paths: tuple[str, ...] = ("/launch", "/login", "/login/callback", "/signed-out")
    open_prefixes: tuple[str, ...] = (ASSETS, "/s/", "/shared/")
    """Served without a credential: ways to sign in, styles for the page that explains them, and shares with a link of their own."""
    strangers_a_minute: int = 300
    """Requests without a good credential from one address, styles apart: guessing is slow."""
    calls_a_minute: int = 30_000
    """Requests with one credential."""
    headers: tuple[tuple[str, str], ...] = field(default=SECURITY_HEADERS)
    proxies: frozenset[str] = frozenset()
    """Addresses that pass requests on for others, and say for whom."""


class Gate:
    def __init__(self, app: App, access: Access, rules: GateRules, refuse: Refuse) -> None:
        self._app = app
        self._access = access
        self._rules = rules
        self._refuse = refuse
        self._strangers = Rates(rules.strangers_a_minute)
        self._calls = Rates(rules.calls_a_minute)
        self._added = [(name.encode(), value.encode()) for name, value in rules.headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no web sockets here
        app = self._app
        try:
            self._admit(scope)
        except RoletrailError as error:
            app = self._refuse(scope, error, _STATUS[type(error)] if scope["state"].get("host_known") else 421)
        await app(scope, receive, self._with_headers(send))

    def _admit(self, scope: Scope) -> None:
        """Set the actor, or raise what is wrong with the request."""
        headers = request_headers(scope)
        state = scope.setdefault("state", {})
        state |= {"actor": None, "no_auth": self._rules.no_auth, "host_known": False}
        if not host_allowed(headers.get("host", ""), self._rules.allowed_hosts, any_address=self._rules.any_address):
            raise Forbidden(
                "This server is not known under that host name.",
                hint="Open it under the URL it printed, or set ROLETRAIL_PUBLIC_URL.",
            )
        state["host_known"] = True
        try:
            state["actor"] = self._actor(scope, headers)
        except Unauthenticated:
            self._slow_down(self._strangers, client_of(scope, self._rules.proxies))
            raise
        if state["actor"] is None:
            self._admit_stranger(scope, headers)
        else:
            self._slow_down(self._calls, f"{state['actor'].kind} {state['actor'].name}")

    def _admit_stranger(self, scope: Scope, headers: Mapping[str, str]) -> None:
        path: str = scope["path"]
        if path.startswith(ASSETS):
            return
        self._slow_down(self._strangers, client_of(scope, self._rules.proxies))
        if not self._is_open(path):
            raise Unauthenticated(
                "This needs a sign-in or a token.",
                hint="Run `roletrail token launch` for a link, or send `Authorization: Bearer rtt_...`.",
            )
        self._same_site(scope, headers)

    def _slow_down(self, rates: Rates, client: str) -> None:
        if not rates.spend(client):
            raise TooMany("Too many requests from here.", hint="Wait a minute.")

    def _is_open(self, path: str) -> bool:
        return path in self._rules.open_paths or path.startswith(self._rules.open_prefixes)

    def _actor(self, scope: Scope, headers: Mapping[str, str]) -> Actor | None:
        authorization = headers.get("authorization")
        if authorization is not None:  # never falls back to the cookie
            scheme, _, token = authorization.partition(" ")
            actor = self._access.token_actor(token.strip()) if scheme.lower() == "bearer" else None
            if actor is None:
                raise Unauthenticated("The token is unknown, revoked or expired.", hint="Send `Authorization: Bearer rtt_...`.")
            return actor
        if self._rules.no_auth:
            self._same_site(scope, headers)
            return Actor("anonymous", "admin", frozenset(SCOPES), "anonymous")
        secret = cookies(headers.get("cookie", "")).get(self._rules.cookie)
        actor = self._access.session_actor(secret) if secret else None
        if actor is not None:
            self._same_site(scope, headers)
        return actor

    def _same_site(self, scope: Scope, headers: Mapping[str, str]) -> None:
        if scope["method"] not in SAFE_METHODS and is_cross_site(headers):
            raise Forbidden("This request came from another site.", hint="Programs use a token instead of a cookie.")

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message.get("headers", [])}
                added = [pair for pair in self._added if pair[0] not in present]
                message = {**message, "headers": [*message.get("headers", []), *added]}
                if b"cache-control" not in present:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        return sending


_STATUS: dict[type[RoletrailError], int] = {Forbidden: 403, Unauthenticated: 401, TooMany: 429}


def client_of(scope: Scope, proxies: frozenset[str]) -> str:
    """Address of whoever asks: the other side of the connection, or, when that is one of ours, the last it passed on that is none.

    What stands before that in X-Forwarded-For was written by whoever asked.
    """
    client = scope.get("client")
    address = client[0] if client else ""
    passed = b",".join(value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for").decode("latin-1")
    for hop in reversed(passed.split(",")):
        if address not in proxies or not hop.strip():
            break
        address = hop.strip()
    return address


def request_headers(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; the first of a repeated one."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found


def cookies(header: str) -> dict[str, str]:
    """Cookies by name; the first of a repeated one."""
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals:
            found.setdefault(name, value)
    return found
