"""Views of where a workload's credentials were used: what the panel and the page of off-instance use render."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail.usecases.chains.views import OffInstanceView


@dataclass(frozen=True, slots=True)
class SpanView:
    since: str
    until: str  # "" still
    off: bool = False


@dataclass(frozen=True, slots=True)
class AddressLineView:
    """One address over time: known ones with the time they were known to be the workload's, used ones with their uses."""

    address: str
    kind: str  # own | egress | used
    note: str  # where it is known from, or what was said of its uses
    spans: list[SpanView]


@dataclass(frozen=True, slots=True)
class NeighbourView:
    """Who else used an address within a quarter of an hour of a use."""

    session_id: str
    label: str
    kind: str  # person | workload | other
    at: str


@dataclass(frozen=True, slots=True)
class TouchView:
    """A command, session or key that went to the instance."""

    at: str
    event_name: str
    event_ref: str
    session_id: str
    address: str


@dataclass(frozen=True, slots=True)
class GuardDutyView:
    """GuardDuty's own finding on the session, beside our verdict. `agrees` is "" when we say nothing."""

    id: str
    type: str
    severity: float
    title: str
    first_seen: str
    last_seen: str
    count: int
    addresses: list[str]
    agrees: str  # yes | no | ""


@dataclass(frozen=True, slots=True)
class PlacedUseView:
    use: OffInstanceView
    off: bool
    words: str  # the verdict in plain words
    neighbours: list[NeighbourView]
    would_change: list[str]
    sessions: int = 1  # sessions of the workload judged alike at this address, this one the latest; uses that are off stand alone
    calls: int = 0  # of all of them
    since: str = ""
    where: str = ""  # network and country of the address, when files that say so are given


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One workload: what is known of it, its addresses over time, each use against them."""

    kind: str
    id: str
    account: str
    facts: list[tuple[str, str]]
    since: str
    until: str
    addresses: list[AddressLineView]
    uses: list[PlacedUseView]
    touched: list[TouchView]
    guardduty: list[GuardDutyView]
    ranges: str  # whose address ranges, of what date
    warning: str  # that they are old


@dataclass(frozen=True, slots=True)
class PlacesView:
    """The page of all uses, equal ones folded. `left_out` are rows beyond the most a page holds."""

    uses: list[PlacedUseView]
    total: int
    off: int
    undecided: int
    left_out: int
    resources: int  # facts the inventory holds
    accounts: int  # of the organisation; 0: no list is loaded
    ranges: str
    warning: str
