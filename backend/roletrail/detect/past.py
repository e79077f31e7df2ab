"""What was usual: distinct days on which a habit was seen, in event time, in the month before what is judged.

Only days count, not calls, so that no burst makes a habit; and only days that had a week to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from roletrail.lineage import ids

DAY = 86_400
WINDOW_DAYS = 30
SETTLED_DAYS = 7
LEAST_DAYS = 14
"""Days of data before which nothing is called new: everything would be."""
QUIET_DAYS = 10
"""Days with the same root, network class and client family that make a path quieter."""


@lru_cache(1 << 16)
def habit(kind: str, *parts: str) -> int:
    """Look-up number of a habit."""
    return ids.anchor("habit", kind, *parts)


class Days:
    """Days by habit, a bit for each that was seen: a month of them takes 32 bytes, and a set of them 2,000."""

    def __init__(self, days: Mapping[int, Iterable[int]] | None = None) -> None:
        self._seen: dict[int, int] = {}
        self._bits: dict[int, int] = {}
        self._windows: dict[tuple[int, int], int] = {}
        self._read: dict[tuple[int, int], int] = {}
        for key, many in (days or {}).items():
            self.see(key, many)

    def __len__(self) -> int:
        """Habits that were seen."""
        return len(self._seen)

    def see(self, key: int, days: Iterable[int]) -> None:
        for day in days:
            self.see_all((key,), day)

    def see_bits(self, key: int, first_day: int, bits: int) -> None:
        """Days as bits from a first one on: thousands of habits have the same ones, and each number is read once."""
        seen = self._read.get((first_day, bits))
        if seen is None:
            days = [first_day + bit for bit in range(bits.bit_length()) if bits >> bit & 1]
            seen = self._read[first_day, bits] = self._bits_of(days)
        self._seen[key] = self._seen.get(key, 0) | seen

    def see_all(self, keys: Collection[int], day: int) -> None:
        """All of these on one day."""
        if not keys:
            return
        seen, bit = self._seen, self._bits_of((day,))
        for key in keys:
            seen[key] = seen.get(key, 0) | bit

    def _bits_of(self, days: Iterable[int]) -> int:
        """Bits are given in the order days come: one in the year 9999 takes no more than others."""
        bits = 0
        for day in days:
            if day not in self._bits:
                self._bits[day] = 1 << len(self._bits)
                self._windows.clear()
            bits |= self._bits[day]
        return bits

    def of(self, key: int) -> list[int]:
        """In their order."""
        seen = self._seen.get(key, 0)
        return sorted(day for day, bit in self._bits.items() if seen & bit) if seen else []

    def count(self, key: int, window: tuple[int, int]) -> int:
        """How many of them from the first to the last day of a window."""
        return (self._seen.get(key, 0) & self._within(window)).bit_count()

    def any_missing(self, keys: Iterable[int], window: tuple[int, int]) -> bool:
        """Whether one of these was seen on no day of a window."""
        seen, within = self._seen, self._within(window)
        for key in keys:  # noqa: SIM110 - asked of every story, and `any` would take twice as long
            if not seen.get(key, 0) & within:
                return True
        return False

    def _within(self, window: tuple[int, int]) -> int:
        bits = self._windows.get(window)
        if bits is None:
            oldest, newest = window
            bits = self._windows[window] = sum(bit for day, bit in self._bits.items() if oldest <= day <= newest)
        return bits


class Past:
    """What was seen before, and since when there is anything to have seen: `first_at` is the time of the first event loaded."""

    def __init__(self, first_at: int, days: Days) -> None:
        self._first_at = first_at
        self._days = days

    def known(self, at: int) -> bool:
        """Whether there is enough before `at` to call anything new."""
        return self._first_at > 0 and at - self._first_at >= LEAST_DAYS * DAY

    def days(self, key: int, at: int) -> int:
        """Distinct days, from 30 to 7 before `at`, on which the habit was seen."""
        return self._days.count(key, _window(at))

    def new(self, key: int, at: int) -> bool:
        """Never seen in the window, though there was time to."""
        return self.any_new((key,), at)

    def any_new(self, keys: Iterable[int], at: int) -> bool:
        """Whether any of these is new: asked of all that every story shows."""
        return self.known(at) and self._days.any_missing(keys, _window(at))

    def usual(self, key: int, at: int) -> bool:
        return self.known(at) and self.days(key, at) >= QUIET_DAYS


def _window(at: int) -> tuple[int, int]:
    return at // DAY - WINDOW_DAYS, at // DAY - SETTLED_DAYS


Shown = dict[int, set[int]]
"""Keys of habits by the day they were shown on: thousands of sessions show the same ones on the same days, and sets of numbers
are told apart faster than pairs."""
