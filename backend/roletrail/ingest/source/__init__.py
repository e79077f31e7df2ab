"""Where objects come from. A source lists what there is; bytes are read later, by whoever reduces them."""

from __future__ import annotations

from typing import NamedTuple

from roletrail.ingest.inflate import MOST_BYTES, Unreadable

SCHEME = "s3://"


class Listed(NamedTuple):
    """An object that can be read."""

    locator: str  # as in ObjectInfo
    path: str  # file that holds its bytes, or an s3:// URL
    size: int
    version: str


def is_remote(listed: Listed) -> bool:
    return listed.path.startswith(SCHEME)


def stored_bytes(listed: Listed) -> bytes:
    """The object's bytes as stored. Unreadable when they are not there any more, or too many."""
    if listed.size > MOST_BYTES:
        raise Unreadable("too_large", f"The object is larger than {MOST_BYTES} bytes.")
    if listed.size < 0:
        raise Unreadable("not_a_file", "The path is no regular file, or a link to nothing.")
    if is_remote(listed):
        from roletrail.ingest.source import s3  # noqa: PLC0415 - boto3, for those who read from there

        return s3.stored(listed.path)
    try:
        with open(listed.path, "rb") as file:  # noqa: PTH123  a Path object for each of a million files is 10 us
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable("unreadable", f"The object cannot be read: {error.strerror}.") from None
