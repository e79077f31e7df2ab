"""Where a credential was used and whose hands it looks like, in the words of the off-instance tables (docs/concepts.md)."""

from __future__ import annotations

from typing import Literal, NamedTuple

Hands = Literal["familiar", "unfamiliar", "unknown"]


class Basis(NamedTuple):
    """One thing a verdict stands on: a row of the table, an address, an inventory fact. `events` are event references."""

    text: str
    weight: float
    events: tuple[str, ...] = ()


class UseVerdict(NamedTuple):
    """One credential used from one address, judged. Times are epoch seconds; a missing text is "".

    `confidence` grades the verdict's place, 0 to 1. Below 0.5 nothing is decided and `missing` names the input that would
    decide it; `verdict` is then NOT_DECIDABLE, or the table's own word where that accuses nobody (SUSPECT_EGRESS,
    UNKNOWN_ENDPOINT, INDETERMINATE, THROUGH_SERVICE). `off` says whether the use is listed as away from its workload. `row`
    is the row of the decision table that gave the verdict (D1 to D19, 5.3 for first use, W1 to W6).
    """

    session_id: str
    workload: str  # instance | function | task | pod | build
    instance_id: str  # "" for other workloads
    account: str
    role: str  # role ARN
    access_key_id: str
    source_ip_address: str
    address_class: str
    first_seen: int
    last_seen: int
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    verdict: str
    row: str
    confidence: float
    hands: Hands
    reasons: tuple[Basis, ...]
    missing: tuple[str, ...]
    would_change: tuple[str, ...] = ()
    endpoint: str = ""  # VPC endpoint id the calls came through
    off: bool = False
    workload_id: str = ""
