"""Empties the caches of the core: what one log worked out must not answer for another, nor for a changed rule."""

from __future__ import annotations

from roletrail.lineage import arn, ids, workload
from roletrail.lineage.link import anchors, detail, grant, node, touch

MODULES = (anchors, arn, detail, grant, ids, node, touch, workload)


def forget() -> None:
    for module in MODULES:
        for thing in vars(module).values():
            clear = getattr(thing, "cache_clear", None)
            if clear is not None:
                clear()
