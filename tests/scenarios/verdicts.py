"""`given` and `verdicts` of a scenario: what is known from outside the logs, and what must be said of each use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.matching import differences
from tests.support import inventories
from tests.support.loading import Api, Loaded

SELECT = {"key": "access_key_id", "address": "source_ip_address", "at": "first_seen", "count": "count"}
"""Fields of a wanted verdict that say which uses it is about."""
CLEAR = {"ON_INSTANCE", "EXPECTED_EGRESS", "CONSISTENT", "CONFLICT"}


def bring(given: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and files for what a scenario gives. Documentation ranges are no AWS's unless it says so (F20)."""
    unused = {"192.0.2.0/30": "us-east-1"}
    prefixes = [
        {"ip_prefix": prefix, "region": region, "service": "EC2"}
        for prefix, region in (unused | given.get("ip_ranges", {})).items()
    ]
    file = folder / "ip-ranges.json"
    file.write_text(json.dumps({"createDate": "2026-11-01-00-00-00", "prefixes": prefixes, "ipv6_prefixes": []}), "utf-8")
    monkeypatch.setenv("ROLETRAIL_IP_RANGES", str(file))
    monkeypatch.setenv("ROLETRAIL_EGRESS", ",".join(given.get("egress", [])))


def all_verdict_differences(expected: dict[str, Any], loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Verdicts by each inventory that is given, or without any; command line and API answer alike."""
    given = expected.get("given", {})
    inventory = given.get("inventory", {})
    many = inventory if inventory and "instance" not in inventory else {"": inventory}
    lines: list[str] = []
    for name, one in many.items():
        if one:
            monkeypatch.setenv("ROLETRAIL_INVENTORY", str(loaded.folder / f"inventory-{name}.sqlite"))
            folder = inventories.write(one, loaded.folder / f"inventory-{name}")
            if given.get("organisation"):
                accounts = [{"Id": account, "Status": "ACTIVE"} for account in given["organisation"]]
                (folder / "accounts.json").write_text(json.dumps({"Accounts": accounts}), "utf-8")
            loaded.command("inventory", "import", str(folder), "--at", inventories.AT, *(["--whole"] if one.get("whole") else []))
        api = Api(loaded)
        try:
            found = loaded.off_instance()
            assert found == api.get("off-instance")
        finally:
            api.close()
        lines += verdict_differences(expected, name, found)
    return lines


def verdict_differences(expected: dict[str, Any], inventory: str, found: list[dict[str, Any]]) -> list[str]:
    lines = [] if "off_uses" not in expected else differences(expected["off_uses"], sum(map(_off, found)), "off_uses")
    for one in expected.get("verdicts", []):
        if one.get("inventory", "") != inventory:
            continue
        uses = [use for use in found if all(use[field] == one[name] for name, field in SELECT.items() if name in one)]
        uses = [use for use in uses if one.get("endpoint", "") in " ".join(use["reasons"])]
        if not uses:
            lines.append(f"no use for {one}; there are {[(use['source_ip_address'], use['verdict']) for use in found]}")
        lines += [line for use in uses for line in _compare(one, use)]
    return lines


def _compare(one: dict[str, Any], use: dict[str, Any]) -> list[str]:
    off = _off(use)
    checks = {
        "verdict": use["verdict"] == one.get("verdict"),
        "row": use["reasons"][0].startswith(f"{one.get('row')}:")
        or any(r.startswith(f"{one.get('row')}:") for r in use["reasons"]),
        "confidence": round(use["confidence"], 2) == one.get("confidence"),
        "at_most": use["confidence"] <= one.get("at_most", 0),
        "raised": use["confidence"] > 0.65,
        "never": one.get("never") != use["verdict"] and not any(r.startswith(f"{one.get('never')}:") for r in use["reasons"]),
        "missing": one.get("missing") in use["missing"],
        "off_instance": off == one.get("off_instance"),
        "accusation": off == one.get("accusation"),
        "uses": use["count"] == one.get("uses"),
        "hands": use["hands"] == one.get("hands"),
        "because": any(one.get("because", "") in reason for reason in use["reasons"]),
    }
    unknown = set(one) - checks.keys() - SELECT.keys() - {"endpoint", "inventory"}
    assert not unknown, f"nobody checks {unknown}"
    return [f"{name} of {one}: {use}" for name, holds in checks.items() if name in one and not holds]


def _off(use: dict[str, Any]) -> bool:
    return use["confidence"] >= (0.61 if use["verdict"] == "NEW_ADDRESS" else 0.5) and use["verdict"] not in CLEAR
