"""Texts by which chains are sorted: one index range a band and sort, in the order of the list, ties by id.

Lists go down by value and up by id, which no index does by itself: so the value is turned round and written at full width.
"""

from __future__ import annotations

import struct
from typing import Any

SORTS = {
    "last_seen": "byLastSeen",
    "first_seen": "byFirstSeen",
    "sessions": "bySessions",
    "reach": "byReach",
    "confidence": "byConfidence",
}
END = "~"
"""Greater than every character of a key."""


def upside_down(value: float) -> str:
    """Sixteen hexadecimal digits; the greater the value, the lesser the text. Values are not negative."""
    (bits,) = struct.unpack(">q", struct.pack(">d", value))
    return f"{(1 << 63) - 1 - bits:016x}"


def order(band: int, value: float, id_: str) -> str:
    return f"{band}.{upside_down(value)}.{id_}"


def orders(band: int, id_: str, values: dict[str, float]) -> dict[str, Any]:
    """The sort keys of a chain's last session; nulls for any other."""
    return {name: order(band, values[sort], id_) if band else None for sort, name in SORTS.items()}


def moved(id_: str, band: int, last_at: int) -> dict[str, Any]:
    """What changes on a linked identity that was used once more."""
    return {"lastSeen": last_at, **({"byLastSeen": order(band, last_at, id_)} if band else {})}
