"""The short way and the long way to a plain join say the same, of everything, in any order."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from roletrail.lineage.link import plain
from roletrail.lineage.model import Part
from tests.scenarios.records import records_of
from tests.scenarios.test_scenarios import Case, case_id, cases
from tests.support.core import reduced
from tests.support.logs import log
from tests.support.memory import Memory, part_of
from tests.unit.lineage.link.told import DAY, STORIES, A, B, Told

Graph = dict[str, tuple[Any, ...]]
Patch = pytest.MonkeyPatch


def linked(parts: Sequence[Part], patch: Patch, *, short: bool) -> tuple[Graph, int]:
    """The graph, linked after every part, and how many sessions went the short way."""
    taken = 0

    def is_alone(one: plain.Plain, counts: dict[int, int]) -> bool:
        nonlocal taken
        alone = short and real(one, counts)
        taken += alone
        return alone

    real = plain.is_alone
    with patch.context() as patched:
        patched.setattr(plain, "is_alone", is_alone)
        memory = Memory()
        for part in parts:
            memory.commit(part)
            memory.link()
    return memory.graph(), taken


def split(records: Sequence[Any], seed: int, reduce: Callable[[Sequence[Any], str], Part]) -> list[Part]:
    """The records in random order, cut in four."""
    dice = random.Random(seed)
    shuffled = dice.sample(records, len(records))
    cuts = [0, *sorted(dice.randrange(len(records) + 1) for _ in range(3)), len(records)]
    return [reduce(shuffled[a:b], f"{n}.json") for n, (a, b) in enumerate(pairwise(cuts))]


def same_both_ways(ways: Sequence[Sequence[Part]], patch: Patch) -> int:
    graphs = [linked(parts, patch, short=short) for parts in ways for short in (True, False)]
    assert all(graph == graphs[0][0] for graph, _ in graphs)
    return sum(taken for _, taken in graphs)


@pytest.mark.parametrize("name", STORIES)
def test_stories(name: str, monkeypatch: Patch) -> None:
    trail = Told()
    STORIES[name](trail)
    same_both_ways([[part_of(trail.records)], split(trail.records, 7, part_of)], monkeypatch)


def test_generated_logs(count: Callable[[str], int], monkeypatch: Patch) -> None:
    taken = 0
    for seed in range(count("plain_logs")):
        records = log(seed)
        taken += same_both_ways([[part_of(records)], split(records, seed, part_of)], monkeypatch)
    assert taken > count("plain_logs")


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_scenarios(case: Case, monkeypatch: Patch) -> None:
    records = records_of(case)
    taken = same_both_ways([[reduced(records)], split(records, 3, reduced)], monkeypatch)
    assert taken > 100 or "company-noise" not in str(case.folder)


def test_what_makes_a_session_plain(monkeypatch: Patch) -> None:
    """One neighbour more, by key, by name and second, or as a workload, and it is plain no longer."""

    def taken(*others: Callable[[Told], object]) -> int:
        trail = Told()
        trail.use(trail.assume(trail.key, DAY, A, "work", key="K1"), 5)
        for other in others:
            other(trail)
        return linked([part_of(trail.records)], monkeypatch, short=True)[1]

    assert taken() == 1
    assert taken(lambda t: t.assume(t.key, DAY, A, "other", key="K2")) == 2
    assert taken(lambda t: t.assume(t.key, DAY + 6, A, "work", key="K2")) == 0
    assert taken(lambda t: t.assume(t.key, DAY + 900, B, "work", key="K1")) == 0
    assert taken(lambda t: t.call(t.key, DAY + 1, "iam", "UpdateAccessKey", {"accessKeyId": "ASIAIEXAMPLEXXXXXXK1"})) == 0
    trail = Told()
    trail.use(trail.assume(trail.key, DAY, A, "work", key="K1").using("ASIAIEXAMPLEXXXXXXK9"), 5)
    assert linked([part_of(json.loads(json.dumps(trail.records)))], monkeypatch, short=True)[1] == 0
