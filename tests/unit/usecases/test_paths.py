"""Paths in lists: at most twelve nodes, folded between, in two look-ups (ADR 0002)."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.lineage.chain import MAX_DRAWN, TAIL
from roletrail.stores.port import NodeRow
from roletrail.usecases.chains.paths import Gap, listed_paths
from tests.support.graph_rows import RowsOnly, line


def path_of(rows: dict[str, NodeRow], leaf: str, *, full: bool = False) -> list[Any]:
    graph: Any = RowsOnly(rows)
    paths, _ = listed_paths(graph, [leaf], full=full)
    assert graph.asked == 2
    return [step if isinstance(step, Gap) else step.node.id for step in paths[leaf]]


@pytest.mark.parametrize("sessions", range(MAX_DRAWN - 1))
def test_a_short_path_is_whole(sessions: int) -> None:
    assert path_of(line(sessions), f"n{sessions}") == [f"n{n}" for n in range(sessions + 1)]


def test_a_long_path_keeps_its_root_and_its_end() -> None:
    assert path_of(line(500), "n500") == ["n0", Gap(495, 495), "n496", "n497", "n498", "n499", "n500"]


def test_a_long_path_keeps_its_nearest_pivots() -> None:
    steps = path_of(line(100, pivots=(20, 40, 60)), "n100")
    assert steps[0] == "n0"
    assert {"n40", "n60"} <= set(steps)
    assert steps[-TAIL:] == [f"n{n}" for n in range(96, 101)]
    assert len(steps) <= MAX_DRAWN - 1
    shown = [step for step in steps if not isinstance(step, Gap)]
    assert len(shown) + sum(step.nodes for step in steps if isinstance(step, Gap)) == 101


def test_a_pivot_inside_the_tail_is_not_told_twice() -> None:
    steps = path_of(line(30, pivots=(28,)), "n30")
    assert steps.count("n28") == 1
    assert steps[:2] == ["n0", Gap(25, 25)]


def test_a_pivot_just_above_the_tail_leaves_no_gap() -> None:
    assert path_of(line(30, pivots=(25,)), "n30") == ["n0", Gap(24, 24), "n25", "n26", "n27", "n28", "n29", "n30"]


def test_a_gap_says_how_many_of_its_nodes_are_role_sessions() -> None:
    rows = line(30)
    rows["n7"] = rows["n7"]._replace(node=rows["n7"].node._replace(counts=False))
    assert path_of(rows, "n30")[1] == Gap(25, 24)


def test_full_unfolds() -> None:
    assert path_of(line(500), "n500", full=True) == [f"n{n}" for n in range(501)]


def test_many_chains_cost_no_more_look_ups_than_one() -> None:
    graph: Any = RowsOnly(line(500))
    paths, _ = listed_paths(graph, [f"n{n}" for n in range(1, 101)], full=False)
    assert len(paths) == 100
    assert graph.asked == 2


def test_an_id_that_is_not_there_has_no_path() -> None:
    graph: Any = RowsOnly(line(1))
    assert listed_paths(graph, ["x"], full=False)[0] == {}
