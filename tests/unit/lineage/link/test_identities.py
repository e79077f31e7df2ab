"""What linking says of an identity, whole: every field of nodes, edges and origins, for the stories of `told`.

`ROLETRAIL_WRITE=1 pytest` of this file writes identities/ again; read the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.memory import Memory, linked
from tests.unit.lineage.link.told import STORIES, Told

EXPECTED = Path(__file__).parent / "identities"
WRITE = os.environ.get("ROLETRAIL_WRITE") == "1"  # before a fixture takes such settings out of every test


def told(name: str) -> dict[str, Any]:
    trail = Told()
    STORIES[name](trail)
    memory = linked(trail.records)
    return {
        "nodes": sorted((_said(one.node) for one in memory.linked.values()), key=str),
        "edges": sorted((_edge(memory, e) for one in memory.linked.values() for e in one.edges), key=str),
        "origins": sorted((_said(o) for o in {o for one in memory.linked.values() for o in one.origins}), key=str),
        "aliases": sum(len(one.aliases) for one in memory.linked.values()) + len(memory.turned),
    }


def _said(one: Any) -> dict[str, Any]:
    """What is set of a tuple, but for ids, which are sums of the rest."""
    return {name: _plain(value) for name, value in one._asdict().items() if value not in ("", 0, False, ()) and name != "id"}


def _edge(memory: Memory, edge: Any) -> dict[str, Any]:
    said = _said(edge)
    for end in ("parent", "child"):
        node = memory.node(said[end])
        said[end] = (node.label or node.type) if node else "?"
    said["evidence"] = [int(ref.rpartition("-")[2]) for ref in edge.evidence]
    assert all(ref.startswith("202611") for ref in edge.evidence)
    return said


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def expected(name: str) -> dict[str, Any]:
    file = EXPECTED / f"{name}.yaml"
    if WRITE:
        file.write_text(yaml.safe_dump(told(name), sort_keys=False, width=140, default_flow_style=None), "utf-8")
    return yaml.safe_load(file.read_text("utf-8"))


@pytest.mark.parametrize("name", STORIES)
def test_identity(name: str) -> None:
    assert told(name) == expected(name)


def test_every_expectation_has_a_story() -> None:
    assert {path.stem for path in EXPECTED.iterdir()} == set(STORIES)
