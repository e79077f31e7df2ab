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


class Past:
    """Days by habit; `first_at` is the time of the first event that is loaded."""

    def __init__(self, first_at: int, days: Mapping[int, Collection[int]]) -> None:
        self._first_at = first_at
        self._days = days

    def known(self, at: int) -> bool:
        """Whether there is enough before `at` to call anything new."""
        return self._first_at > 0 and at - self._first_at >= LEAST_DAYS * DAY

    def days(self, key: int, at: int) -> int:
        """Distinct days, from 30 to 7 before `at`, on which the habit was seen."""
        seen = self._days.get(key)
        if not seen:
            return 0
        oldest, newest = _window(at)
        return len([day for day in seen if oldest <= day <= newest])

    def new(self, key: int, at: int) -> bool:
        """Never seen in the window, though there was time to."""
        return self.any_new((key,), at)

    def any_new(self, keys: Iterable[int], at: int) -> bool:
        """Whether any of these is new: asked of all that every story shows."""
        if not self.known(at):
            return False
        oldest, newest = _window(at)
        for key in keys:
            for day in self._days.get(key, ()):
                if oldest <= day <= newest:
                    break
            else:
                return True
        return False

    def usual(self, key: int, at: int) -> bool:
        return self.known(at) and self.days(key, at) >= QUIET_DAYS


def _window(at: int) -> tuple[int, int]:
    return at // DAY - WINDOW_DAYS, at // DAY - SETTLED_DAYS


Shown = dict[int, set[int]]
"""Keys of habits by the day they were shown on: thousands of sessions show the same ones on the same days, and sets of numbers
are told apart faster than pairs."""
