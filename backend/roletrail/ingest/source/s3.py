"""Objects in S3: their bytes, fetched with patience. What lies where is `s3_listing`'s business."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from roletrail.aws import clients
from roletrail.aws.patience import code_of, kind_of, patiently, sentence
from roletrail.errors import InputUnavailable, InvalidRequest, RoletrailError
from roletrail.ingest.inflate import MOST_BYTES, Unreadable
from roletrail.ingest.source import SCHEME, Listed
from roletrail.settings import load

STEP = 1 << 20
LEAST_RATE = 10_000
"""Bytes a second below which a body is given up and asked for again: some connections trickle for hours."""

MOST_FAILED = 5
"""Objects in a row that could not be fetched, after which it is no matter of objects any more."""

_DENIED = "S3 refuses it: s3:GetObject on the object, or kms:Decrypt on its key, is missing."


log = logging.getLogger(__name__)


class Place(NamedTuple):
    bucket: str
    key: str

    @property
    def url(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def place_of(url: str) -> Place:
    """Raises InvalidRequest for what is no S3 URL."""
    parts = urlsplit(url.replace("?", "%3F").replace("#", "%23"))
    bucket, key = parts.netloc, url[len(SCHEME) :].partition("/")[2]
    if not url.startswith(SCHEME) or not bucket:
        raise InvalidRequest(f"{url[:100]!r} names no bucket.", hint="Write s3://BUCKET/PREFIX.")
    return Place(bucket, key)


def s3() -> Any:
    """A client that leaves trying again to `patiently`, which also knows broken bodies and expired credentials."""
    return clients.client("s3", attempts=1)


def looked_up(listed: Listed) -> Listed:
    """The object with the size and version it has now; as it is when S3 does not say, so that fetching gives the reason."""
    place = place_of(listed.path)
    try:
        head = patiently(lambda: s3().head_object(Bucket=place.bucket, Key=place.key), f"Asking the bucket {place.bucket}")
    except InputUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - fetching it says why in quarantine
        log.info("an object cannot be looked up: %s", sentence(error))
        return listed._replace(size=0)
    return listed._replace(size=head["ContentLength"], version=head["ETag"].strip('"'))


class _Failures:
    """Objects in a row that this process could not fetch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def none(self) -> None:
        with self._lock:
            self._count = 0

    def another(self) -> int:
        with self._lock:
            self._count += 1
            return self._count


_failures = _Failures()


def stored(url: str) -> bytes:
    """The bytes as they lie in S3.

    Raises Unreadable when this object cannot be had, InputUnavailable when the trouble is not this object's.
    """
    place = place_of(url)
    try:
        body = patiently(lambda: _body(place), f"Fetching from the bucket {place.bucket}")
    except InputUnavailable as error:
        if kind_of(error.__cause__ or error) == "expired" or _failures.another() >= MOST_FAILED:  # type: ignore[arg-type]
            raise
        raise Unreadable("not_fetched", error.detail) from None
    except Unreadable:
        raise
    except Exception as error:
        raise _refused(error, place) from error
    _failures.none()
    return body


def asked_once(url: str) -> bytes:
    """The bytes as they lie in S3, for somebody who waits for a page. Raises Unreadable, whatever is in the way."""
    try:
        return _body(place_of(url))
    except Unreadable:
        raise
    except RoletrailError as error:
        raise Unreadable("not_fetched", f"{error.detail} {error.hint}".strip()) from error
    except Exception as error:
        refused = _refused(error, place_of(url))
        raise refused if isinstance(refused, Unreadable) else Unreadable("not_fetched", str(refused)) from error


def _body(place: Place) -> bytes:
    answer = s3().get_object(Bucket=place.bucket, Key=place.key)
    size = answer["ContentLength"]
    if size > MOST_BYTES:
        raise Unreadable("too_large", f"The object is larger than {MOST_BYTES} bytes.")
    pieces: list[bytes] = []
    begin, got = time.monotonic(), 0
    while piece := answer["Body"].read(STEP):
        pieces.append(piece)
        got += len(piece)
        if time.monotonic() - begin > load().aws_timeout + got / LEAST_RATE:
            raise TimeoutError(f"The body came at less than {LEAST_RATE} bytes a second")
    return b"".join(pieces)


def _refused(error: Exception, place: Place) -> Exception:
    kind = kind_of(error)
    if kind == "denied" and code_of(error):  # else nobody was asked: there are no credentials, for any object
        return Unreadable("access_denied", _DENIED)
    if kind == "gone":
        return Unreadable("gone", "The object is not there any more.")
    if kind == "frozen":
        return Unreadable("in_cold_storage", "The object lies in an archive storage class and must be restored first.")
    return InputUnavailable(f"The bucket {place.bucket} cannot be read: {sentence(error)}", hint="See docs/deploy.md.")
