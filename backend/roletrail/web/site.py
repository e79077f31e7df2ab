"""What every page stands in: templates, assets, who is looking, and the marks the frame shows."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from roletrail import __version__
from roletrail.auth.actor import Actor
from roletrail.auth.policy import allowed
from roletrail.errors import Unauthenticated
from roletrail.resources import resource
from roletrail.usecases.ports import Ports
from roletrail.web.assets import Assets
from roletrail.web.pasted import Pasted
from roletrail.web.templating import environment

WORTH_COMPRESSING = 1000


class Site:
    def __init__(self, templates: Path, static: Path) -> None:
        self.assets = Assets(static)
        self.pasted = Pasted()
        self.sign_in = False  # whether there is an identity provider to sign in at
        self._env = environment(templates, self.assets)

    def html(self, page: str, context: Mapping[str, object]) -> str:
        """A template of `pages/` as text. `page` names it and marks the place in the navigation."""
        return self._env.get_template(f"pages/{page}.html").render({**_FRAME, "page": page, **context})

    def page(self, request: Request, page: str, context: Mapping[str, object], status: int = 200) -> Response:
        state = request.scope.get("state", {})
        ports = getattr(request.app.state, "ports", None) if "app" in request.scope else None
        frame = {
            "open_door": bool(state.get("no_auth")),
            "signed_in": state.get("actor") is not None,
            "may": _may(state.get("actor")),
            "sign_in": self.sign_in,
            "here": request.scope["path"],
            "sample": bool(ports and ports.sample),
        }
        return _compressed(scalar(self.html(page, {**frame, **context})), status, request.headers.get("accept-encoding", ""))


_FRAME: dict[str, object] = {
    "version": __version__,
    "module": "page.js",
    "twin": "",  # address of the same answer as JSON
    "plan_at": "",
    "sample": False,
    "open_door": False,
    "signed_in": True,
    "may": lambda _: True,
    "sign_in": False,
    "here": "/",
    "hidden_parts": (),
}
"""What base.html needs, for a page that says nothing else."""


def _may(actor: Actor | None) -> Callable[[str], bool]:
    """What a template asks before it shows a button: a dead one is worse than none."""
    return lambda action: actor is not None and allowed(actor, action).allowed


def _compressed(content: bytes, status: int, accepted: str) -> Response:
    headers = {"vary": "accept-encoding"}
    if "gzip" in accepted and len(content) > WORTH_COMPRESSING:
        content = gzip.compress(content, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    return HTMLResponse(content, status, headers)


def site(templates: str = "frontend/templates", static: str = "frontend/static") -> Site:
    """The site of this installation. Raises RoletrailError when its files are incomplete."""
    return Site(resource(templates), resource(static))


def scalar(text: str) -> bytes:
    """UTF-8; what UTF-8 cannot carry was made visible before, so this only guards literals."""
    return text.encode("utf-8", "replace")


def ports_of(request: Request) -> Ports:
    return request.app.state.ports


def site_of(request: Request) -> Site:
    return request.app.state.site


def actor_of(request: Request) -> Actor:
    """The actor the gate found. Raises Unauthenticated when a route was reached without one."""
    actor = request.scope.get("state", {}).get("actor")
    if actor is None:
        raise Unauthenticated("This page needs a sign-in.")
    return actor


def last_of_each(request: Request) -> dict[str, str]:
    return dict(request.query_params)


def moved(path: str, request: Request) -> Response:
    query = request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path, 308)
