"""Linking is a function of the set of observations: any order, split and repetition gives the same graph."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.support.logs import log
from tests.support.memory import Memory, part_of


def test_any_order_and_split(count: Callable[[str], int]) -> None:
    """Logs of few names and seconds, records lost, shifted and hidden, keys issued again: what collides is told apart alike."""
    for seed in range(count("linked_logs")):
        records = log(seed)
        whole = Memory()
        whole.commit(part_of(records))
        whole.link()
        assert split(records, random.Random(seed)).graph() == whole.graph(), f"seed {seed}"


def split(records: list[dict[str, Any]], dice: random.Random) -> Memory:
    """The same records in another order, cut into objects, some of them linked as they come, a few observations at a time."""
    shuffled = list(records)
    dice.shuffle(shuffled)
    memory = Memory()
    batch = dice.choice((1, 3, 9, 1000))
    while shuffled:
        size = dice.randint(1, 6)
        memory.commit(part_of(shuffled[:size], f"{len(shuffled)}.json"))
        del shuffled[:size]
        if dice.random() < 0.5:
            memory.link(batch)
    memory.link(batch)
    return memory
