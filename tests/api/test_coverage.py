"""Coverage and impact over the wire."""

from __future__ import annotations

from typing import Any

import httpx

SECTIONS = ("read", "shared", "destroyed", "spent")


def test_coverage_adds_up_to_the_events_of_the_store(reader: httpx.Client) -> None:
    view = reader.get("/api/v1/coverage").json()
    names = ("management_read", "management_write", "data", "network")
    events = reader.get("/api/v1/health").json()["events"]
    for rows in (view["regions"], view["days"], view["hours"]):
        assert sum(row[name] for row in rows for name in names) == events
    assert (view["hours_left_out"], view["banners"], view["gaps"]) == (0, [], [])
    places = [(hour["account"], hour["region"], hour["hour"]) for hour in view["hours"]]
    assert places == sorted(set(places))


def test_a_window_of_one_account(reader: httpx.Client) -> None:
    window = {"account": "222222222222", "from": "2026-11-01", "to": "2026-11-03T12:00:00Z"}
    view = reader.get("/api/v1/coverage", params=window).json()
    assert (view["since"], view["until"]) == ("2026-11-01T00:00:00Z", "2026-11-03T12:00:00Z")
    assert {hour["account"] for hour in view["hours"]} == {"222222222222"}
    assert all(view["since"] <= hour["hour"] < view["until"] for hour in view["hours"])


def test_impact_of_a_chain(reader: httpx.Client, alarm: dict[str, Any]) -> None:
    root = alarm["path"][0]["id"]
    whole, own = (reader.get(f"/api/v1/sessions/{id_}/impact").json() for id_ in (root, alarm["session_id"]))
    assert whole["identities"] > own["identities"] >= 1
    assert all(0 <= item["own"] <= item["count"] for section in SECTIONS for item in whole[section])
    assert all(item["event_refs"] and item["identities"] for section in SECTIONS for item in whole[section])
    assert whole["cannot_exclude"]
    event = next((item["event_refs"][0] for section in SECTIONS for item in whole[section]), "")
    assert reader.get(f"/api/v1/events/{event}").status_code == 200
