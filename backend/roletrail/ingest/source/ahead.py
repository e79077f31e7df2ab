"""Reads objects of a unit in their order; those far away are on their way while the ones before them are reduced."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from roletrail.ingest.source import Listed, is_remote, stored_bytes

DOWNLOADS = 8
"""At once, for each worker."""
MOST_BYTES_AHEAD = 64 << 20
"""Stored bytes that may be on their way: one object always is, however large."""

Stored = Callable[[], bytes]
"""The object's bytes; raises Unreadable as `stored_bytes` does."""


def read_ahead(objects: Sequence[Listed]) -> Iterator[tuple[Listed, Stored]]:
    if not any(map(is_remote, objects)):
        for one in objects:
            yield one, lambda one=one: stored_bytes(one)
        return
    with ThreadPoolExecutor(DOWNLOADS) as pool:
        yield from _fetched(objects, pool)


def _fetched(objects: Sequence[Listed], pool: ThreadPoolExecutor) -> Iterator[tuple[Listed, Stored]]:
    coming: deque[tuple[Listed, Future[bytes]]] = deque()
    waiting = deque(objects)
    ahead = 0
    try:
        while waiting or coming:
            while waiting and len(coming) < 2 * DOWNLOADS and (not coming or ahead + waiting[0].size <= MOST_BYTES_AHEAD):
                one = waiting.popleft()
                ahead += max(one.size, 0)
                coming.append((one, pool.submit(stored_bytes, one)))
            one, future = coming.popleft()
            ahead -= max(one.size, 0)
            yield one, future.result
    finally:
        for _, future in coming:
            future.cancel()
