"""Sources that can be asked for part of what they hold: one account, some hours, one key. Triage asks; nothing is kept.

Each says what it would cost before anything is fetched, and what it cannot give at all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from roletrail.errors import InvalidRequest
from roletrail.ingest.source import Listed, file
from roletrail.ingest.source.delivery import Window, delivery_of
from roletrail.ingest.source.lookup_events import Attribute, History, Stretch, account_of_ours, regions_of_ours

AT_ONCE = 16


class Want(NamedTuple):
    """What may hold the next piece. `account` "" is every account, `key` an access key id that narrows where that can be
    narrowed; times are epoch seconds of events."""

    account: str
    since: int
    until: int
    key: str = ""


class Offer(NamedTuple):
    """Objects that may hold it, most likely first, or why there are none."""

    objects: list[Listed]
    why_not: str = ""
    everything: bool = False  # there is no more in this source


class Selective(Protocol):
    limits: str  # one sentence, "" when there are none
    by_key: bool  # whether `key` narrows anything

    def offer(self, want: Want) -> Offer: ...
    def close(self) -> None: ...


class InBucket:
    """A trail in S3: fetched by account and hour."""

    limits = ""
    by_key = False

    def __init__(self, url: str, regions: frozenset[str]) -> None:
        self._url = url
        self._regions = regions

    def offer(self, want: Want) -> Offer:
        from roletrail.ingest.source import s3_listing  # noqa: PLC0415 - boto3, for those who read from there

        accounts = frozenset([want.account]) if want.account else frozenset[str]()
        found = s3_listing.listed([self._url], Window(want.since, want.until, accounts, self._regions))
        logs = [one for one in found if not ((delivery := delivery_of(one.locator)) and delivery.digest)]
        logs.sort(key=lambda one: (-_time(one), one.locator))
        return Offer(logs, "" if logs else "The bucket holds nothing of this account and time.")

    def close(self) -> None:
        """Nothing is held."""


class InFiles:
    """Files that somebody fetched: query results, a copied folder. All of it, once."""

    limits = "Only what these files hold can be seen; nothing is fetched beyond them."
    by_key = False

    def __init__(self, paths: Sequence[str]) -> None:
        self._objects = file.listed(paths)

    def offer(self, want: Want) -> Offer:
        del want
        return Offer(self._objects, everything=True)

    def close(self) -> None:
        """Nothing is held."""


class InHistory:
    """Event history: one account, narrowed by access key where one is known."""

    limits = (
        "Event history holds management events of this account alone, of the last 90 days: no data events, and of a call into"
        " another account only this account's copy."
    )
    by_key = True

    def __init__(self, regions: frozenset[str]) -> None:
        self._account = account_of_ours()
        self._regions = sorted(regions) or regions_of_ours()
        self._history = History(self._account)
        self._folder = tempfile.TemporaryDirectory(prefix="roletrail-history-")
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def offer(self, want: Want) -> Offer:
        if want.account and want.account != self._account:
            return Offer([], f"Event history is of account {self._account} alone.")
        attribute = Attribute("AccessKeyId", want.key) if want.key else None
        asked = [Stretch(region, want.since, want.until) for region in self._regions]
        pulled = self._pool.map(lambda one: self._history.pull(one, Path(self._folder.name), attribute=attribute), asked)
        return Offer([one for one in pulled if one.size > len(b'{"Records":[]}')], "")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._folder.cleanup()


@contextmanager
def selective(named: str, regions: frozenset[str]) -> Iterator[Selective]:
    """The source of `--from`: s3://BUCKET/PREFIX, lookup-events, athena-csv:FILE, or files. Raises InputUnavailable, or InvalidRequest."""
    if named.startswith("s3://"):
        source: Selective = InBucket(named, regions)
    elif named == "lookup-events":
        source = InHistory(regions)
    elif named in ("", "athena-csv"):
        raise InvalidRequest("Say where the logs are.", hint="--from s3://BUCKET/PREFIX, lookup-events, or athena-csv:FILE.")
    elif "://" in named:
        raise InvalidRequest(
            f"{named!r} is no place logs are read from.", hint="--from s3://BUCKET/PREFIX, lookup-events, or athena-csv:FILE."
        )
    else:
        source = InFiles([named.removeprefix("athena-csv:")])
    try:
        yield source
    finally:
        source.close()


def _time(one: Listed) -> int:
    found = delivery_of(one.locator)
    return found.at if found else 0
