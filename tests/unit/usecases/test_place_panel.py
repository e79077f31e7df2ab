"""Equal uses are one row of a page; one that is off its workload is never folded away."""

from __future__ import annotations

from roletrail.detect.verdict import UseVerdict
from roletrail.usecases.places.panel import alike


def use(session: str, verdict: str, confidence: float, address: str = "203.0.113.9") -> UseVerdict:
    return UseVerdict(
        session_id=session,
        workload="instance",
        instance_id="i-0123456789abcdef0",
        account="123456789012",
        role="arn:aws:iam::123456789012:role/web",
        access_key_id=f"ASIAEXAMPLE{session}",
        source_ip_address=address,
        address_class="PUBLIC",
        first_seen=1,
        last_seen=2,
        count=1,
        verdict=verdict,
        row="D1",
        confidence=confidence,
        hands="familiar",
        reasons=(),
        missing=(),
        off=verdict.startswith("OFF"),
    )


def test_uses_judged_alike_are_one_row_in_the_given_order() -> None:
    uses = [use("b", "NOT_DECIDABLE", 0.3), use("a", "NOT_DECIDABLE", 0.3), use("c", "NOT_DECIDABLE", 0.3, "203.0.113.10")]
    assert [[one.session_id for one in group] for group in alike(uses)] == [["b", "a"], ["c"]]


def test_uses_off_their_workload_stand_alone() -> None:
    uses = [use("a", "OFF_INSTANCE_OUTSIDE_AWS", 0.9), use("b", "OFF_INSTANCE_OUTSIDE_AWS", 0.9)]
    assert len(alike(uses)) == 2
