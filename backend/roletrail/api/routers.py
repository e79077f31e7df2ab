"""Every router of the API: what the application serves and what the OpenAPI document describes are one list."""

from __future__ import annotations

from roletrail.api import containment, docs, exports, findings, investigations, marks, places, shares

ROUTERS = (containment.router, docs.router, exports.router, findings.router, investigations.router, marks.router, shares.router)
ROUTERS = (containment.router, docs.router, exports.router, findings.router, investigations.router, marks.router, places.router)
