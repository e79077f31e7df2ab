"""Columns of few distinct values: a table of those, and for each event a number into it.

Texts are met once, where they are numbered. Everything after that looks at small tables and at arrays of numbers.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

_MOST_PRODUCT = 1 << 62


class Coded(NamedTuple):
    """One column. The table may hold values that no event has any more, and after `mapped` one value twice."""

    table: list[Any]
    codes: np.ndarray

    def texts(self) -> list[Any]:
        """The value of each event."""
        return list(map(self.table.__getitem__, self.codes.tolist()))

    def mapped(self, function: Callable[[Any], Any]) -> Coded:
        """The function of every value, worked out once for each distinct one."""
        return Coded([function(value) for value in self.table], self.codes)

    def distinct(self) -> Coded:
        """The same column with each value once in the table."""
        table, numbers = numbered(self.table, len(self.table))
        return self if len(table) == len(self.table) else Coded(table, numbers[self.codes])

    def marks(self, wanted: Callable[[Any], object]) -> np.ndarray:
        """Which events have a value that is wanted."""
        found = [bool(wanted(value)) for value in self.table]
        if len(found) == 1 or all(found) or not any(found):
            return np.full(len(self.codes), found[0] if found else False)
        return np.array(found)[self.codes]

    def only(self, keep: np.ndarray) -> Coded:
        return Coded(self.table, self.codes[keep])


def coded(values: Sequence[Any]) -> Coded:
    count = len(values)
    if count and values[0] == values[-1] and values.count(values[0]) == count:
        return Coded([values[0]], np.zeros(count, np.int64))
    return numbered(values, count)


def numbered(values: Iterable[Any], count: int) -> Coded:
    """Numbers distinct values in the order they are met. Takes them one by one: those met before need not be held."""
    codes: dict[Any, int] = defaultdict(itertools.count().__next__)  # a new one takes no call of ours
    numbers = np.fromiter(map(codes.__getitem__, values), np.int64, count)
    return Coded(list(codes), numbers)


def combined(parts: Iterable[tuple[np.ndarray, int]]) -> tuple[np.ndarray, int]:
    """One number for each combination of numbers, given with how many each may be; and how many combinations there are.

    Numbered in the order in which they are met.
    """
    product = 1
    code: np.ndarray | None = None
    for numbers, size in parts:
        if size == 1 and code is not None:
            continue
        if product * size > _MOST_PRODUCT and code is not None:
            code, product = _numbered(code)
        code = numbers if code is None else code * size + numbers
        product *= size
    if code is None:
        return np.zeros(0, np.int64), 0
    return _numbered(code)


def _numbered(values: np.ndarray) -> tuple[np.ndarray, int]:
    """By sorting: for numbers half of what a dict takes."""
    order = values.argsort(kind="stable")
    ranked = values[order]
    begins = np.concatenate((np.ones(min(1, len(values)), bool), ranked[1:] != ranked[:-1]))
    first = order[begins]
    number = np.empty(len(first), np.int64)
    number[first.argsort()] = np.arange(len(first))
    numbers = np.empty(len(values), np.int64)
    numbers[order] = number[begins.cumsum() - 1]
    return numbers, len(first)


def first_of(codes: np.ndarray, count: int) -> np.ndarray:
    """Place of the first event of each number."""
    first = np.zeros(count, np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first
