"""Signing in at an OpenID provider: code flow with PKCE, state bound to the browser, nonce checked, groups to a role.

Authlib speaks the protocol, joserfc checks signatures. Imported only where sign-in is set up: both are an extra.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from roletrail.appdb import AppDatabase
from roletrail.auth.access import START_SECONDS
from roletrail.auth.actor import Role
from roletrail.auth.requests import is_loopback
from roletrail.auth.secrets import keyed_hash, new_secret
from roletrail.errors import Forbidden, InvalidRequest, StoreUnavailable, Unauthenticated

TIMEOUT_SECONDS = 10.0
LEEWAY_SECONDS = 30
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones alone: a token signed with a shared secret proves too little, one signed with none proves nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OidcRules:
    """What an administrator set. `groups` of each role; who is in none of them does not come in."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    signed_out_uri: str
    scopes: str
    groups_claim: str
    groups: Mapping[Role, frozenset[str]]


class Begun(NamedTuple):
    url: str
    browser: str  # secret of a cookie: only this browser may finish


class SignedIn(NamedTuple):
    name: str
    role: Role
    place: str


def check_issuer(issuer: str) -> None:
    parts = urlsplit(issuer)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
        return
    raise InvalidRequest(
        "The setting ROLETRAIL_OIDC_ISSUER has to be an https:// URL.", hint="Without TLS anybody on the way signs in."
    )


class Oidc:
    def __init__(self, rules: OidcRules, app: AppDatabase) -> None:
        check_issuer(rules.issuer)
        self.rules = rules
        self._app = app
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}

    def begin(self, place: str) -> Begun:
        """Where to send a browser, and the secret that ties the sign-in to it."""
        metadata = self._discovered()
        verifier, nonce, browser = secrets.token_urlsafe(48), new_secret(), new_secret()
        with closing(self._client()) as client:
            url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
        now = self._app.now()
        row = (
            self._hash("sign-in", state),
            self._hash("browser", browser),
            nonce,
            verifier,
            safe_place(place),
            now + START_SECONDS,
        )
        with self._app.write() as db:
            db.execute("DELETE FROM sign_in_start WHERE expires_at <= ?", (now,))
            db.execute("INSERT INTO sign_in_start VALUES (?, ?, ?, ?, ?, ?)", row)
        return Begun(url, browser)

    def finish(self, query: Mapping[str, str], browser: str) -> SignedIn:
        """Who came back. Raises Unauthenticated when anything does not fit, Forbidden for somebody in no group."""
        nonce, verifier, place = self._burned(query.get("state", ""), browser)
        if "error" in query or not query.get("code"):
            raise Unauthenticated("The identity provider did not sign you in.", hint="Try again.")
        claims = self._claims(query["code"], verifier, nonce)
        role = self._role(claims)
        if role is None:
            raise Forbidden("Nobody let your groups into Roletrail.", hint="Ask an administrator to name one of your groups.")
        return SignedIn(_name(claims), role, place)

    def sign_out_url(self) -> str:
        """The provider's page that ends its own session; "" when it has none."""
        try:
            endpoint = self._discovered().get("end_session_endpoint", "")
        except StoreUnavailable:  # signing out works without it
            return ""
        query = urlencode({"client_id": self.rules.client_id, "post_logout_redirect_uri": self.rules.signed_out_uri})
        return f"{endpoint}?{query}" if endpoint else ""

    def _burned(self, state: str, browser: str) -> tuple[str, str, str]:
        with self._app.write() as db:
            query = "DELETE FROM sign_in_start WHERE hash = ? AND browser = ? AND expires_at > ? RETURNING nonce, verifier, place"
            row = db.execute(query, (self._hash("sign-in", state), self._hash("browser", browser), self._app.now())).fetchone()
        if row is None:
            raise Unauthenticated("This sign-in was not begun in this browser, or took too long.", hint="Begin again.")
        return row

    def _claims(self, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """Claims of the ID token, checked: signature, issuer, audience, expiry and nonce."""
        metadata = self._discovered()
        try:
            with closing(self._client()) as client:
                token = client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=verifier, grant_type="authorization_code"
                )
            keys = KeySet.import_key_set(self._get(metadata["jwks_uri"]))
            decoded = jwt.decode(token["id_token"], keys, algorithms=list(ALGORITHMS))
            registry = jwt.JWTClaimsRegistry(
                now=self._app.now(),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": metadata["issuer"]},
                aud={"essential": True, "value": self.rules.client_id},
                exp={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(decoded.claims)
        except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
            log.warning("sign-in refused: %s", type(error).__name__)
            raise Unauthenticated(
                "The identity provider's answer does not hold.", hint="Try again; the server's log names the kind."
            ) from None
        return decoded.claims

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        """The highest role one of the groups has."""
        found = claims.get(self.rules.groups_claim, [])
        mine = set(found) if isinstance(found, list) else {found}
        roles: Sequence[Role] = ("admin", "analyst", "viewer")
        return next((role for role in roles if mine & self.rules.groups.get(role, frozenset())), None)

    def _client(self) -> Any:  # Authlib's class has no types
        rules = self.rules
        return OAuth2Client(
            rules.client_id,
            rules.client_secret,
            scope=rules.scopes,
            redirect_uri=rules.redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )

    def _discovered(self) -> dict[str, Any]:
        with self._lock:
            if not self._metadata:
                found = self._get(self.rules.issuer.rstrip("/") + "/.well-known/openid-configuration")
                if found.get("issuer") != self.rules.issuer:
                    raise StoreUnavailable(
                        "The identity provider says it is another issuer.", hint="Check ROLETRAIL_OIDC_ISSUER."
                    )
                self._metadata = found
            return self._metadata

    def _get(self, url: str) -> Any:
        try:
            answer = httpx.get(url, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise StoreUnavailable(f"The identity provider cannot be asked: {type(error).__name__}.", hint="Try again.") from None

    def _hash(self, purpose: str, secret: str) -> bytes:
        return keyed_hash(self._app.key, purpose, secret)


def safe_place(place: str) -> str:
    """Where to go after signing in: a path of ours, never another host's address."""
    parts = urlsplit(place)
    ours = place.startswith("/") and not place.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return place[:2000] if ours and place.isprintable() else "/"


def _name(claims: Mapping[str, Any]) -> str:
    """What people see: a name the provider gave, else the subject."""
    found = next((claims[name] for name in ("preferred_username", "email", "name") if isinstance(claims.get(name), str)), "")
    return str(found or claims["sub"])[:100]
