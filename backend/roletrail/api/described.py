"""How query parameters stand in the OpenAPI document, from the one parameter table."""

from __future__ import annotations

from typing import Any

from roletrail.usecases.chains.own import OWN_HELP
from roletrail.usecases.findings import listing as findings
from roletrail.usecases.parameters import CHAIN_PARAMETERS, CONTAINMENT_PARAMETERS, COVERAGE_PARAMETERS, Parameter


def chain_parameters() -> list[dict[str, Any]]:
    return [_of(parameter) for parameter in CHAIN_PARAMETERS] + [boolean("full", "Unfold every path."), own()]


def own() -> dict[str, Any]:
    return boolean("own", OWN_HELP)


def coverage_parameters() -> list[dict[str, Any]]:
    return [_of(parameter) for parameter in COVERAGE_PARAMETERS]


def finding_parameters() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in findings.PARAMETERS:
        schema: dict[str, Any] = {"type": "string"}
        if name == "limit":
            schema = {"type": "integer", "minimum": 1, "maximum": findings.MAX_LIMIT, "default": findings.DEFAULT_LIMIT}
        elif name in findings.CHOICES:
            schema["enum"] = list(findings.CHOICES[name])
        found.append(_query(name, findings.HELP[name], schema))
    return found


def containment_parameters() -> list[dict[str, Any]]:
    asked = {"type": "string", "enum": ["json", "md", "sh"], "default": "json"}
    return [_query("format", "json, or the plan as Markdown or as a shell script.", asked), *map(_of, CONTAINMENT_PARAMETERS)]


def _of(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer" if parameter.type == "integer" else "string"}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.minimum is not None:
        schema |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    if parameter.default != "":
        schema["default"] = parameter.default
    return _query(parameter.name, parameter.help, schema)


def integer(name: str, help_: str, default: int, most: int) -> dict[str, Any]:
    return _query(name, help_, {"type": "integer", "minimum": 1, "maximum": most, "default": default})


def text(name: str, help_: str, *, required: bool = False) -> dict[str, Any]:
    return _query(name, help_, {"type": "string"}) | ({"required": True} if required else {})


def boolean(name: str, help_: str) -> dict[str, Any]:
    return _query(name, help_, {"type": "boolean", "default": False})


def _query(name: str, help_: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": help_, "schema": schema}
