"""The ASGI application: both skins behind one gate.

Handlers find `request.app.state.ports` (usecases.ports.Ports) and `request.state.actor` (auth.actor.Actor). Errors
raised by use-cases become problem+json below /api and a page elsewhere. The pages' room offers `web.routes.router` and
`web.routes.notice(request, status, detail, hint) -> Response`, a plain page that needs no actor.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from roletrail.api import docs
from roletrail.api.document import document_of
from roletrail.api.errors import TITLES, problem, problem_for, problem_for_status, public, status_of
from roletrail.auth import launch
from roletrail.auth.access import Access
from roletrail.auth.gate import App, Gate, GateRules, Scope, request_headers
from roletrail.errors import RoletrailError
from roletrail.usecases.ports import Ports
from roletrail.web import routes as web

log = logging.getLogger(__name__)


def create_app(ports: Ports, access: Access, rules: GateRules) -> App:
    """Everything one server serves."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.ports = ports
    app.include_router(docs.router)
    app.include_router(web.router)
    app.openapi = lambda: document_of(app)  # type: ignore[method-assign]
    _add_launch(app, access, rules)
    app.add_exception_handler(RoletrailError, _on_error)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_bug)
    return Gate(app, access, rules, _refuse)


def _add_launch(app: FastAPI, access: Access, rules: GateRules) -> None:
    @app.api_route(launch.PATH, methods=["GET", "HEAD"], include_in_schema=False)
    def launch_link(request: Request) -> Response:
        headers = request_headers(request.scope)
        found = launch.answer(access, request.method, headers, request.url.query, cookie=rules.cookie, https=rules.https)
        if found.status == 303:
            return RedirectResponse("/", 303, {"set-cookie": found.cookie})
        return web.notice(request, found.status, found.detail, found.hint)


def _wants_json(path: str) -> bool:
    return path.startswith("/api/")


def _refuse(scope: Scope, error: RoletrailError, status: int) -> App:
    if _wants_json(scope["path"]):
        return problem_for(error, status)
    return web.notice(Request(scope), status, error.detail, error.hint)


def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RoletrailError)
    status = status_of(error)
    if status >= 500:
        log.error("%s %s", error.code, error.detail)
    if _wants_json(request.url.path):
        return problem_for(error)
    _, detail, hint = public(error, status)
    return web.notice(request, status, detail, hint)


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if _wants_json(request.url.path):
        return problem_for_status(error.status_code)
    return web.notice(request, error.status_code, TITLES.get(error.status_code, "Error") + ".", "")


def _on_bug(request: Request, error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    detail = "Something went wrong on our side."
    if _wants_json(request.url.path):
        return problem(500, "internal", detail, "The server's log has the details.")
    return web.notice(request, 500, detail, "The server's log has the details.")
