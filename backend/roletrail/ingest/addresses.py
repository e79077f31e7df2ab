"""sourceIPAddress in one form, so that one address is one text."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from roletrail.ingest.members import text


@lru_cache(maxsize=65_536)
def normal(source: str) -> str:
    """IPv6 compressed, IPv4-mapped IPv6 as IPv4; service names, `AWS Internal` and invalid ones as they are, cut at 128."""
    if ":" not in source:
        return text(source)[:128]
    try:
        address = ipaddress.ip_address(source.strip("[]"))
    except ValueError:
        return text(source)[:128]
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
