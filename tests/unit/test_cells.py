"""What a writer remembers of the events it took: everything, in few runs, and of few hours."""

from __future__ import annotations

import random

import pytest

from roletrail.lineage.model import CellEvents, ObjectInfo, Part
from roletrail.stores import cells
from roletrail.stores.cells import TakenCells

HOUR = 3_600


def part(hashes: list[int], hour: int = 0) -> Part:
    packed = b"".join(one.to_bytes(8, "little") for one in sorted(hashes))
    cell = CellEvents("111111111111", "eu-central-1", hour, packed, {"management_read": len(hashes)}, hour, hour + 9)
    info = ObjectInfo("x", 1, "1", "", "cloudtrail")
    return Part(info, 1, 0, 1, len(hashes), 0, 0, [], [], [], [], [], [], [], [cell], [])


def known(held: TakenCells, one: Part) -> list[int]:
    packed = held.doubles(one)
    return [int.from_bytes(packed[i : i + 8], "little") for i in range(0, len(packed), 8)]


def test_whatever_was_taken_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_RUN", 64)
    chance = random.Random(1)
    held, taken = TakenCells(), set[int]()
    for _ in range(200):
        mine = {chance.randrange(1 << 64) for _ in range(chance.randrange(1, 20))} - taken
        held.take(part(list(mine)).cells)
        taken |= mine
    assert known(held, part([*taken, 7])) == sorted(taken)
    ((_, cell),) = held.taken()[0]
    assert cell.counts == {"management_read": len(taken)}
    assert max(map(len, cell.runs)) <= 64
    assert len(cell.runs) < 4 * len(taken) / 64


def test_a_part_more_sorts_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy hour has millions of events: each is sorted a few times, whatever comes after it."""
    sorted_ = 0
    concatenate = cells.np.concatenate

    def counting(runs: tuple[cells.Hashes, ...]) -> cells.Hashes:
        nonlocal sorted_
        sorted_ += sum(map(len, runs))
        return concatenate(runs)

    monkeypatch.setattr(cells.np, "concatenate", counting)
    held = TakenCells()
    for number in range(512):
        held.take(part(list(range(number * 10, number * 10 + 10))).cells)
    assert sorted_ == 512 * 10 * 9  # 2**9 parts


def test_room_is_made_of_hours_nobody_asks_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_CACHED", 5)
    held = TakenCells()
    first, second = part([1, 2, 3], 0), part([4, 5, 6], HOUR)
    for one in (first, second):
        held.take(one.cells)
    held.make_room([second])
    assert held.unknown([first, second]) == {("111111111111", "eu-central-1", 0)}
    assert known(held, second) == [4, 5, 6]
