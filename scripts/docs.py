"""Writes the generated pages under docs/: commands, settings, rules, the API's OpenAPI document and the data model.

`make docs` runs it; tests/unit/test_docs.py fails when a checked-in page differs from what it would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
NOTE = "<!-- Written by `make docs`: change the source, not this page. -->\n"


def pages() -> dict[str, str]:
    """Path under docs/ -> text."""
    return {
        "cli.md": commands(),
        "settings.md": settings(),
        "data-model.md": data_model(),
        "rules.md": rules(),
        "openapi.json": openapi(),
    }


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in [header, ("---",) * len(header), *rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells) + "\n"


EXIT_CODES = """Every reading command takes `--json`. Exit codes: 0 done, 1 failed, 2 a bad parameter, 3 not found, 4 not allowed, 5 the store
cannot be opened, 6 an input cannot be read, 7 something was quarantined (`ingest --strict`)
or changed by somebody else meanwhile, 8 asked too often, 9 the audit log does not hold (`audit verify`), 70 a fault of ours, 130 interrupted.
"""


def commands() -> str:
    from typer.main import get_command

    from roletrail.cli.app import build

    text = ["# Commands\n", NOTE, EXIT_CODES]
    for path, command in walk("roletrail", get_command(build())):
        text += [f"## `{path}`\n", f"{(command.help or '').strip()}\n"]
        text.append(table(("", ""), [parameter(item) for item in command.params if item.name != "help"]))
    return "\n".join(text)


def walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a tree of commands, depth first."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, child in inner.items():
        yield from walk(f"{path} {name}", child)


def parameter(item: Any) -> tuple[str, str]:
    if item.param_type_name != "option":
        return f"`{item.name.upper()}`", item.help or ""
    shown = f" [default: {item.default}]" if item.default and not isinstance(item.default, bool) else ""
    return ", ".join(f"`{name}`" for name in item.opts), (item.help or "") + shown


def settings() -> str:
    from roletrail.settings import Settings

    rows = [
        (f"`ROLETRAIL_{name.upper()}`", field.description or "", f"`{field.default}`" if field.default not in ("", None) else "")
        for name, field in Settings.model_fields.items()
    ]
    intro = "Settings are environment variables; options of a command go before them. Nothing else is read.\n"
    return "\n".join(["# Settings\n", NOTE, intro, table(("variable", "meaning", "default"), rows)])


def data_model() -> str:
    schema = ROOT / "graph_schema"
    nodes = yaml.safe_load((schema / "nodes.yaml").read_text("utf-8"))["nodes"]
    edges = yaml.safe_load((schema / "edges.yaml").read_text("utf-8"))
    kinds = [(f"`{kind}`", entry["meaning"], ", ".join(entry["events"])) for kind, entry in edges["edges"].items()]
    text = ["# Data model\n", NOTE, "Names are Neo4j's; in Python and JSON the same properties are snake_case.\n"]
    for label, entry in nodes.items():
        text += [f"## {label}\n", entry["meaning"] + "\n"]
        text += [properties(entry["properties"])] if "properties" in entry else []
    text += ["## Edges\n", table(("kind", "meaning", "CloudTrail events"), kinds)]
    text += ["## Properties of an edge\n", properties(edges["properties"])]
    return "\n".join(text)


def properties(entries: dict[str, dict[str, str]]) -> str:
    rows = [
        (f"`{name}`", entry["type"], entry["meaning"], f"`{entry['source']}`" if "source" in entry else "derived")
        for name, entry in entries.items()
    ]
    return table(("property", "type", "meaning", "CloudTrail"), rows)


RULES = """How a finding comes about: docs/concepts.md. A score is the sum of a finding's reasons; from {steps} on. Depth sets the tone and
never the severity. Weights are hand-set and measured by the bench (docs/performance.md): they rank, they are no probability.
Each rule has samples beside it that it fires on and that it leaves alone.
"""


def rules() -> str:
    from roletrail.detect.rule import LOUDNESS
    from roletrail.detect.rules import RULES as ALL

    steps = ", ".join(f"{score} {severity}" for score, severity in reversed(LOUDNESS))
    rows = [
        (f"[`{rule.meta.id}`](#{rule.meta.id})", rule.meta.title, rule.meta.group, ", ".join(rule.meta.attack)) for rule in ALL
    ]
    text = ["# Rules\n", NOTE, RULES.format(steps=steps), table(("rule", "what it looks for", "group", "ATT&CK"), rows)]
    for rule in ALL:
        meta = rule.meta
        text += [f"## {meta.id}\n", f"**{meta.title}.** {meta.why}\n", f"Version {meta.version}; {', '.join(meta.attack)}.\n"]
        text += ["Benign when:\n", *(f"- {line}" for line in meta.benign), "\nNext steps:\n"]
        text += [*(f"{n}. {line}" for n, line in enumerate(meta.runbook, 1)), ""]
    return "\n".join(text)


def openapi() -> str:
    from fastapi import FastAPI

    from roletrail.api.docs import document_text
    from roletrail.api.document import document_of
    from roletrail.api.routers import ROUTERS

    app = FastAPI(openapi_url=None)
    for router in ROUTERS:
        app.include_router(router)
    return document_text(document_of(app))


def main() -> None:
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
