"""Roles that assume roles: counted, cycles marked, a focus with its context, nothing left out in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from roletrail.auth.actor import local_actor
from roletrail.usecases import role_map
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role
from tests.support.loading import Loaded

HUB, OTHER = "111111111111", "222222222222"
DAY = "2026-11-07"


@pytest.fixture
def loaded(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Loaded:
    """A user takes A; A and B take each other twice; B takes C in another account once; somebody else takes D."""
    trail = Trail(SeededIds("role-map"))
    role = {name: Role(OTHER if name == "C" else HUB, name, trail.ids.unique("AROA", HUB, name)) for name in "ABCD"}
    held = trail.user_key(HUB, "user")
    for n, name in enumerate("ABABC"):
        held = trail.assume(held, at(DAY, f"08:0{n}:00"), role[name], f"s{n}")
        trail.call(held, at(DAY, f"08:0{n}:30"), "iam", "ListUsers")
    trail.assume(trail.user_key(HUB, "else"), at(DAY, "09:00:00"), role["D"], "d")
    logs = tmp_path / "logs.json"
    logs.write_text(json.dumps({"Records": trail.records}), "utf-8")
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(logs)
    return loaded


def pairs(view: Any) -> set[tuple[str, str, int]]:
    names = {node["id"]: node["label"] for node in view["nodes"]}
    return {(names[edge["source"]], names[edge["target"]], edge["sessions"]) for edge in view["edges"]}


def shown(loaded: Loaded, *more: str) -> Any:
    return json.loads(loaded.command("roles", "--json", *more))


def test_pairs_are_counted_and_cycles_marked(loaded: Loaded) -> None:
    view = shown(loaded)
    callers = "users and workloads"
    assert pairs(view) == {(callers, "A", 1), ("A", "B", 2), ("B", "A", 1), ("B", "C", 1), (callers, "D", 1)}
    names = {node["id"]: node["label"] for node in view["nodes"]}
    assert [sorted(names[id_] for id_ in cycle) for cycle in view["cycles"]] == [["A", "B"]]
    assert {(names[e["source"]], names[e["target"]]) for e in view["edges"] if e["in_cycle"]} == {("A", "B"), ("B", "A")}
    assert view["edges_left_out"] == 0


def test_an_account_keeps_what_touches_it(loaded: Loaded) -> None:
    assert pairs(shown(loaded, "--account", OTHER)) == {("B", "C", 1)}


def test_a_focus_has_its_context(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = loaded.ports()
    try:
        whole = role_map.show_role_map(ports.graph, local_actor())
        focus = next(node.id for node in whole.nodes if node.label == "C")
        near = role_map.show_role_map(ports.graph, local_actor(), focus)
        assert {node.label for node in near.nodes} == {"A", "B", "C"}
        assert role_map.show_role_map(ports.graph, local_actor(), "nobody").edges == []
        svg, undrawn = role_map.picture(whole)
        boxes = [one for one in ET.fromstring(svg).iter() if one.tag.endswith("}a")]
        assert len(boxes) == 3  # D is assumed by nobody that is a role
        assert undrawn == 0
        monkeypatch.setattr(role_map, "MOST_DRAWN", 2)
        svg, undrawn = role_map.picture(whole)
        assert svg.count("map-line map-cycle") == 2  # cycles come first
        assert undrawn == 1
    finally:
        ports.close()
