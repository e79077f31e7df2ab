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


def test_every_family_and_rule_is_drawn(count: Callable[[str], int]) -> None:
    """The logs above draw every kind of edge and every rule, so that their order is tried for each."""
    kinds: set[str] = set()
    rules: set[str] = set()
    pivots: set[str] = set()
    for seed in range(count("linked_logs")):
        memory = Memory()
        memory.commit(part_of(log(seed)))
        memory.link()
        for one in memory.linked.values():
            kinds |= {e.kind for e in one.edges}
            rules |= {e.rule for e in one.edges}
            pivots |= {e.pivot for e in one.edges}
    assert kinds == {
        "ASSUMED", "FEDERATED", "GOT_SESSION_TOKEN", "GOT_FEDERATION_TOKEN", "RAN_ROOT_TASK", "SWITCHED", "DELIVERED", "SIGNED_IN", "CREATED",
    }  # fmt: skip
    assert rules == {"J1", "J1x", "J2", "J2m", "J3", "J4", "J5", "J6", "J10", "J11", "PIVOT"}
    assert pivots >= {"", "access_key", "login_profile", "instance", "function", "command", "task", "trust", "provider"}
