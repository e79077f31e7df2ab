"""graph_schema is the one source: the model's tuples and the embedded store's layout must agree with it."""

from __future__ import annotations

import re
from typing import Any, get_args, get_type_hints

import pytest
import yaml

from roletrail.lineage import model
from roletrail.resources import resource
from roletrail.sqlite import migrations_in
from roletrail.stores.embedded.derived import Row
from roletrail.stores.embedded.schema import open_database

NODES: list[dict[str, Any]] = yaml.safe_load((resource("graph_schema") / "nodes.yaml").read_text("utf-8"))["nodes"]
EDGES: dict[str, list[dict[str, str]]] = yaml.safe_load((resource("graph_schema") / "edges.yaml").read_text("utf-8"))
TYPES = {"string": str, "integer": int, "float": float, "boolean": bool, "list of string": tuple[str, ...]}


def snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def test_edge_kinds_are_the_models() -> None:
    assert [edge["kind"] for edge in EDGES["edges"]] == list(get_args(model.EdgeKind))


@pytest.mark.parametrize(
    "node", [*NODES, {"label": "edge", "tuple": "Edge", "properties": EDGES["properties"]}], ids=lambda node: node["label"]
)
def test_properties_are_the_fields_of_the_tuple(node: dict[str, Any]) -> None:
    described = {snake(prop["name"]): TYPES[prop["type"]] for prop in node["properties"]}
    assert list(described.items()) == list(get_type_hints(getattr(model, node["tuple"])).items())


@pytest.mark.parametrize(
    "prop", [*EDGES["edges"], *EDGES["properties"], *(prop for node in NODES for prop in node["properties"])], ids=str
)
def test_everything_has_a_meaning_and_a_source_in_one_line(prop: dict[str, str]) -> None:
    assert prop["meaning"].strip()
    assert prop["from"].strip()
    assert "\n" not in prop["meaning"] + prop["from"]


def test_the_embedded_layout_is_what_its_scripts_say(tmp_path: Any) -> None:
    database = open_database(tmp_path / "store", create=True)
    columns = [name for _, name, *_ in database.read().execute("PRAGMA table_info(standing)")]
    assert columns == list(Row._fields)
    assert [number for number, _ in migrations_in(resource("graph_schema/sqlite"))] == [1]
    (version,) = database.read().execute("PRAGMA user_version").fetchone()
    assert version == 1
    database.close()
