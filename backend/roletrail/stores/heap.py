"""Freed memory, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """glibc keeps what was freed for whoever asks next: after a load some 100 MB of pages and hashes, which nothing that follows
    is cut for (https://man7.org/linux/man-pages/man3/malloc_trim.3.html). Other C libraries have no such call."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
