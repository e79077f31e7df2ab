"""Where nodes are drawn."""

from __future__ import annotations

import random
import time

from roletrail.lineage.layout import COLUMN, LANE, positions


def lanes(levels: list[int]) -> list[tuple[int, int]]:
    return [(round(x / COLUMN), round(y / LANE)) for x, y in positions(levels)]


def test_a_path_is_a_straight_line() -> None:
    assert lanes([1, 2, 3, 4]) == [(0, 0), (1, 0), (2, 0), (3, 0)]


def test_branches_take_lanes_of_their_own() -> None:
    assert lanes([1, 2, 3, 3, 2, 3]) == [(0, 0), (1, 0), (2, 0), (2, 1), (1, 2), (2, 2)]


def test_nothing_is_nowhere() -> None:
    assert positions([]) == []


def test_no_two_nodes_share_a_place() -> None:
    dice = random.Random(5)
    levels = [1]
    while len(levels) < 10_000:
        levels.append(dice.randint(2, levels[-1] + 1))
    begin = time.process_time()
    placed = positions(levels)
    assert time.process_time() - begin < 0.5
    assert len(set(placed)) == len(levels)
