"""Redaction takes addresses and leaves what only looks like one."""

from __future__ import annotations

import pytest

from roletrail.investigations.redact import redacted


@pytest.mark.parametrize("text", ["arn:aws:iam::aws:policy/AdministratorAccess", "at 2026-11-07T02:14:10Z", "AWS::IAM::Role"])
def test_what_only_looks_like_an_address_stays(text: str) -> None:
    assert redacted({"said": text}, "ids") == {"said": text}


@pytest.mark.parametrize("address", ["2001:db8::1", "2001:db8:0:1:2:3:4:5", "::1", "198.51.100.7"])
def test_addresses_go(address: str) -> None:
    assert redacted({"said": f"from {address}, twice"}, "ids") == {"said": "from ip-1, twice"}
