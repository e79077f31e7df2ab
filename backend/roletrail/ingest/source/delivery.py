"""How CloudTrail names what it delivers, wherever it lies: account, region and time of an object, and a window over them.

Names say when a file was written, some minutes after its last event as a rule (record contents page: about five). Security
Lake's say the day of the events.
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
_PARTITION = re.compile(
    r"(?:^|/)region=(?P<region>[a-z0-9-]+)/account_?id=(?P<account>\d{12})/eventday=(?P<day>\d{8})/", re.IGNORECASE
)
"""Security Lake's folders (its page on source management): region=REGION/accountId=ACCOUNT/eventDay=YYYYMMDD."""
_PART = re.compile(r"(region|account_?id|eventday)=([^/]+)/?$", re.IGNORECASE)
DAY = 86_400


class Delivery(NamedTuple):
    account: str
    region: str
    at: int  # when the file was written, or the first second of what it holds; 0 when only its folder is known
    digest: bool
    lasts: int = 0  # seconds from `at` in which its events lie, where its name says those and not when it was written


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
        if found.lasts:
            return self._meets(found.at, found.lasts)
        late = DIGEST_LATE_SECONDS if found.digest else LATE_SECONDS
        return found.at >= self.since and not (self.until and found.at >= self.until + late)

    def admits_folder(self, folder: str) -> bool:
        """Whether anything wanted can lie in one of Security Lake's folders, by the last step of its name."""
        found = _PART.search(folder)
        if not found:
            return True
        name, value = found[1].lower(), found[2]
        if name == "region":
            return not self.regions or value in self.regions
        if name != "eventday":
            return not self.accounts or value in self.accounts
        return self._meets(_epoch(f"{value}T0000"), DAY)

    def _meets(self, begin: int, lasts: int) -> bool:
        return begin + lasts > self.since and not (self.until and begin >= self.until)


EVERYTHING = Window()


def delivery_of(locator: str) -> Delivery | None:
    name = locator.rpartition("/")[2]
    found = _NAME.match(name)
    if found:
        return Delivery(found["account"], found["region"], _epoch(found["time"]), found["kind"] == "-Digest")
    found = _PARTITION.search(locator)
    if found:
        return Delivery(found["account"], found["region"], _epoch(f"{found['day']}T0000"), digest=False, lasts=DAY)
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
