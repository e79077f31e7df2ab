"""graph_schema is the one source: the model's tuples and the embedded store's layout must agree with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml

from roletrail.lineage import model
from roletrail.lineage.model import Edge, EdgeKind, IdentityKind, Node, Standing
from roletrail.resources import resource
from roletrail.sqlite import Database
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.embedded.derived import Row
from roletrail.stores.embedded.schema import layout, open_database

SCHEMA = resource("graph_schema")
NODES: dict[str, Any] = yaml.safe_load((SCHEMA / "nodes.yaml").read_text("utf-8"))["nodes"]
EDGES: dict[str, Any] = yaml.safe_load((SCHEMA / "edges.yaml").read_text("utf-8"))
TYPES = {"string": str, "integer": int, "number": float, "boolean": bool, "list of string": tuple[str, ...]}
OBSERVED = {label: node for label, node in NODES.items() if "tuple" in node}


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def fields(*tuples: type) -> dict[str, Any]:
    return {camel(name): hint for one in tuples for name, hint in get_type_hints(one).items()}


def described(properties: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {name: TYPES[entry["type"]] for name, entry in properties.items()}


def test_there_is_one_list_of_edge_kinds() -> None:
    assert list(EDGES["edges"]) == list(get_args(EdgeKind))


def test_edges_have_the_properties_of_the_model() -> None:
    assert described(EDGES["properties"]) == fields(Edge)


def test_identities_have_the_properties_of_node_and_standing() -> None:
    assert described(NODES["Identity"]["properties"]) == fields(Node, Standing)


def test_each_kind_of_identity_has_its_label() -> None:
    assert {label.lower() for label in NODES["Identity"]["labels"]} == set(get_args(IdentityKind))
    assert {*NODES["Identity"]["labels"], "Identity", *OBSERVED} == set(NODES)


@pytest.mark.parametrize("label", OBSERVED)
def test_observations_have_the_properties_of_their_tuple(label: str) -> None:
    assert described(OBSERVED[label]["properties"]) == fields(getattr(model, OBSERVED[label]["tuple"]))


def test_everything_says_what_it_means_in_one_line() -> None:
    entries = [*NODES.values(), *EDGES["edges"].values(), *EDGES["properties"].values()]
    entries += [entry for node in NODES.values() for entry in node.get("properties", {}).values()]
    assert all(entry["meaning"].strip() and "\n" not in entry["meaning"] for entry in entries)


def test_the_embedded_layout_is_what_its_scripts_say(tmp_path: Path) -> None:
    database = open_database(tmp_path / "store", create=True)
    assert [name for _, name, *_ in database.read().execute("PRAGMA table_info(standing)")] == list(Row._fields)
    assert database.read().execute("PRAGMA user_version").fetchone() == (len(list((SCHEMA / "sqlite").glob("*.sql"))),)
    database.close()


def test_a_store_of_the_first_layout_is_upgraded(tmp_path: Path) -> None:
    """What went in stays; digests, which the first layout had no room for, are new again to the next ingest."""
    newest = layout()
    old = Database(tmp_path / "store", newest._replace(migrations=newest.migrations[:1]))
    with old.write() as connection:
        for number, kind in enumerate(("cloudtrail", "digest"), 1):
            row = (number, f"s3://bucket/AWSLogs/{kind}.json.gz", kind)
            connection.execute("INSERT INTO object VALUES (?, ?, 1, '1', 'aa', ?, 1, 0, 0, 0, 0, 0)", row)
            connection.execute("INSERT INTO part VALUES (?, 0, ?, 1)", (number, number))
    old.close()
    store = EmbeddedStore(tmp_path / "store")
    assert [(entry.kind, entry.parts_done) for entry in store.objects(9)[0]] == [("cloudtrail", (0,))]
    assert store.attempt_locators([1, 2]) == {1: "s3://bucket/AWSLogs/cloudtrail.json.gz"}
    store.close()
    upgraded = open_database(tmp_path / "store", create=False)
    assert upgraded.read().execute("SELECT name FROM object").fetchall() == [("cloudtrail.json.gz",)]
    upgraded.close()
