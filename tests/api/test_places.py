"""Where credentials were used, over the API: the panel of a session, with GuardDuty's own word beside ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.aws_fake import finding
from tests.support.loading import Api, Loaded, ids_of

FOLDER = Path(__file__).parents[1] / "scenarios" / "t13-twin-key-stolen"


def test_guardduty_stands_beside_our_verdict(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(FOLDER / "events.json")
    kind = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
    other = finding("other", "Recon:IAMUser/MaliciousIPCaller")
    file = tmp_path / "findings.json"
    file.write_text(json.dumps({"Findings": [finding("ours", kind), other]}), "utf-8")
    loaded.command("guardduty", "import", str(file))
    (session,) = ids_of(loaded.trace("ASIAIEXAMPLEXXXXXXK2"))
    (key,) = ids_of(loaded.trace("AKIAIEXAMPLEXXXAKIA1"))
    api = Api(loaded)
    try:
        place = api.get(f"sessions/{session}/place")
        refused = api.status(f"sessions/{key}/place")
    finally:
        api.close()
    (pinned,) = place["guardduty"]
    assert (pinned["type"], pinned["agrees"], pinned["addresses"]) == (kind, "yes", ["203.0.113.20"])
    assert (place["kind"], place["id"]) == ("instance", "i-0aaaaaaaaaaaaaaa1")
    stolen = next(use for use in place["uses"] if use["off"])
    assert stolen["use"]["source_ip_address"] == "203.0.113.20"
    assert [one["kind"] for one in stolen["neighbours"]] == ["person"]
    assert [one["event_name"] for one in place["touched"]] == ["SendCommand"]
    assert {(line["address"], line["kind"]) for line in place["addresses"]} >= {
        ("10.0.1.5", "own"), ("198.51.100.9", "egress"), ("203.0.113.20", "used"),
    }  # fmt: skip
    assert refused == 404


def test_uses_are_a_list_that_can_be_read_page_by_page(reader: httpx.Client) -> None:
    """The answer is the list itself, so the Link header says where it goes on (RFC 8288)."""
    whole = reader.get("/api/v1/off-instance")
    assert "link" not in whole.headers
    uses: list[dict[str, Any]] = whole.json()
    half = (len(uses) + 1) // 2
    first = reader.get("/api/v1/off-instance", params={"limit": half})
    assert first.json() == uses[:half]
    second = reader.get(first.links["next"]["url"])
    assert second.json() == uses[half:] != []
    assert "link" not in second.headers
    assert reader.get("/api/v1/off-instance", params={"after": "no such cursor"}).status_code == 422
    assert reader.get("/api/v1/off-instance", params={"limit": "0"}).status_code == 422
