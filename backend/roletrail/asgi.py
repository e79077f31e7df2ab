"""The ASGI application: both skins behind one gate.

Handlers find `request.app.state.ports` (usecases.ports.Ports), `request.app.state.site` (web.site.Site) and the actor
the gate found in the request's state. Errors of use-cases become problem+json below /api and a page elsewhere.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.api.document import document_of
from roletrail.api.errors import problem, problem_for, problem_for_status, status_of
from roletrail.api.routers import ROUTERS
from roletrail.auth import launch
from roletrail.auth.access import Access
from roletrail.auth.gate import App, Gate, GateRules, Receive, Refuse, Scope, Send, request_headers
from roletrail.errors import RoletrailError
from roletrail.usecases.ports import Ports
from roletrail.web import (
    chain,
    containment,
    findings,
    investigations,
    live,
    loading,
    marks,
    pages,
    places,
    report,
    rolemap,
    settings,
    shared,
    shares,
    sign_in,
    static,
)
from roletrail.web import errors as web_errors
from roletrail.web.site import Site, site

if TYPE_CHECKING:  # an extra: not everybody has installed what it stands on
    from roletrail.auth.oidc import Oidc

log = logging.getLogger(__name__)


def create_app(
    ports: Ports, access: Access, rules: GateRules, oidc: Oidc | None = None, stopping: threading.Event | None = None
) -> App:
    """Everything one server serves, behind its gate. Streams end once `stopping` is set."""
    app = application(ports, access, rules, oidc)
    app.state.stopping = stopping or threading.Event()
    return Gate(_answered(app), access, rules, _refusal(app.state.site))


def application(ports: Ports, access: Access, rules: GateRules, oidc: Oidc | None = None) -> FastAPI:
    """All routes of both skins."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.ports = ports
    app.state.site = site()
    app.state.access, app.state.rules, app.state.oidc = access, rules, oidc
    app.state.site.sign_in = oidc is not None
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(pages.router)
    app.include_router(chain.router)
    app.include_router(report.router)
    app.include_router(loading.router)
    app.include_router(live.router)
    app.include_router(settings.router)
    app.include_router(rolemap.router)
    app.include_router(investigations.router)
    app.include_router(containment.router)
    app.include_router(shares.router)
    app.include_router(shared.router)
    app.include_router(marks.router)
    app.include_router(sign_in.router)
    app.include_router(findings.router)
    app.include_router(places.router)
    app.include_router(static.router)
    app.openapi = lambda: document_of(app)  # pyright: ignore[reportAttributeAccessIssue]
    _add_launch(app, access, rules)
    _add_errors(app, app.state.site)
    return app


def _answered(app: App) -> App:
    """Starlette answers a bug with our handler and raises it again, which would cost the client its connection."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(Exception):
            await app(scope, receive, send)

    return answered


def _add_launch(app: FastAPI, access: Access, rules: GateRules) -> None:
    @app.api_route(launch.PATH, methods=["GET", "HEAD"], include_in_schema=False)
    def launch_link(request: Request) -> Response:
        headers = request_headers(request.scope)
        found = launch.answer(access, request.method, headers, request.url.query, cookie=rules.cookie, https=rules.https)
        if found.status == 303:
            return RedirectResponse("/", 303, {"set-cookie": found.cookie})
        return web_errors.plain_page(app.state.site, request, found.status, found.detail, found.hint)


def _add_errors(app: FastAPI, pages_site: Site) -> None:
    @app.exception_handler(RoletrailError)
    def on_error(request: Request, error: RoletrailError) -> Response:
        if status_of(error) >= 500:
            log.error("%s: %s", error.code, error.detail)
        return problem_for(error) if _wants_json(request.scope) else web_errors.error_page(pages_site, request, error)

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException) -> Response:
        answer = (
            problem_for_status(error.status_code)
            if _wants_json(request.scope)
            else web_errors.status_page(pages_site, request, error.status_code)
        )
        answer.headers.update(error.headers or {})  # Allow, of a method that is not
        return answer

    @app.exception_handler(Exception)
    def on_bug(request: Request, error: Exception) -> Response:
        log.error("a request failed", exc_info=error)
        detail, hint = "Something went wrong on our side.", "The server's log has the details."
        if _wants_json(request.scope):
            return problem(500, "internal", detail, hint)
        return web_errors.plain_page(pages_site, request, 500, detail, hint)


def _refusal(pages_site: Site) -> Refuse:
    def refuse(scope: Scope, error: RoletrailError, status: int) -> App:
        if _wants_json(scope):
            return problem_for(error, status)
        return web_errors.error_page(pages_site, Request(scope), error, status)

    return refuse


def _wants_json(scope: Scope) -> bool:
    return scope["path"].startswith("/api/")
