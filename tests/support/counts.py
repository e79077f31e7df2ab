"""How often counted tests repeat in this tier: tests/counts.toml, read through here (ADR 0011)."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

SOAK = os.environ.get("ROLETRAIL_SOAK") == "1"
TABLE: dict[str, dict[str, int]] = tomllib.loads((Path(__file__).parents[1] / "counts.toml").read_text("utf-8"))


def repetitions(name: str) -> int:
    return TABLE[name]["soak" if SOAK else "gate"]
