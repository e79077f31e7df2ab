"""Assets over HTTP: kept for ever under the current hash, never under another one."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from roletrail.errors import NotFound
from roletrail.web.assets import FOR_EVER, NOT_KEPT, PREFIX
from roletrail.web.site import site_of

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.api_route("/{version}/{name:path}", methods=["GET", "HEAD"])
def get_asset(request: Request, version: str, name: str) -> Response:
    """A page opened before an upgrade asks under the old hash: it gets what there is now, and must not keep it."""
    assets = site_of(request).assets
    asset = assets.get(name)
    if asset is None:
        raise NotFound("There is no such asset.")
    headers = {"cache-control": FOR_EVER if version == assets.version else NOT_KEPT, "vary": "accept-encoding"}
    content = asset.content
    if asset.compressible and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.gzipped
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)
