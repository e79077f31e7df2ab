"""Anchors find what rules ask: logs linked record by record, latest first, come out as logs linked whole."""

from __future__ import annotations

import pytest

from roletrail.lineage.link import anchors, origins
from tests.support import workloads
from tests.support.logs import log
from tests.support.memory import Memory, part_of
from tests.unit.lineage.link.told import DAY, INSTANCE, STORIES, A, Told

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


def test_an_issuance_is_found_by_its_moment_and_by_the_key_it_handed_out() -> None:
    trail = Told()
    session = trail.assume(trail.key, DAY, A, "work", key="K1")
    (issued,) = part_of(trail.records).issuances
    assert set(anchors.of_issuance(issued)) == {anchors.key(session.key), anchors._moment(("A", "work"), DAY // anchors.STRETCH)}
    assert anchors.key(session.key) not in anchors.of_issuance(issued._replace(child_key=""))


@pytest.mark.parametrize(
    "service", [{"session_name": INSTANCE}, {"session_name": "job", "invoked_by": "codebuild.amazonaws.com.cn"}]
)
def test_a_service_lies_in_the_partition_of_what_it_delivers(service: dict[str, str]) -> None:
    trail = Told()
    workloads.instance(trail, DAY, A, INSTANCE, address="10.0.1.5", keys=("K1", "K2"))
    issued = part_of(trail.records).issuances[0]._replace(partition="aws-cn", parent_label="", **service)
    found = origins.of_service(issued)
    assert (found.partition, found.account, found.id) == ("aws-cn", issued.role_account, issued.parent)
