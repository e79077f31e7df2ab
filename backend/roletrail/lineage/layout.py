"""Where nodes of a tree are drawn: left to right, a column for each level, a lane for each leaf. O(n), no library.

The same rows give the same picture on screen, in exports and in reports.
"""

from __future__ import annotations

from collections.abc import Sequence

COLUMN, LANE = 190.0, 112.0
"""Distances in CSS pixels: a label of a role name fits between two columns."""


def positions(levels: Sequence[int]) -> list[tuple[float, float]]:
    """(x, y) of nodes given in tree order by their level, 1 for roots. A parent lies on the lane of its first child, so
    that a path without branches is a straight line."""
    placed: list[tuple[float, float]] = []
    lane = 0
    for n, level in enumerate(levels):
        placed.append(((level - 1) * COLUMN, lane * LANE))
        is_leaf = n + 1 == len(levels) or levels[n + 1] <= level
        lane += is_leaf
    return placed
