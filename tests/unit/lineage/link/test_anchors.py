"""Anchors find what rules ask: logs linked record by record, latest first, come out as logs linked whole."""

from __future__ import annotations

import pytest

from roletrail.lineage.link import anchors
from tests.support.logs import log
from tests.support.memory import Memory, part_of
from tests.unit.lineage.link.told import STORIES, Told

LOGS = 12


@pytest.mark.parametrize("name", STORIES)
def test_a_story_told_backwards(name: str) -> None:
    trail = Told()
    STORIES[name](trail)
    whole = Memory()
    whole.commit(part_of(trail.records))
    whole.link()
    assert backwards(trail.records).graph() == whole.graph()


@pytest.mark.parametrize("seed", range(LOGS))
def test_a_log_told_backwards(seed: int) -> None:
    records = log(seed)
    whole = Memory()
    whole.commit(part_of(records))
    whole.link()
    assert backwards(records).graph() == whole.graph()


def backwards(records: list) -> Memory:
    """Linked after every record, the last one first."""
    memory = Memory()
    for number, record in enumerate(reversed(records)):
        memory.commit(part_of([record], f"{number}.json"))
        memory.link()
    return memory


def test_moments_reach_eight_seconds_to_both_sides() -> None:
    group = ("A", "work")
    for at in range(1_793_613_600, 1_793_613_600 + anchors.STRETCH):
        found = anchors.around(group, at)
        for other in (at - 8, at, at + 8):
            assert set(anchors.around(group, other)) & set(found)
            assert anchors._moment(group, other // anchors.STRETCH) in found
