"""CloudTrail's Event history (LookupEvents) as objects: one for each region and stretch of time, spooled to a private file.

What it cannot give, and says so: more than 90 days, data events, another account's copy of a call. AWS answers twice a
second for an account and region, and 50 events at a time (LookupEvents page of the API reference).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from roletrail.aws import clients
from roletrail.aws.patience import kind_of, patiently, sentence
from roletrail.errors import InputUnavailable, RoletrailError
from roletrail.ingest import clock
from roletrail.ingest.source import Listed

LIMITS = (
    "Event history holds management events of the last 90 days, of this account alone: no data events (objects read, functions"
    " invoked), and of a call into another account only this account's copy."
)
HISTORY_SECONDS = 90 * 86_400
STRETCH_SECONDS = 6 * 3600
SETTLED_SECONDS = 2 * 3600
"""A stretch that ended this long ago has all its events; a younger one is asked for again by the next run."""
CLOSED = "closed"

PAUSE_SECONDS = 0.5
"""Between two calls to one region."""
PATIENCE = 12
PAGE = 50


class Stretch(NamedTuple):
    region: str
    start: int
    end: int  # exclusive

    def locator(self, account: str) -> str:
        return f"lookup-events:{account}/{self.region}/{_stamp(self.start)}-{_stamp(self.end)}"


class Attribute(NamedTuple):
    """One filter, the most that LookupEvents takes: AccessKeyId, EventName, Username, ResourceName, EventId, ..."""

    key: str
    value: str


def account_of_ours() -> str:
    """Raises InputUnavailable when the credentials are no good."""
    try:
        return patiently(lambda: clients.client("sts", attempts=1).get_caller_identity(), "Asking who we are")["Account"]
    except RoletrailError:
        raise
    except Exception as error:
        raise InputUnavailable(f"AWS does not know these credentials: {sentence(error)}", hint="Check them.") from error


def regions_of_ours() -> list[str]:
    """Regions that are on in our account."""
    try:
        answer = patiently(lambda: clients.client("ec2", attempts=1).describe_regions(), "Asking for the regions")
        return sorted(one["RegionName"] for one in answer["Regions"])
    except RoletrailError:
        raise
    except Exception as error:
        why = "ec2:DescribeRegions is not allowed." if kind_of(error) == "denied" else sentence(error)
        raise InputUnavailable(f"The regions cannot be asked for: {why}", hint="Name them: --regions us-east-1,...") from error


def stretches(regions: list[str], since: int, until: int, now: float) -> Iterator[list[Stretch]]:
    """Rows of stretches, newest row first: the same time in every region."""
    since, until = max(since, int(now) - HISTORY_SECONDS), min(until or int(now) + 1, int(now) + 1)
    end = until
    while end > since:
        start = max(since, (end - 1) // STRETCH_SECONDS * STRETCH_SECONDS)
        yield [Stretch(region, start, end) for region in regions]
        end = start


class History:
    """Event history through the eyes of these credentials, at the pace AWS allows."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.calls = 0
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def pull(self, stretch: Stretch, folder: Path, *, attribute: Attribute | None = None) -> Listed:
        """The events of a stretch as an object in `folder`, newest first as AWS gives them."""
        locator = stretch.locator(self.account) + (f"/{attribute.key}={attribute.value}" if attribute else "")
        path = folder / f"{stretch.region}-{stretch.start}-{stretch.end}-{abs(hash(attribute))}.json"
        count = 0
        with path.open("wb") as file:
            file.write(b'{"Records":[')
            for event in self.events(stretch, attribute):
                file.write((b"," if count else b"") + event.encode())
                count += 1
            file.write(b"]}")
        settled = stretch.end <= time.time() - SETTLED_SECONDS
        return Listed(locator, str(path), path.stat().st_size, CLOSED if settled else f"open-{int(time.time())}")

    def events(self, stretch: Stretch, attribute: Attribute | None = None) -> Iterator[str]:
        """Records as JSON texts. Raises InputUnavailable."""
        wanted: dict[str, Any] = {"StartTime": stretch.start, "EndTime": stretch.end - 1, "MaxResults": PAGE}
        if attribute:
            wanted["LookupAttributes"] = [{"AttributeKey": attribute.key, "AttributeValue": attribute.value}]
        token: dict[str, str] = {}
        while True:
            page = self._page(stretch.region, {**wanted, **token})
            for event in page.get("Events", ()):
                if text := event.get("CloudTrailEvent"):
                    yield text
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _page(self, region: str, wanted: dict[str, Any]) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            history = clients.client("cloudtrail", region, attempts=1)  # before the turn: the first one takes a while to make
            self._wait_for_turn(region)
            return history.lookup_events(**wanted)

        try:
            return patiently(ask, f"LookupEvents in {region}", attempts=PATIENCE)
        except RoletrailError:
            raise
        except Exception as error:
            raise InputUnavailable(
                f"Event history of {region} cannot be read: {sentence(error)}",
                hint="cloudtrail:LookupEvents is missing." if kind_of(error) == "denied" else "Check the region.",
            ) from error

    def _wait_for_turn(self, region: str) -> None:
        with self._lock:
            self.calls += 1
            now = time.monotonic()
            turn = max(now, self._next.get(region, 0))
            self._next[region] = turn + PAUSE_SECONDS
        time.sleep(turn - now)


def _stamp(at: int) -> str:
    return clock.iso(at).replace("-", "").replace(":", "")
