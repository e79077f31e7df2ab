"""Cached columns beside standings: what lists sort and filter by. Written once, at the end of a linking transaction.

Three columns are inherited from the primary parent and can change although the node's own standing did not:
`above` (nearest counting session above in the segment), `crossing` (accounts on the path) and, through `above`,
`band` (is this the last session of its chain). A change walks down only as far as it makes a difference.

What is the same wherever they are kept; knows neither rows nor statements. Rows are known by `K`: a number or an id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, Protocol, TypeVar

from roletrail.stores.lookups import MAX_BAND

K = TypeVar("K", int, str)

MAX_DEPTH = 100_000
"""Longest path a change walks down. Paths have no cycles; this only bounds the harm if one had."""


class Listed(Protocol):
    """The columns that totals are made of."""

    @property
    def counts(self) -> int: ...
    @property
    def band(self) -> int: ...
    @property
    def first_seen(self) -> int: ...
    @property
    def last_seen(self) -> int: ...


class Growth(NamedTuple):
    """By how much one transaction moves the totals a start page asks for, and its longest chain in seconds."""

    identities: int
    sessions: int
    chains2: int  # of two sessions and more
    chains3: int
    longest: int


def walk_down(ids: set[K], inherit: Callable[[set[K]], set[K]], below: Callable[[set[K]], set[K]]) -> None:
    """`inherit` says of whom the children must look again, `below` finds these."""
    changed = inherit(ids)
    for _ in range(MAX_DEPTH):
        if not changed:
            return
        changed = inherit(below(changed))


def stretch(one: K, waiting: set[K], parent_of: Callable[[K], K]) -> list[K]:
    """The waiting stretch of the path that ends here, topmost first."""
    found: dict[K, None] = {}
    while one in waiting and one not in found:
        found[one] = None
        one = parent_of(one)
    return list(reversed(found))


def band(sessions: int, counts: int, *, continued: bool) -> int:
    """Only the last session of a chain stands in the chain list."""
    return min(sessions, MAX_BAND) if counts and not continued else 0


def seen_between(started: int, issued_at: int, seen: tuple[int, int]) -> tuple[int, int]:
    """First and last seen of a node, of which its caller was `seen` from and to; (0, 0) when it never called."""
    first, last = seen
    return started or first or issued_at, max(last, issued_at)


def growth(new: Sequence[Listed], changed: Sequence[Listed], before: Sequence[Listed], gone: int) -> Growth:
    """`before` is what changed, and what is gone, as it was."""
    after = [*new, *changed]
    return Growth(
        len(new) - gone,
        sum(one.counts for one in after) - sum(one.counts for one in before),
        _listed(after, 2) - _listed(before, 2),
        _listed(after, 3) - _listed(before, 3),
        max((one.last_seen - one.first_seen for one in after), default=0),
    )


def _listed(rows: Collection[Listed], least: int) -> int:
    return sum(one.band >= least for one in rows)
