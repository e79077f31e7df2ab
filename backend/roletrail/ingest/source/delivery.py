"""How CloudTrail names what it delivers, wherever it lies: account, region and time of an object, and a window over them.

Names say when a file was written, some minutes after its last event as a rule (record contents page: about five).
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Collection
from typing import NamedTuple

LATE_SECONDS = 3600
"""A log file written this long after a window may still hold events of it; later ones are late deliveries."""
DIGEST_LATE_SECONDS = 2 * 3600
"""A digest is written up to an hour after the hour of which it speaks."""

_NAME = re.compile(
    r"(?P<account>\d{12})_CloudTrail(?P<kind>-Digest|-Insight)?_(?P<region>[a-z]{2}[a-z0-9-]+?)_"
    r"(?:.*_)?(?P<time>\d{8}T\d{4}(?:\d\d)?)Z"
)
_FOLDER = re.compile(r"(?:^|/)(?P<account>\d{12})/CloudTrail(?P<kind>-Digest|-Insight)?/(?P<region>[a-z0-9-]+)/")


class Delivery(NamedTuple):
    account: str
    region: str
    at: int  # when the file was written; 0 when only its folder is known
    digest: bool


class Window(NamedTuple):
    """What to take. Times are epoch seconds of events, `until` exclusive; zeros and empty sets are no bound."""

    since: int = 0
    until: int = 0
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def admits(self, locator: str) -> bool:
        """What is not named as CloudTrail names things is admitted: nothing is known against it."""
        found = delivery_of(locator)
        return found is None or self.admits_delivery(found)

    def admits_delivery(self, found: Delivery) -> bool:
        if self.accounts and found.account not in self.accounts:
            return False
        if self.regions and found.region not in self.regions:
            return False
        if not found.at:
            return True
        late = DIGEST_LATE_SECONDS if found.digest else LATE_SECONDS
        return found.at >= self.since and not (self.until and found.at >= self.until + late)


EVERYTHING = Window()


def delivery_of(locator: str) -> Delivery | None:
    name = locator.rpartition("/")[2]
    found = _NAME.match(name)
    if found:
        return Delivery(found["account"], found["region"], _epoch(found["time"]), found["kind"] == "-Digest")
    found = _FOLDER.search(locator)
    return Delivery(found["account"], found["region"], 0, found["kind"] == "-Digest") if found else None


def _epoch(text: str) -> int:
    """Of 20261106T1005 or 20261106T100530; 0 when it is no time."""
    numbers = [int(text[a:b] or 0) for a, b in ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))]
    year, month, day, hour, minute, second = numbers
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return 0
    return timegm((year, month, day, hour, minute, second))


def window_of(since: int, until: int, accounts: Collection[str], regions: Collection[str]) -> Window:
    return Window(since, until, frozenset(accounts), frozenset(regions))
