"""Rate limits: a bucket of attempts for each client, refilled evenly. In memory: one process group owns an app database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MAX_CLIENTS = 10_000


class Rates:
    """At most `a_minute` attempts a minute and client, with as many at once. `a_minute` 0 is no limit."""

    def __init__(self, a_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = a_minute
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def spend(self, client: str) -> bool:
        """False when the client has no attempt left."""
        if not self._most:
            return True
        now = self._now()
        with self._lock:
            left, since = self._left.pop(client, (float(self._most), now))
            left = min(self._most, left + (now - since) * self._most / 60)
            allowed = left >= 1
            self._left[client] = (left - 1 if allowed else left, now)
            if len(self._left) > MAX_CLIENTS:
                self._left.pop(next(iter(self._left)))  # the one that came longest ago
            return allowed
