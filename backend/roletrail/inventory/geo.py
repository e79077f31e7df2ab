"""Network and country of an address, from files in MaxMind's format when somebody gives them. For people to read: no verdict
looks at them, because such files are guesses of their makers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb

from roletrail.detect.address import parse
from roletrail.errors import InputUnavailable


@lru_cache(4)
def readers(paths: tuple[Path, ...]) -> tuple[maxminddb.Reader, ...]:
    """Open files. Raises InputUnavailable for one that is not there or no such file."""
    opened: list[maxminddb.Reader] = []
    for path in paths:
        try:
            opened.append(maxminddb.open_database(str(path), maxminddb.MODE_MEMORY))
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise InputUnavailable(f"{path} cannot be read as a MaxMind file: {error}.", hint="Set ROLETRAIL_GEO.") from None
    return tuple(opened)


def where(paths: Sequence[Path], address: str) -> str:
    """`AS64500 Example Networks, DE`, as far as the files say; "" when they say nothing."""
    if not paths or parse(address) is None:
        return ""
    found: dict[str, Any] = {}
    for reader in readers(tuple(paths)):
        try:
            said = reader.get(address)
        except ValueError:  # an IPv6 address and a file of IPv4
            continue
        if isinstance(said, dict):
            found |= said
    number, name = found.get("autonomous_system_number"), str(found.get("autonomous_system_organization", ""))[:100]
    network = f"AS{number} {name}".strip() if number else ""
    country = found.get("country") or found.get("registered_country")
    code = str(country.get("iso_code", ""))[:2] if isinstance(country, dict) else ""
    return ", ".join(part for part in (network, code) if part)
