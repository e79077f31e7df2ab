"""The API's documentation page, rendered here from the OpenAPI document: no script, no other host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from roletrail.api.requests import actor_of
from roletrail.api.v1 import PREFIX, router

STYLE = (Path(__file__).parent / "docs.css").read_bytes()

_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>{title}</title><link rel="stylesheet" href="{prefix}/docs.css"></head><body><h1>{title}</h1><p>{about}</p>'
    '<p>The same as <a href="{prefix}/openapi.json">OpenAPI document</a>.</p>{operations}<h2>Answers</h2>{schemas}</body></html>'
)
_OPERATION = Markup(
    '<section><h2><span class="method">{method}</span> <code>{path}</code></h2><p>{summary}</p>{parameters}<p>Answers {answers}.</p></section>'
)
_TABLE = Markup(
    "<table><thead><tr><th>Parameter</th><th>Type</th><th>Default</th><th>What it does</th></tr></thead><tbody>{rows}</tbody></table>"
)
_ROW = Markup("<tr><td><code>{name}</code></td><td>{type}</td><td>{default}</td><td>{help}</td></tr>")
_SCHEMA = Markup('<details id="{name}"><summary><code>{name}</code></summary><p>{about}</p><pre>{fields}</pre></details>')


@router.get("/docs", include_in_schema=False)
def docs_page(request: Request) -> Response:
    actor_of(request)
    return Response(render(request.app.openapi()), media_type="text/html; charset=utf-8")


@router.get("/docs.css", include_in_schema=False)
def docs_style(request: Request) -> Response:
    actor_of(request)
    return Response(STYLE, media_type="text/css; charset=utf-8")


@router.get("/openapi.json", include_in_schema=False)
def openapi_document(request: Request) -> Response:
    actor_of(request)
    return Response(document_text(request.app.openapi()), media_type="application/json")


def document_text(document: dict[str, Any]) -> str:
    """The document as it is checked in: sorted, indented, one newline at the end."""
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def render(document: dict[str, Any]) -> str:
    operations = Markup("").join(_operations(document))
    schemas = Markup("").join(
        _SCHEMA.format(name=name, about=schema.get("description", ""), fields=json.dumps(schema.get("properties", {}), indent=2))
        for name, schema in document["components"]["schemas"].items()
    )
    info = document["info"]
    return _PAGE.format(title=info["title"], about=info["description"], prefix=PREFIX, operations=operations, schemas=schemas)


def _operations(document: dict[str, Any]) -> Iterator[Markup]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            rows = Markup("").join(_parameter(parameter) for parameter in operation.get("parameters", []))
            yield _OPERATION.format(
                method=method.upper(),
                path=path,
                summary=operation.get("summary", ""),
                parameters=_TABLE.format(rows=rows) if rows else "",
                answers=", ".join(operation["responses"]),
            )


def _parameter(parameter: dict[str, Any]) -> Markup:
    schema = parameter["schema"]
    type_ = " | ".join(schema["enum"]) if "enum" in schema else schema.get("type", "")
    return _ROW.format(
        name=parameter["name"], type=type_, default=schema.get("default", ""), help=parameter.get("description", "")
    )
