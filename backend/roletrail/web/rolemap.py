"""The role map: roles that assume roles, as a picture of the busiest and as a table."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from roletrail.usecases import health, role_map
from roletrail.web.site import actor_of, last_of_each, ports_of, site_of

router = APIRouter(include_in_schema=False)


@router.get("/roles")
def roles(request: Request) -> Response:
    ports, actor = ports_of(request), actor_of(request)
    raw = last_of_each(request)
    account = raw.get("account", "")
    account = account if len(account) == 12 and account.isascii() and account.isdigit() else ""
    view = role_map.show_role_map(ports.graph, actor, raw.get("focus", ""), account)
    if raw.get("focus") and not view.focus:  # a stale focus counts as none
        view = role_map.show_role_map(ports.graph, actor, "", account)
    svg, undrawn = role_map.picture(view)
    asked = {name: value for name, value in (("focus", view.focus), ("account", account)) if value}
    context = {
        "view": view,
        "account": account,
        "nodes": {node.id: node for node in view.nodes},
        "picture": Markup(svg),  # noqa: S704 - render escapes every text
        "undrawn": undrawn,
        "health": health.health(ports.graph, actor, ports.store_name),
        "twin": ("/api/v1/roles?" + urlencode(asked)).rstrip("?"),
    }
    return site_of(request).page(request, "roles", context)
