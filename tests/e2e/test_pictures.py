"""The pictures of the README, made from the sample incident. ROLETRAIL_PICTURES=1 replaces the ones that are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import Visitor, settled

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 300_000
REPLACE = os.environ.get("ROLETRAIL_PICTURES") == "1"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_picture_of_a_chain(visitor: Visitor, theme: str) -> None:
    with visitor.window(theme=theme, width=1280, height=900) as page:
        page.goto("/chains?tone=alarm&q=backup")
        page.locator("tr[data-row] .row-link").first.click()
        page.wait_for_url("**/sessions/*")
        expect(page.locator("#graph canvas").first).to_be_visible()
        settled(page)
        picture = page.screenshot(animations="disabled")
    assert len(picture) < LARGEST
    kept = IMAGES / f"chain-{theme}.png"
    if REPLACE or not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(picture)
    assert kept.stat().st_size < LARGEST
