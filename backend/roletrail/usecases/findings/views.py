"""Frozen views of findings, rules and exceptions: field names are the JSON names."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail.usecases.chains.views import PathNode


@dataclass(frozen=True, slots=True)
class ReasonView:
    text: str
    weight: int  # added, or below zero taken away
    events: list[str]  # yyyymmdd.eventID


@dataclass(frozen=True, slots=True)
class FindingView:
    id: str
    rule: str
    title: str
    severity: str
    tone: str
    session_id: str
    reasons: list[ReasonView]
    first_seen: str
    last_seen: str
    status: str


@dataclass(frozen=True, slots=True)
class RuleView:
    id: str
    version: int
    title: str
    group: str
    why: str
    attack: list[str]
    benign: list[str]
    runbook: list[str]


@dataclass(frozen=True, slots=True)
class TakenHome:
    """The same detection in another language."""

    language: str  # cypher | athena-sql | sigma
    text: str


@dataclass(frozen=True, slots=True)
class FindingDetail:
    """One finding with why it fired, what would make it benign, what to do next, and who said what of it."""

    finding: FindingView
    score: int
    account: str
    rule: RuleView
    path: list[PathNode]
    decided_by: str
    decided_at: str
    note: str
    allowed_by: list[str]  # ids of exceptions that cover it
    queries: list[TakenHome]


@dataclass(frozen=True, slots=True)
class AllowedView:
    id: str
    match: dict[str, str]
    owner: str
    reason: str
    created_by: str
    created_at: str
    expires_at: str
    covers: int  # findings it covers now


@dataclass(frozen=True, slots=True)
class CountsView:
    """How many findings there are of each severity, before and after exceptions."""

    severities: dict[str, int]
    suppressed: int
    baseline: bool  # whether there are fourteen days of data for novelty to stand on
