"""What lies below an S3 prefix, by account, region and day, without looking where a window admits nothing.

CloudTrail's tree is [prefix/]AWSLogs/[o-organisation/]ACCOUNT/CloudTrail[-Digest]/REGION/YYYY/MM/DD/. Folders are walked
down to the regions, many at once; a region is one listing that starts at the first day wanted and ends after the last.
Other services' folders in the tree are passed by. Security Lake's folders (region=, accountId=, eventDay=) are walked where the
window is, too. A prefix without such a tree is listed whole.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from roletrail.aws.patience import kind_of, patiently, sentence
from roletrail.errors import InputUnavailable
from roletrail.ingest.source import Listed
from roletrail.ingest.source.delivery import DIGEST_LATE_SECONDS, EVERYTHING, Window
from roletrail.ingest.source.s3 import SCHEME, Place, place_of, s3

THREADS = 16
MOST_STRANGE_FOLDERS = 50
"""Folders of no layout we know, beyond which listing everything below them is cheaper than walking them."""

_REGION_LEVEL = re.compile(r"(?:^|/)\d{12}/CloudTrail(?:-Digest)?/[a-z0-9-]+/")
_SERVICE_LEVEL = re.compile(r"(?:^|/)\d{12}/CloudTrail(?:-Digest)?/$")
_ACCOUNT_LEVEL = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?\d{12}/$")
_ACCOUNT = re.compile(r"\d{12}")
_OURS = ("CloudTrail", "CloudTrail-Digest")


class _Level(NamedTuple):
    folders: list[str]
    objects: list[Listed]


def listed(urls: list[str], window: Window = EVERYTHING) -> list[Listed]:
    """Objects below the URLs, each once, by locator. Raises InputUnavailable where nothing lies or nothing may be listed."""
    found: dict[str, Listed] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for url in urls:
            for one in _Walk(place_of(url), window, pool).objects():
                found.setdefault(one.locator, one)
    return [found[locator] for locator in sorted(found)]


class _Walk:
    def __init__(self, place: Place, window: Window, pool: ThreadPoolExecutor) -> None:
        self._place = place
        self._window = window
        self._pool = pool

    def objects(self) -> Iterator[Listed]:
        whole, folders, objects = self._start()
        yield from objects
        while folders:
            deeper: list[str] = []
            for folder, level in zip(folders, self._pool.map(self._level, folders), strict=True):
                if len(level.folders) > MOST_STRANGE_FOLDERS and not self._known(folder, level.folders):
                    whole.append(folder)
                    continue
                yield from level.objects
                for child in filter(self._wanted, level.folders):
                    (whole if self._is_walked_enough(child) else deeper).append(child)
            folders = deeper
        for some in self._pool.map(self._whole, whole):
            yield from some

    def _start(self) -> tuple[list[str], list[str], list[Listed]]:
        """Prefixes to list whole, folders to walk, and objects: a URL may name a folder, an object or the start of names."""
        key = self._place.key
        if _REGION_LEVEL.search(key):
            return [key], [], []
        if not key or key.endswith("/"):
            level = self._level(key)
            if not level.folders and not level.objects:
                raise InputUnavailable(f"There is nothing below {self._place.url!r}.", hint="Check bucket and prefix.")
            return [], [key], []
        level = self._level(key)
        named = [one for one in level.objects if one.locator == self._place.url]
        if named or f"{key}/" in level.folders:
            return [], [f"{key}/"] if f"{key}/" in level.folders else [], named
        if not level.folders and not level.objects:
            raise InputUnavailable(f"There is nothing below {self._place.url!r}.", hint="Check bucket and prefix.")
        return [key], [], []

    def _is_walked_enough(self, folder: str) -> bool:
        """A region's folder sorts by day; an account's in Security Lake has a folder for each, which only a window needs."""
        bounded = self._window.since or self._window.until
        return bool(_REGION_LEVEL.search(folder) or (not bounded and _last(folder).lower().startswith("accountid=")))

    def _known(self, folder: str, children: list[str]) -> bool:
        return "AWSLogs/" in folder or any(_ACCOUNT.fullmatch(_last(child)) or "=" in _last(child) for child in children)

    def _wanted(self, folder: str) -> bool:
        name, parent = _last(folder), folder[: -len(_last(folder)) - 1]
        if _SERVICE_LEVEL.search(parent):
            return not self._window.regions or name in self._window.regions
        if _ACCOUNT_LEVEL.search(parent):
            return name in _OURS
        if _ACCOUNT.fullmatch(name) and self._window.accounts:
            return name in self._window.accounts
        return self._window.admits_folder(name)

    def _level(self, prefix: str) -> _Level:
        folders: list[str] = []
        objects: list[Listed] = []
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            folders += [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
            objects += self._admitted(page)
        return _Level(folders, objects)

    def _whole(self, prefix: str) -> list[Listed]:
        """Everything below a prefix, from the first day of the window to its last: keys of a region sort by day."""
        objects: list[Listed] = []
        by_day = prefix.count("/CloudTrail") and re.fullmatch(r".*/CloudTrail(?:-Digest)?/[a-z0-9-]+/", prefix)
        first = prefix + _day(self._window.since) if by_day and self._window.since else ""
        last = prefix + _day(self._window.until + DIGEST_LATE_SECONDS) + "~" if by_day and self._window.until else ""
        for page in self._pages(Prefix=prefix, **({"StartAfter": first} if first else {})):
            objects += self._admitted(page)
            if last and page.get("Contents") and page["Contents"][-1]["Key"] > last:
                break
        return objects

    def _admitted(self, page: dict[str, Any]) -> list[Listed]:
        entries = (_listed(self._place.bucket, entry) for entry in page.get("Contents", ()) if not entry["Key"].endswith("/"))
        return [one for one in entries if self._window.admits(one.locator)]

    def _pages(self, **wanted: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._page({**wanted, **token})
            yield page
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _page(self, wanted: dict[str, str]) -> dict[str, Any]:
        bucket = self._place.bucket
        try:
            return patiently(lambda: s3().list_objects_v2(Bucket=bucket, **wanted), f"Listing the bucket {bucket}")
        except InputUnavailable:
            raise
        except Exception as error:
            hints = {
                "denied": "s3:ListBucket on the bucket is missing, or credentials are: they are found as the AWS CLI finds them (AWS_PROFILE, for one).",
                "gone": "Check its name.",
            }
            raise InputUnavailable(
                f"The bucket {bucket} cannot be listed: {sentence(error)}",
                hint=hints.get(kind_of(error), "See docs/deploy.md for what must be allowed."),
            ) from error


def _listed(bucket: str, entry: dict[str, Any]) -> Listed:
    url = f"{SCHEME}{bucket}/{entry['Key']}"
    return Listed(url, url, entry["Size"], entry["ETag"].strip('"'))


def _last(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[2]


def _day(at: int) -> str:
    return time.strftime("%Y/%m/%d", time.gmtime(at))
