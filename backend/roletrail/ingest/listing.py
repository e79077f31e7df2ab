"""What a run is asked to take in: files, folders, S3 prefixes and standard input, as one list of objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from roletrail.ingest.source import Listed
from roletrail.ingest.source import file as files
from roletrail.ingest.source.delivery import Window
from roletrail.ingest.source.stdin import spooled

STDIN = "-"
S3 = "s3://"


@contextmanager
def listing(paths: Sequence[str], window: Window) -> Iterator[list[Listed]]:
    """The objects, for as long as they can be read. Raises InputUnavailable for a path that is not there."""
    urls = [path for path in paths if path.startswith(S3)]
    objects = files.listed([path for path in paths if path != STDIN and not path.startswith(S3)])
    found = [one for one in objects if window.admits(one.locator)] + _in_s3(urls, window)
    if STDIN not in paths:
        yield found
        return
    with spooled(sys.stdin.buffer) as spool:
        yield [*found, spool]


def _in_s3(urls: list[str], window: Window) -> list[Listed]:
    if not urls:
        return []
    from roletrail.ingest.source import s3_listing  # noqa: PLC0415 - boto3, for those who read from there

    return s3_listing.listed(urls, window)
