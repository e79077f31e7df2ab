"""The table of counts (ADR 0011): every entry has both tiers, and the soak is never the smaller one."""

from __future__ import annotations

import tomllib
from pathlib import Path

COUNTS = tomllib.loads((Path(__file__).parents[1] / "counts.toml").read_text("utf-8"))


def test_every_count_has_a_gate_and_a_larger_soak() -> None:
    assert COUNTS
    for name, tiers in COUNTS.items():
        assert set(tiers) == {"gate", "soak"}, name
        assert 0 < tiers["gate"] <= tiers["soak"], name
