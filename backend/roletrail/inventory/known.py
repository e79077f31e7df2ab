"""The inventory as use-cases read it: facts of what was loaded, what settings say, address ranges. The file is opened when it
is there, and made by the first import."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from roletrail.detect.address import Ranges
from roletrail.detect.estate import Fact, Organisation
from roletrail.inventory import geo, ranges
from roletrail.inventory.facts import facts_of
from roletrail.inventory.guardduty import GuardDutyFinding
from roletrail.inventory.store import IP_RANGES, InventoryFile


class Said(NamedTuple):
    """What settings say."""

    ip_ranges: Path | None = None
    egress: tuple[str, ...] = ()
    shared_endpoints: tuple[str, ...] = ()
    geo: tuple[Path, ...] = ()


class Known:
    def __init__(self, path: Path, said: Said) -> None:
        self._path = path
        self._said = said
        self._kept: dict[str, tuple[int, object]] = {}

    @cached_property
    def file(self) -> InventoryFile:
        """The file, made when it is not there."""
        return InventoryFile(self._path)

    @property
    def _present(self) -> bool:
        return "file" in self.__dict__ or self._path.is_file()

    def facts(self) -> tuple[Fact, ...]:
        return self._once("facts", lambda: tuple(facts_of(self.file.snapshots()))) if self._present else ()

    def organisation(self) -> Organisation:
        if not self._present:
            return Organisation(None, self._said.egress, frozenset(self._said.shared_endpoints))
        accounts = frozenset(self.file.accounts()) or None
        listed = {listing.account for listing in self.file.listings() if listing.kind == "endpoint"}
        complete = accounts is not None and accounts <= listed
        return Organisation(accounts, self._said.egress, frozenset(self._said.shared_endpoints), complete)

    def ranges(self) -> Ranges:
        if self._said.ip_ranges:
            return ranges.of_file(self._said.ip_ranges)
        body = self._once("ranges", self._loaded_ranges) if self._present else None
        return body or ranges.packaged()

    def _loaded_ranges(self) -> Ranges | None:
        body = self.file.document(IP_RANGES)
        return ranges.of_json(body, "ip-ranges.json") if body is not None else None

    def where(self, address: str) -> str:
        return geo.where(self._said.geo, address)

    def findings(self) -> list[GuardDutyFinding]:
        return self.file.findings() if self._present else []

    def state(self) -> str:
        return f"{self.file.change() if self._present else 0} {self.ranges().source} {self.ranges().date}"

    def _once(self, name: str, work: Callable[[], object]) -> Any:
        """An answer worked out of the file, as long as the file stays as it is."""
        change = self.file.change()
        if self._kept.get(name, (-1, None))[0] != change:
            self._kept[name] = change, work()
        return self._kept[name][1]

    def close(self) -> None:
        if "file" in self.__dict__:
            self.file.close()
