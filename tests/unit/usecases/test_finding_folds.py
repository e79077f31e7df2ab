"""Equal findings are one row with all of them behind it; whatever differs in what a reader goes by stays its own row."""

from __future__ import annotations

from dataclasses import replace

from roletrail.usecases.findings.folds import fold_findings
from roletrail.usecases.findings.views import FindingView

BUILD = FindingView(
    id="build",
    rule="chain-three",
    title="3 role sessions in a row: ci-build > ci-release > deploy",
    severity="low",
    tone="alarm",
    session_id="s",
    reasons=[],
    first_seen="2026-10-05T09:00:00Z",
    last_seen="2026-10-05T09:10:00Z",
    status="open",
)


def later(id_: str, day: int) -> FindingView:
    return replace(BUILD, id=id_, first_seen=f"2026-10-{day:02d}T09:00:00Z", last_seen=f"2026-10-{day:02d}T09:10:00Z")


def test_equal_findings_are_one_row_where_the_first_stood() -> None:
    other = replace(BUILD, id="other", rule="evasion", title="trail stopped")
    (builds, stopped) = fold_findings([BUILD, later("b", 9), other, later("c", 7)])
    assert builds.first is BUILD
    assert [one.id for one in builds.all] == ["build", "b", "c"]
    assert (builds.first_seen, builds.last_seen) == ("2026-10-05T09:00:00Z", "2026-10-09T09:10:00Z")
    assert [one.id for one in stopped.all] == ["other"]


def test_whatever_differs_stays_apart() -> None:
    differing = [
        replace(BUILD, id=name, **{name: value})
        for name, value in (
            ("severity", "critical"),
            ("status", "benign"),
            ("tone", "watch"),
            ("rule", "chain-two"),
            ("title", "t"),
        )
    ]
    assert [len(group.all) for group in fold_findings([BUILD, *differing])] == [1] * 6


def test_nothing_is_no_row() -> None:
    assert fold_findings([]) == []
