"""The fleet at a small size: thefts are listed with an inventory and without, and nobody else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import places


def test_thefts_are_listed_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "THEFTS", 0.5)
    monkeypatch.setenv("ROLETRAIL_IP_RANGES", str(places.ranges_file(tmp_path)))
    stolen = places.prepare(tmp_path, 2_000)
    through_the_host = sum(address.startswith("198.51.100.") for _, address in stolen)
    assert len(stolen) > 5
    known = places.measure(tmp_path, stolen, inventory=True)
    assert (known.missed, known.strange, known.accused) == (through_the_host, through_the_host, 0)
    assert known.rows.keys() >= {"D11", "D13"}
    unknown = places.measure(tmp_path, stolen, inventory=False)
    assert unknown.accused == 0
    assert unknown.rows.keys() == {"5.3"}
    assert unknown.missed == unknown.strange
