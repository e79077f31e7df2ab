"""Calls an instance's Systems Manager agent makes. Its addresses are evidence, and two agents at once are one too many."""

from __future__ import annotations

from roletrail.detect.address import Ranges, classify, parse
from roletrail.lineage.model import Activity

AGENT = "amazon-ssm-agent"
_NO_RANGES = Ranges()


def by_agent(a: Activity) -> bool:
    return a.agent.startswith(AGENT)


def contradict(one: Activity, other: Activity) -> bool:
    """Whether one agent cannot have made both calls, were they made at once.

    One has several addresses by itself: through an endpoint in its network it is seen at its private one, through a gateway at
    a public one, and over IPv6 at a third. Which of them is a matter of the service: an endpoint takes all calls of its own.
    """
    if one.address == other.address:
        return False
    ways = _way(one.address), _way(other.address)
    return "" not in ways and (ways[0] == ways[1] or not services_of(one).isdisjoint(services_of(other)))


def _way(address: str) -> str:
    """How a call came: "PRIVATE", "PUBLIC4", "PUBLIC6"; "" for what is no address of a machine."""
    kind, parsed = classify(address, _NO_RANGES), parse(address)
    if parsed is None or kind not in ("PRIVATE", "PUBLIC"):
        return ""
    return kind if kind == "PRIVATE" else f"{kind}{parsed.version}"


def services_of(a: Activity) -> frozenset[str]:
    """Event sources it called."""
    return frozenset(counted.partition("=")[0] for counted in a.sources.split())
