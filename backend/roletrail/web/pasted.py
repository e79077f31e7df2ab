"""What people pasted into the trace box, for as long as the server runs: so that no name stands in a URL.

Pasted text goes in by POST and is looked at under an opaque id. It is kept in memory only, the latest thousand.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict

KEPT = 1000


class Pasted:
    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, text: str) -> str:
        """Keep a text and return its id."""
        id_ = secrets.token_urlsafe(12)
        with self._lock:
            self._texts[id_] = text
            while len(self._texts) > self._kept:
                self._texts.popitem(last=False)
        return id_

    def get(self, id_: str) -> str | None:
        with self._lock:
            return self._texts.get(id_)
