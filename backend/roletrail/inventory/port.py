"""What use-cases ask of an inventory."""

from __future__ import annotations

from typing import Protocol

from roletrail.detect.address import Ranges
from roletrail.detect.estate import Fact, Organisation


class Inventory(Protocol):
    def facts(self) -> tuple[Fact, ...]:
        """Everything known of addresses, routes and endpoints, each with its time."""
        ...

    def organisation(self) -> Organisation: ...
    def ranges(self) -> Ranges: ...
    def state(self) -> str:
        """Changes when anything here does: answers worked out of it may be kept as long as it stays."""
        ...

    def close(self) -> None: ...
