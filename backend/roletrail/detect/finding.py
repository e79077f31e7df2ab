"""A finding: one rule that fired on one subject, with the reasons that added to its severity and those that took away."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["informational", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("informational", "low", "medium", "high", "critical")


class Reason(NamedTuple):
    """One part of a score. `weight` is added (or, below zero, subtracted); `events` are event references."""

    text: str
    weight: int
    events: tuple[str, ...] = ()


class Finding(NamedTuple):
    """What a rule says of a subject. `id` is a hash of rule, version and subject, so evaluating again meets it again.

    `tone` is the chain's own (ADR 0002) and never follows from the severity. What a person set (status, who, when) lives
    in the app database under this id, not here.
    """

    id: str
    rule: str
    version: int
    title: str
    severity: Severity
    score: int
    tone: str
    subject: str  # what the rule judged: an identity id, or identity id and more
    session_id: str  # identity the finding opens at
    account: str
    reasons: tuple[Reason, ...]
    first_seen: int
    last_seen: int
