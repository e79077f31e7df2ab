"""graph_schema says what lineage makes: the same kinds of edges, the same properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import yaml

from roletrail.lineage.model import Edge, EdgeKind, IdentityKind, Node, Standing

SCHEMA = Path(__file__).parents[2] / "graph_schema"
NODES: dict[str, Any] = yaml.safe_load((SCHEMA / "nodes.yaml").read_text("utf-8"))["nodes"]
EDGES: dict[str, Any] = yaml.safe_load((SCHEMA / "edges.yaml").read_text("utf-8"))


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def test_there_is_one_list_of_edge_kinds() -> None:
    assert set(EDGES["edges"]) == set(get_args(EdgeKind))


def test_edges_have_the_properties_of_the_model() -> None:
    assert set(EDGES["properties"]) == {camel(field) for field in Edge._fields}


def test_identities_have_the_properties_of_node_and_standing() -> None:
    assert set(NODES["Identity"]["properties"]) == {camel(field) for field in (*Node._fields, *Standing._fields)}


def test_each_kind_of_identity_has_its_label() -> None:
    assert {label.lower() for label in NODES["Identity"]["labels"]} == set(get_args(IdentityKind))
    assert set(NODES["Identity"]["labels"]) | {"Identity"} == set(NODES)


def test_everything_says_what_it_means() -> None:
    entries = [
        *NODES.values(),
        *EDGES["edges"].values(),
        *EDGES["properties"].values(),
        *NODES["Identity"]["properties"].values(),
    ]
    assert all(entry["meaning"].strip() for entry in entries)
