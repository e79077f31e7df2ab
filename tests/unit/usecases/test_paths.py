"""Paths in lists: at most twelve nodes, folded between, fetched level by level (ADR 0002)."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.stores.port import NodeRow
from roletrail.usecases.paths import MAX_LISTED, TAIL, Gap, listed_paths
from tests.support.graph_rows import RowsOnly, line


def path_of(rows: dict[str, NodeRow], leaf: str, *, full: bool = False) -> tuple[list[Any], int]:
    graph: Any = RowsOnly(rows)
    paths, _ = listed_paths(graph, [leaf], full=full)
    return [step if isinstance(step, Gap) else step.node.id for step in paths[leaf]], graph.asked


@pytest.mark.parametrize("sessions", range(1, MAX_LISTED - 1))
def test_a_short_path_is_whole(sessions: int) -> None:
    steps, _ = path_of(line(sessions), f"n{sessions}")
    assert steps == [f"n{n}" for n in range(sessions + 1)]


def test_a_long_path_keeps_its_root_and_its_end() -> None:
    steps, asked = path_of(line(500), "n500")
    assert steps == ["n0", Gap(495, 495), "n496", "n497", "n498", "n499", "n500"]
    assert asked <= MAX_LISTED


def test_a_long_path_keeps_its_nearest_pivots() -> None:
    steps, _ = path_of(line(100, pivots=(20, 40, 60)), "n100")
    assert steps[0] == "n0"
    assert {"n40", "n60"} <= set(steps)
    assert steps[-TAIL:] == [f"n{n}" for n in range(96, 101)]
    assert len(steps) <= MAX_LISTED - 1
    shown = [step for step in steps if not isinstance(step, Gap)]
    assert len(shown) + sum(step.count for step in steps if isinstance(step, Gap)) == 101


def test_a_pivot_inside_the_tail_is_not_told_twice() -> None:
    steps, _ = path_of(line(30, pivots=(28,)), "n30")
    assert steps.count("n28") == 1
    assert steps[:2] == ["n0", Gap(25, 25)]


def test_a_pivot_just_above_the_tail_leaves_no_gap() -> None:
    steps, _ = path_of(line(30, pivots=(25,)), "n30")
    assert steps == ["n0", Gap(24, 24), "n25", "n26", "n27", "n28", "n29", "n30"]


def test_full_unfolds() -> None:
    steps, _ = path_of(line(500), "n500", full=True)
    assert steps == [f"n{n}" for n in range(501)]


def test_many_chains_cost_one_look_up_a_level() -> None:
    rows = line(500)
    graph: Any = RowsOnly(rows)
    leaves = [f"n{n}" for n in range(1, 101)]
    paths, _ = listed_paths(graph, leaves, full=False)
    assert len(paths) == 100
    assert graph.asked <= MAX_LISTED + 3


def test_a_parent_that_is_not_there_leaves_a_gap() -> None:
    rows = line(5)
    del rows["n2"]
    assert path_of(rows, "n5")[0] == ["n0", Gap(2, 2), "n3", "n4", "n5"]


def test_a_cycle_in_broken_rows_ends() -> None:
    rows = line(3)
    rows["n0"] = rows["n0"]._replace(standing=rows["n0"].standing._replace(parent="n3"))
    assert path_of(rows, "n3", full=True)[0] == ["n0", "n1", "n2", "n3"]
