"""Every router of the API: what the application serves and what the OpenAPI document describes are one list."""

from __future__ import annotations

from roletrail.api import access, containment, docs, exports, findings, ingests, investigations, marks, places, responders, shares

ROUTERS = (
    access.router,
    containment.router,
    docs.router,
    exports.router,
    findings.router,
    ingests.router,
    investigations.router,
    marks.router,
    places.router,
    responders.router,
    shares.router,
)
