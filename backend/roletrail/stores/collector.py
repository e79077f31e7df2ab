"""The garbage collector, paused while a batch makes hundreds of thousands of tuples and no circle among them."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Generator[None]:
    """Looking for circles where there are none, again and again, costs a quarter of a batch's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
