"""Linking is a function of the set of observations: any order, split and repetition gives the same graph."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.counts import repetitions
from tests.support.logs import MOST_SEEDS, log
from tests.support.memory import Memory, part_of


@settings(database=None, max_examples=repetitions("link_orders"))
@given(st.integers(0, MOST_SEEDS), st.randoms(use_true_random=False), st.integers(1, 9))
def test_any_order_and_split(seed: int, shuffle: random.Random, batch: int) -> None:
    records = log(seed)
    whole = Memory()
    whole.commit(part_of(records))
    whole.link()
    assert split(records, shuffle, batch).graph() == whole.graph()


def split(records: list[dict[str, Any]], shuffle: random.Random, batch: int) -> Memory:
    """The same records in another order, cut into objects, some of them linked as they come."""
    shuffled = list(records)
    shuffle.shuffle(shuffled)
    memory = Memory()
    while shuffled:
        size = shuffle.randint(1, 6)
        memory.commit(part_of(shuffled[:size], f"{len(shuffled)}.json"))
        del shuffled[:size]
        if shuffle.random() < 0.5:
            memory.link(batch)
    memory.link(batch)
    return memory
