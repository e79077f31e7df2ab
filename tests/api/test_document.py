"""The OpenAPI document is checked in and true; its page needs nobody else's server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from roletrail.api.routers import ROUTERS
from roletrail.usecases.parameters import CHAIN_PARAMETERS

CHECKED_IN = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_document_checked_in_is_the_one_served(reader: httpx.Client) -> None:
    """Renew it with `make docs` when the change is meant."""
    assert reader.get("/api/v1/openapi.json").text == CHECKED_IN.read_text("utf-8")


def test_every_route_is_described(reader: httpx.Client) -> None:
    document = reader.get("/api/v1/openapi.json").json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {
        (method, re.sub(r":\w+}", "}", route.path))  # type: ignore[attr-defined]
        for router in ROUTERS
        for route in router.routes
        if getattr(route, "include_in_schema", False)
        for method in getattr(route, "methods", ())
    }
    assert described == served
    assert {parameter["name"] for parameter in document["paths"]["/api/v1/chains"]["get"]["parameters"]} == {
        *(parameter.name for parameter in CHAIN_PARAMETERS),
        "full",
        "own",
    }


def test_answers_have_the_shape_the_document_says(reader: httpx.Client, alarm: dict[str, Any]) -> None:
    document = reader.get("/api/v1/openapi.json").json()
    places = {
        "/api/v1/chains": "/api/v1/chains",
        "/api/v1/sessions/{id}": f"/api/v1/sessions/{alarm['session_id']}",
        "/api/v1/sessions/{id}/events": f"/api/v1/sessions/{alarm['session_id']}/events",
        "/api/v1/events/{event_id}": f"/api/v1/events/{alarm['path'][-1]['edge']['evidence_refs'][0]}",
        "/api/v1/trace": "/api/v1/trace?thing=alice",
        "/api/v1/health": "/api/v1/health",
        "/api/v1/objects": "/api/v1/objects",
        "/api/v1/quarantine": "/api/v1/quarantine",
    }
    for path, place in places.items():
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        problems = list(mismatches(reader.get(place).json(), schema, document, path))
        assert problems == []


def mismatches(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> list[str]:
    """What of a value contradicts its schema; the few words of JSON Schema that FastAPI writes."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in schema:
        tries = [mismatches(value, one, document, where) for one in schema["anyOf"]]
        return [] if [] in tries else tries[0]
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (kind == "integer" and isinstance(value, bool))):
        return [f"{where}: {value!r} is no {kind}"]
    found: list[str] = []
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        found += [f"{where}: {name} is not described" for name in value if name not in schema["properties"]]
        for name, inner in schema["properties"].items():
            if name in value:
                found += mismatches(value[name], inner, document, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, item in enumerate(value):
            found += mismatches(item, schema["items"], document, f"{where}[{n}]")
    return found


def test_the_page_loads_nothing_from_elsewhere(reader: httpx.Client) -> None:
    page = reader.get("/api/v1/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert re.findall(r'(?:src|href)="([^"]+)"', page.text) == ["/api/v1/docs.css", "/api/v1/openapi.json"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "/api/v1/sessions/{id}/events" in page.text
    assert reader.get("/api/v1/docs.css").headers["content-type"].startswith("text/css")
