"""The table of counts (ADR 0011): every entry has both tiers, and the soak is never the smaller one."""

from __future__ import annotations

from tests.support.counts import TABLE


def test_every_count_has_a_gate_and_a_larger_soak() -> None:
    assert TABLE
    for name, tiers in TABLE.items():
        assert set(tiers) == {"gate", "soak"}, name
        assert 0 < tiers["gate"] <= tiers["soak"], name
