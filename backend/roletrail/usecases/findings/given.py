"""What judging is given beside the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from roletrail.detect.marks import Mark
from roletrail.detect.responders import Responder
from roletrail.inventory.port import Inventory
from roletrail.stores.port import GraphStore


class Given(NamedTuple):
    """What judging is given beside the store: what people said of findings and of credentials, and the inventory. Without an
    inventory nothing is said of where workloads' credentials were used."""

    benign: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()
    inventory: Inventory | None = None
    responders: tuple[Responder, ...] = ()
    own_role: str = ""  # ARN of the role Roletrail reads AWS with
    announce: Callable[[GraphStore], object] | None = (
        None  # called when something was judged: watched pins are looked at, findings go out
    )


NOBODY = Given()
