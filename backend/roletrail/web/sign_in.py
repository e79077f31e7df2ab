"""Signing in at the identity provider and signing out. Knows the provider only through what the application was handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.auth.access import SESSION_SECONDS, START_SECONDS
from roletrail.auth.launch import session_cookie
from roletrail.errors import NotFound
from roletrail.web.site import site_of

if TYPE_CHECKING:  # an extra: not everybody has installed what it stands on
    from roletrail.auth.oidc import Oidc

router = APIRouter(include_in_schema=False)

BROWSER = "roletrail_sign_in"


@router.get("/login")
def begin(request: Request) -> Response:
    """`next` is where to go afterwards."""
    begun = _oidc(request).begin(request.query_params.get("next", "/"))
    secure = "; Secure" if request.app.state.rules.https else ""
    cookie = f"{BROWSER}={begun.browser}; Path=/login; HttpOnly; SameSite=Lax; Max-Age={START_SECONDS}{secure}"
    return RedirectResponse(begun.url, 303, {"set-cookie": cookie})


@router.get("/login/callback")
def finish(request: Request) -> Response:
    found = _oidc(request).finish(dict(request.query_params), request.cookies.get(BROWSER, ""))
    access, rules = request.app.state.access, request.app.state.rules
    secret = access.open_session(found.name, found.role, "identity provider", SESSION_SECONDS)
    answer = RedirectResponse(found.place, 303)
    answer.headers.append("set-cookie", session_cookie(rules.cookie, secret, https=rules.https))
    answer.headers.append("set-cookie", f"{BROWSER}=; Path=/login; Max-Age=0")
    return answer


@router.post("/logout")
def sign_out(request: Request) -> Response:
    """Ends the session here. The page behind it has the way to end the provider's own: our policy lets no form lead elsewhere."""
    access, rules = request.app.state.access, request.app.state.rules
    access.end_session(request.cookies.get(rules.cookie, ""))
    secure = "; Secure" if rules.https else ""
    return RedirectResponse("/signed-out", 303, {"set-cookie": f"{rules.cookie}=; Path=/; Max-Age=0{secure}"})


@router.get("/signed-out")
def signed_out(request: Request) -> Response:
    oidc: Oidc | None = request.app.state.oidc
    return site_of(request).page(request, "signed_out", {"elsewhere": oidc.sign_out_url() if oidc else ""})


def _oidc(request: Request) -> Oidc:
    oidc: Oidc | None = request.app.state.oidc
    if oidc is None:
        raise NotFound("Sign-in at an identity provider is not set up here.", hint="See docs/deploy.md.")
    return oidc
