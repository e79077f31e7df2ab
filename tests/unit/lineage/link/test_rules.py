"""The rules against an oracle that reads the semantics the plain way, on generated logs that draw all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from roletrail.lineage.model import Part
from tests.support.drawn import KINDS, PIVOTS, ROWS, RULES, fired, rows_of
from tests.support.logs import log
from tests.support.memory import Memory, part_of
from tests.support.oracle import Join, Oracle


def linked(part: Part) -> Memory:
    memory = Memory()
    memory.commit(part)
    memory.link()
    return memory


def joins(memory: Memory) -> set[Join]:
    return {
        Join(e.kind, e.parent, e.child, e.parent_key, e.child_key, e.rule, e.confidence, e.evidence, bool(e.conflict))
        for one in memory.linked.values()
        for e in one.edges
        if not e.pivot
    }


def test_joins_are_those_of_the_semantics(count: Callable[[str], int]) -> None:
    for seed in range(count("judged_logs")):
        part = part_of(log(seed))
        assert joins(linked(part)) == Oracle(part).joins(), f"seed {seed}"


def test_every_row_is_drawn_and_every_rule_fires(count: Callable[[str], int], capsys: pytest.CaptureFixture[str]) -> None:
    """Prints how often; a row or rule that never came up would be one that nothing here tests."""
    rows: Counter[str] = Counter(dict.fromkeys(ROWS, 0))
    rules: Counter[str] = Counter(dict.fromkeys((*RULES, *KINDS, *PIVOTS), 0))
    for seed in range(count("judged_logs")):
        records: list[dict[str, Any]] = log(seed)
        rows.update(rows_of(records))
        rules.update(fired(linked(part_of(records))))
    with capsys.disabled():
        print(f"\nrows drawn, of {count('judged_logs')} logs: " + ", ".join(f"{row} {n}" for row, n in rows.items()))
        print("rules fired: " + ", ".join(f"{rule} {n}" for rule, n in rules.items()))
    assert not [name for name, n in (rows | rules).items() if n == 0]
