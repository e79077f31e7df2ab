"""Strands: one credential's activity split by network, client family and time, so that each pair of hands can be marked whole. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from roletrail.lineage.model import Activity

PAUSE = 12 * 3_600
"""A longer silence of the same network and client begins another strand."""
NETWORK_BITS = {4: 24, 6: 64}
"""What one site hands out: addresses of one network are taken for one place."""


class Strand(NamedTuple):
    """`id` stays the same while calls are added at its end."""

    id: str
    network: str
    agent: str
    addresses: tuple[str, ...]
    first: int
    last: int
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    errors: int


def network_of(address: str) -> str:
    """Network of an address; a service's name or an endpoint stands for itself, "" for nothing."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, NETWORK_BITS[parsed.version]), strict=False))


def strands(activities: Iterable[Activity]) -> list[Strand]:
    """Strands of one identity, by (first, network, agent). What a service did for it is nobody's hand and left out."""
    groups: dict[tuple[str, str], list[Activity]] = {}
    for activity in activities:
        if not activity.invoked_by:
            groups.setdefault((activity.vpce_id or network_of(activity.address), activity.agent), []).append(activity)
    found = [_strand(network, agent, run) for (network, agent), all_ in groups.items() for run in _runs(all_)]
    return sorted(found, key=lambda strand: (strand.first, strand.network, strand.agent))


def _runs(activities: list[Activity]) -> list[list[Activity]]:
    activities.sort(key=lambda activity: (activity.first_at, activity.last_at))
    runs: list[list[Activity]] = []
    last = 0
    for activity in activities:
        if not runs or activity.first_at > last + PAUSE:
            runs.append([])
        runs[-1].append(activity)
        last = max(last, activity.last_at)
    return runs


def _strand(network: str, agent: str, run: list[Activity]) -> Strand:
    first = run[0].first_at
    return Strand(
        id=hashlib.sha256("\x1f".join((run[0].identity, network, agent, str(first))).encode()).hexdigest()[:16],
        network=network,
        agent=agent,
        addresses=tuple(sorted({activity.address for activity in run})),
        first=first,
        last=max(activity.last_at for activity in run),
        count=sum(activity.count for activity in run),
        errors=sum(activity.errors for activity in run),
    )
