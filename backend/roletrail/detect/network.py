"""Addresses and clients as habits know them: coarse enough that a restart or a new release is no news."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

SERVICE, PRIVATE, UNKNOWN = "service", "private", ""
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
_BROWSERS = frozenset({"browser", "chrome", "firefox", "safari", "edge"})
_CONSOLE = frozenset({"console", "aws-signin", "aws-internal"})


@lru_cache(1 << 14)
def network(address: str) -> str:
    """`192.0.2.0/24`, `2001:db8:1::/48`, "private", "service"; "" when the record does not say.

    Private ranges are listed here and not asked of `ipaddress`, to which documentation ranges are private too.
    """
    if not address:
        return UNKNOWN
    try:
        found = ip_address(address)
    except ValueError:
        return SERVICE if "." in address or "AWS" in address else UNKNOWN
    if any(found in block for block in _PRIVATE if block.version == found.version):
        return PRIVATE
    if found.version == 4:
        return f"{address.rpartition('.')[0]}.0/24"
    return str(ip_network((found, 48), strict=False))


def is_outside(net: str) -> bool:
    """An address somebody can sit behind: neither a service of AWS nor a private network."""
    return net not in (SERVICE, PRIVATE, UNKNOWN)


def client(agent: str) -> str:
    """First word of a user-agent family without its major version: `aws-cli` of `aws-cli/2 linux`."""
    return agent.partition(" ")[0].partition("/")[0]


def is_browser(agent: str) -> bool:
    return client(agent) in _BROWSERS or client(agent) in _CONSOLE
