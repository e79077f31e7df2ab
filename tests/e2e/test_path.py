"""The analyst's path from end to end: list, red, chain, sentence, third hop, its event, a window of time, an address, the report.
Once with the mouse and once with the keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.browsing import Visitor

GRADES = re.compile(r"proved|likely|cannot be known")


def selected(page: Page) -> str:
    return page.locator("#tree tr[aria-selected=true]").get_attribute("data-ordinal") or ""


def reported(page: Page) -> None:
    """A management page: one picture, five graded sentences, impact, the state of digests."""
    page.wait_for_url("**/report")
    doc = page.locator("article.doc")
    expect(doc.locator("svg.tree-svg")).to_be_visible()
    sentences = doc.locator(".doc-graded li")
    expect(sentences).to_have_count(5)
    for sentence in sentences.all():
        expect(sentence.locator(".doc-grade")).to_have_text(GRADES)
    expect(doc.get_by_role("heading", name="Impact")).to_be_visible()
    expect(doc).to_contain_text("igest file")


def test_with_the_mouse(visitor: Visitor) -> None:
    with visitor.window() as page:
        page.goto("/")
        page.get_by_role("link", name="Chains", exact=True).click()
        page.locator("label", has_text="3rd and later").click()
        page.get_by_role("button", name="Filter").click()
        page.wait_for_url("**/chains?tone=alarm*")
        expect(page.locator("td .tone-watch")).to_have_count(0)
        page.locator("tr[data-row] .row-link", has_text="backup-sync").click()
        page.wait_for_url("**/sessions/*")
        expect(page.locator("#sentence")).to_contain_text("3 role sessions, 3 accounts")
        chain = page.url
        page.locator("#tree tr.on-path[data-ordinal='3'] .name").click()
        page.locator(".hop:visible .refs a").first.click()
        page.wait_for_url("**/events/*")
        expect(page.locator("#record")).to_contain_text('"eventName"')
        page.goto(chain)
        page.locator("#timeline").scroll_into_view_if_needed()
        box = page.locator("#brush").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 15)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 15, steps=3)
        page.mouse.up()
        expect(page).to_have_url(re.compile(r"[?&]t="))
        page.locator("#trace-top").fill("198.51.100.77")
        page.get_by_role("button", name="Trace").click()
        page.wait_for_url(re.compile(r"/(trace|entities)/"))
        expect(page.locator("main")).to_contain_text("198.51.100.77")
        page.goto(chain)
        page.locator("#report").click()
        reported(page)
        with page.expect_download() as made:
            page.get_by_role("link", name="HTML file").click()
        single = made.value.path().read_text("utf-8")
        assert single.count("doc-grade doc-") == 5
        assert not re.search(r"<script|src=|href=", single)


def tab_to(page: Page, selector: str, most: int = 40) -> None:
    """Tab until an element that matches has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} was not reached with Tab")


def test_with_the_keyboard_alone(visitor: Visitor) -> None:
    with visitor.window() as page:
        page.goto("/chains")
        tab_to(page, "input[name=tone]")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url("**/chains?tone=alarm*")
        for _ in range(9):
            page.keyboard.press("j")
            if "backup-sync" in page.evaluate("document.activeElement.textContent"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/sessions/*")
        expect(page.locator("#sentence")).to_be_visible()
        chain = page.url
        page.keyboard.press("2")
        page.keyboard.press("Home")
        while selected(page) != "3":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        tab_to(page, ".refs a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/events/*")
        page.go_back()
        page.wait_for_url(re.compile(re.escape(chain.partition("?")[0])))
        expect(page.locator("#graph canvas").first).to_be_attached()
        page.keyboard.press("3")
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        expect(page).to_have_url(re.compile(r"[?&]t="))
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("198.51.100.77")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(trace|entities)/"))
        page.go_back()
        page.wait_for_url("**/sessions/*")
        page.evaluate("document.activeElement.blur()")
        tab_to(page, "#report", 60)
        page.keyboard.press("Enter")
        reported(page)
        tab_to(page, "a[href$='/export/markdown']")
        with page.expect_download() as made:
            page.keyboard.press("Enter")
        assert "## In five sentences" in made.value.path().read_text("utf-8")
