"""What kind of place a sourceIPAddress is. Knows address ranges it is handed, and no inventory.

Never `ipaddress.is_private`: it calls the documentation ranges private, and carrier space public (semantics F20).
"""

from __future__ import annotations

import ipaddress
import socket
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from roletrail.lineage.arn import is_service

AddressClass = Literal["SERVICE", "INTERNAL", "PRIVATE", "AWS_PUBLIC", "PUBLIC", "BAD"]
CLASSES: tuple[AddressClass, ...] = ("SERVICE", "INTERNAL", "PRIVATE", "AWS_PUBLIC", "PUBLIC", "BAD")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# RFC 1918, shared carrier space (RFC 6598), unique local IPv6 (RFC 4193).
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))


WIDTHS = {4: 32, 6: 128}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class AwsRange(NamedTuple):
    """One prefix of AWS's ip-ranges.json."""

    prefix: str
    region: str
    service: str


class Listed(Protocol):
    """A prefix as a file lists it: of thousands a run asks about a few, and only those become AwsRanges."""

    @property
    def prefix(self) -> str: ...
    @property
    def region(self) -> str | None: ...
    @property
    def service(self) -> str | None: ...


class Ranges:
    """AWS's address ranges of one day. `date` is ISO 8601, "" when nothing was loaded; `source` is what to print of them."""

    def __init__(self, ranges: Iterable[Listed] = (), date: str = "", source: str = "") -> None:
        self.date = date
        self.source = source
        self._by_length: dict[tuple[int, int], dict[int, AwsRange]] = {}
        self._lengths: list[tuple[int, int]] = []
        self._waiting: defaultdict[str, list[Listed]] = defaultdict(list)
        """By their beginnings, not read yet."""
        for one in ranges:
            self._waiting[_beginning(one.prefix)].append(one)
        self._met: dict[str, AwsRange | None] = {}

    def __bool__(self) -> bool:
        for beginning in [] if self._by_length else list(self._waiting):
            self._read(beginning)
        return bool(self._by_length)

    def _read(self, beginning: str) -> None:
        for one in self._waiting.get(beginning, ()):
            self._add(AwsRange(one.prefix, one.region or "", one.service or ""))
        self._lengths = sorted(self._by_length, reverse=True)
        self._waiting.pop(beginning, None)  # last: somebody else may be asking

    def _add(self, one: AwsRange) -> None:
        version = 6 if ":" in one.prefix else 4
        text, _, length = one.prefix.partition("/")
        width = WIDTHS[version]
        try:  # thousands of prefixes: ten times faster than `ipaddress`, which makes an object of each
            number, bits = int.from_bytes(socket.inet_pton(FAMILIES[version], text), "big"), int(length or width)
        except (OSError, ValueError):
            return
        if not 0 <= bits <= width:
            return
        held = self._by_length.setdefault((version, bits), {})
        start = number >> (width - bits) << (width - bits)
        if start not in held or _rank(one) > _rank(held[start]):
            held[start] = one

    def find(self, address: str) -> AwsRange | None:
        """The narrowest prefix around an address."""
        if address not in self._met:
            self._met[address] = self._look(address)
        return self._met[address]

    def _look(self, address: str) -> AwsRange | None:
        parsed = parse(address)
        if parsed is None:
            return None
        for beginning in ("", _beginning(f"{parsed}/{parsed.max_prefixlen}")):
            if beginning in self._waiting:
                self._read(beginning)
        number, width = int(parsed), parsed.max_prefixlen
        for version, length in self._lengths:
            if version == parsed.version:
                found = self._by_length[version, length].get(number >> (width - length) << (width - length))
                if found:
                    return found
        return None


def _beginning(prefix: str) -> str:
    """The first byte of an IPv4 prefix, the first two of an IPv6 one, as text; "" when it is shorter than that."""
    if prefix.endswith(_SHORT):
        return ""
    return prefix.partition(":")[0].lower().lstrip("0") + ":" if ":" in prefix else prefix.partition(".")[0]


_SHORT = tuple(f"/{bits}" for bits in range(16))
"""Ends of prefixes that may leave a beginning open."""


def _rank(one: AwsRange) -> tuple[bool, str]:
    """AWS lists every prefix once as AMAZON and again for the service that has it, which says more."""
    return one.service != "AMAZON", one.service


@lru_cache(1 << 16)
def parse(address: str) -> Address | None:
    """The address, IPv4-mapped IPv6 as IPv4; None when the text is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


@lru_cache(1 << 16)
def parse_network(text: str) -> Network | None:
    """A CIDR block or a single address as a network; None when the text is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def lies_in(address: str, blocks: Collection[str]) -> bool:
    if not blocks:
        return False
    parsed = parse(address)
    return parsed is not None and any(network is not None and parsed in network for network in map(parse_network, blocks))


def overlap(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    others = [network for network in map(parse_network, theirs) if network]
    return any(
        mine.version == other.version and mine.overlaps(other) for mine in map(parse_network, ours) if mine for other in others
    )


def classify(source: str, ranges: Ranges) -> AddressClass:
    """Class of a sourceIPAddress as the record has it."""
    fixed = _without_ranges(source)
    if fixed != "PUBLIC":
        return fixed
    return "AWS_PUBLIC" if ranges.find(source) else "PUBLIC"


@lru_cache(1 << 16)
def _without_ranges(source: str) -> AddressClass:
    if is_service(source):
        return "SERVICE"
    if source.startswith("AWS Internal"):
        return "INTERNAL"
    parsed = parse(source)
    if parsed is None or parsed.is_link_local or parsed.is_loopback or parsed.is_unspecified or parsed.is_multicast:
        return "BAD"
    if any(parsed in network for network in _PRIVATE):
        return "PRIVATE"
    return "PUBLIC"
