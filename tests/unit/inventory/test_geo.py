"""Network and country from files in MaxMind's format."""

from __future__ import annotations

from pathlib import Path

import pytest

from roletrail.errors import InputUnavailable
from roletrail.inventory.geo import where
from tests.support.mmdb import database


def test_files_are_read_together(tmp_path: Path) -> None:
    networks, countries = tmp_path / "asn.mmdb", tmp_path / "country.mmdb"
    networks.write_bytes(
        database({"203.0.113.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Networks"}})
    )
    countries.write_bytes(
        database({"203.0.113.0/25": {"country": {"iso_code": "DE"}}, "198.51.100.0/24": {"country": {"iso_code": "FR"}}})
    )
    both = [networks, countries]
    assert where(both, "203.0.113.9") == "AS64500 Example Networks, DE"
    assert where(both, "203.0.113.200") == "AS64500 Example Networks"
    assert where(both, "198.51.100.9") == "FR"
    assert [where(both, address) for address in ("192.0.2.1", "2001:db8::1", "ssm.amazonaws.com", "")] == ["", "", "", ""]
    assert where([], "203.0.113.9") == ""


def test_what_is_no_such_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.mmdb").write_bytes(b"nothing")
    for name in ("broken.mmdb", "missing.mmdb"):
        with pytest.raises(InputUnavailable, match=name):
            where([tmp_path / name], "203.0.113.9")
