"""Which identities are judged together: their stories are held at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roletrail.stores.judging import Unjudged
from roletrail.usecases.findings import evaluate


def cut(quarters: list[int]) -> list[list[int]]:
    """The quarters of each case; ids count up, so that a lost, doubled or misplaced one shows."""
    ids = tuple(str(number) for number in range(len(quarters)))
    cases = evaluate._evenly(Unjudged(ids, tuple(quarters), 0))
    assert [id_ for case in cases for id_ in case] == list(ids)
    return [[quarters[int(id_)] for id_ in case] for case in cases]


def test_few_are_one_case_and_many_an_odd_number_of_equal_ones_and_half_a_one() -> None:
    assert [len(case) for case in cut([1] * evaluate.AT_ONCE)] == [evaluate.AT_ONCE]
    *several, last = [len(case) for case in cut([1] * (2 * evaluate.AT_ONCE + 2))]
    assert len(several) == 2
    assert max(several) - min(several) <= 1
    assert abs(2 * last - several[0]) <= 2


def test_those_who_called_for_weeks_are_few_together() -> None:
    month = 30 * 96
    sizes = [len(case) for case in cut([month] * 50 + [1] * 2_000)]
    assert sizes[0] <= evaluate.AT_ONCE // (month // evaluate.QUARTERS) + 1
    assert sizes[-1] > 100


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=80))
def test_no_case_is_larger_than_its_last_one_makes_it(quarters: list[int]) -> None:
    for case in cut(quarters):
        assert sum(1 + many // evaluate.QUARTERS for many in case[:-1]) <= evaluate.AT_ONCE
