"""Equal findings as one row: what fires twice a day for a month must not hide what fired once. Pure; for pages, lists stay flat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from roletrail.usecases.findings.views import FindingView


class FoldedFindings(NamedTuple):
    """Findings that say the same. The first of them, which is the worst, speaks for all."""

    first: FindingView
    all: list[FindingView]
    first_seen: str
    last_seen: str


def fold_findings(findings: Sequence[FindingView]) -> list[FoldedFindings]:
    """Findings of one rule, severity, tone, status and title together, each group where its first member stood."""
    groups: dict[tuple[str, ...], list[FindingView]] = {}
    for one in findings:
        groups.setdefault((one.rule, one.severity, one.tone, one.status, one.title), []).append(one)
    return [
        FoldedFindings(
            first=group[0],
            all=group,
            first_seen=min(one.first_seen for one in group),
            last_seen=max(one.last_seen for one in group),
        )
        for group in groups.values()
    ]
