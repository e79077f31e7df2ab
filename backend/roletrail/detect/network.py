"""Addresses and clients as habits know them: coarse enough that a restart or a new release is no news."""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import ip_network

SERVICE, PRIVATE, UNKNOWN = "service", "private", ""
_PRIVATE = tuple(
    (int(block.network_address) >> 32 - block.prefixlen, 32 - block.prefixlen)
    for block in map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
"""Of IPv4, as the number a block begins with and the bits it leaves open. Unique local addresses of IPv6 begin with fc or fd."""
_NOWHERE = frozenset({SERVICE, PRIVATE, UNKNOWN})
_BROWSERS = frozenset({"browser", "chrome", "firefox", "safari", "edge"})
_CONSOLE = frozenset({"console", "aws-signin", "aws-internal"})


@lru_cache(1 << 14)
def network(address: str) -> str:
    """`192.0.2.0/24`, `2001:db8:1::/48`, "private", "service"; "" when the record does not say.

    Private ranges are listed here and not asked of `ipaddress`, to which documentation ranges are private too, and which makes
    three objects of every address.
    """
    if not address:
        return UNKNOWN
    try:
        return _of_6(address) if ":" in address else _of_4(address)
    except (OSError, ValueError):
        return SERVICE if "." in address or "AWS" in address else UNKNOWN


def _of_4(address: str) -> str:
    number = int.from_bytes(socket.inet_pton(socket.AF_INET, address), "big")
    if any(number >> open_ == begins for begins, open_ in _PRIVATE):
        return PRIVATE
    return f"{address.rpartition('.')[0]}.0/24"


def _of_6(address: str) -> str:
    text, percent, scope = address.partition("%")
    if percent and (not scope or "%" in scope):
        return UNKNOWN
    packed = socket.inet_pton(socket.AF_INET6, text)
    if packed[0] in (0xFC, 0xFD):
        return PRIVATE
    return f"{socket.inet_ntop(socket.AF_INET6, packed[:6] + bytes(10))}/48"


def is_outside(net: str) -> bool:
    """An address somebody can sit behind: neither a service of AWS nor a private network."""
    return net not in _NOWHERE


def client(agent: str) -> str:
    """First word of a user-agent family without its major version: `aws-cli` of `aws-cli/2 linux`."""
    return agent.partition(" ")[0].partition("/")[0]


def is_browser(agent: str) -> bool:
    return client(agent) in _BROWSERS or client(agent) in _CONSOLE
