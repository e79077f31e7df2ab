"""What use-cases ask of an inventory."""

from __future__ import annotations

from typing import Protocol

from roletrail.detect.address import Ranges
from roletrail.detect.estate import Fact, Organisation
from roletrail.inventory.guardduty import GuardDutyFinding


class Inventory(Protocol):
    def facts(self) -> tuple[Fact, ...]:
        """Everything known of addresses, routes and endpoints, each with its time."""
        ...

    def organisation(self) -> Organisation: ...
    def ranges(self) -> Ranges: ...
    def where(self, address: str) -> str:
        """Network and country of an address, when files that say so are given; else ""."""
        ...

    def findings(self) -> list[GuardDutyFinding]:
        """GuardDuty's findings on credentials, the latest first."""
        ...

    def state(self) -> str:
        """Changes when anything here does: answers worked out of it may be kept as long as it stays."""
        ...

    def close(self) -> None: ...
