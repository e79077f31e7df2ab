"""The inventory as use-cases read it: facts of imports, what settings say, address ranges."""

from __future__ import annotations

from pathlib import Path

from roletrail.detect.address import Ranges
from roletrail.detect.estate import Fact, Organisation
from roletrail.inventory import ranges


class Known:
    def __init__(self, ip_ranges: Path | None, egress: tuple[str, ...]) -> None:
        self._ip_ranges = ip_ranges
        self._egress = egress

    def facts(self) -> tuple[Fact, ...]:
        return ()

    def organisation(self) -> Organisation:
        return Organisation(egress=self._egress)

    def ranges(self) -> Ranges:
        return ranges.of_file(self._ip_ranges) if self._ip_ranges else ranges.packaged()

    def state(self) -> str:
        return ""

    def close(self) -> None:
        pass
