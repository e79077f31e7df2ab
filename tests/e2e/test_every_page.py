"""Every page, in both themes, wide and narrow: no accessibility violation, no policy report, no overflow, a picture to look at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.browsing import Visitor, Watch, save, settled
from tests.e2e.conftest import Demo

ROOT = Path(__file__).parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ROOT / "var" / "screens"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def addresses(demo: Demo, chromium: Browser, signed_in: StorageState) -> dict[str, str]:
    """An address of every kind of page, found by following links from the list."""
    visitor = Visitor(chromium, demo.url, signed_in, Watch(demo.url))
    with visitor.window() as page:
        page.goto("/chains?tone=alarm&q=backup")
        session = _link(page, "tr[data-row] .row-link")
        page.goto(session)
        role = page.locator(".hop:visible dd a[href^='/entities/']").first.get_attribute("href") or ""
        address = page.locator("#tree a.addr").first.get_attribute("href") or ""
        event = page.locator(".hop:visible .refs a").first.get_attribute("href") or ""
        page.goto("/trace")
        page.locator("#trace-box").fill("198.51.100.77")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(trace|entities|sessions)/"))
        found = page.url.removeprefix(visitor.url)
        page.goto("/chains?tone=watch")
        two = _link(page, "tr[data-row] .row-link")
        page.goto("/findings")
        finding = _link(page, "tr[data-row] .row-link")
    return {
        "home": "/",
        "chains": "/chains?limit=15",
        "chains-hidden": "/chains?account=999999999999",
        "session": session,
        "session-2": two,
        "events": f"{session}/events",
        "report": f"{session}/report",
        "whole": f"{session}/table",
        "roles": "/roles",
        "chains-each": "/chains?view=each&limit=5",
        "settings": "/settings/about",
        "tokens": "/settings/tokens",
        "event": event,
        "role": role,
        "address": address,
        "trace": "/trace",
        "traced": found,
        "data": "/data",
        "off-instance": "/off-instance",
        "findings": "/findings?severity=medium",
        "finding": finding,
        "containment": f"{finding}/containment",
        "rules": "/rules",
        "exceptions": "/exceptions?rule=chain-three&title=ci-build",
        "deliveries": "/deliveries",
        "nothing": "/nothing-here",
    }


def _link(page: Page, selector: str) -> str:
    return page.locator(selector).first.get_attribute("href") or ""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page(visitor: Visitor, addresses: dict[str, str], theme: str, width: int) -> None:
    axe = AXE.read_text("utf-8")
    with visitor.window(theme=theme, width=width) as page:
        for name, address in addresses.items():
            page.goto(address)
            settled(page)
            save(page, SCREENS / f"{name}-{theme}-{width}.png", whole=True)
            page.evaluate(axe)
            found = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)["violations"]
            assert [(v["id"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found] == [], address
            visitor.watch.reports(page)


def test_no_page_is_wider_than_320_pixels(visitor: Visitor, addresses: dict[str, str]) -> None:
    with visitor.window(width=320, height=700) as page:
        for address in addresses.values():
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_every_page_names_itself_and_its_json(visitor: Visitor, addresses: dict[str, str]) -> None:
    with visitor.window() as page:
        for name, address in addresses.items():
            page.goto(address)
            expect(page).to_have_title(re.compile(r".+ · Roletrail$"))
            twin = page.locator("footer a", has_text="JSON")
            if name not in ("trace", "traced", "nothing"):
                answer = page.request.get(twin.get_attribute("href") or "")
                assert answer.status == 200, address
                assert answer.headers["content-type"] == "application/json"


def test_a_stranger_reads_nothing(visitor: Visitor, addresses: dict[str, str]) -> None:
    context = visitor.browser.new_context(base_url=visitor.url)
    page = context.new_page()
    visitor.watch.over(page)
    for address in addresses.values():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 401, address
        expect(page.locator("main")).to_contain_text("roletrail token launch")
        expect(page.locator("nav")).to_have_count(0)
    page.screenshot(path=SCREENS / "stranger-light-1280.png")
    context.close()
