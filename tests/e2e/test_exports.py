"""What leaves the browser: the canvas as a picture, the report as one file and on paper; and the keys that lead to notes and shares."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.browsing import Visitor, Watch, eventually
from tests.e2e.test_chain import open_alarm

WIDER = "() => [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 90))"
A4 = {"width": 718, "height": 1000}
"""A sheet without its margins, in CSS pixels."""


def rows_of(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and unfiltered scan lines of an 8-bit RGBA or RGB picture (https://www.w3.org/TR/png/#9Filters)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, width, height, channels = 8, b"", 0, 0, 0
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        content = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", content[:10])
            assert depth == 8
            channels = {2: 3, 6: 4}[colour]
        elif kind == b"IDAT":
            packed += content
        at += 12 + length
    flat = zlib.decompress(packed)
    stride = width * channels + 1
    assert len(flat) == stride * height
    return width, height, [flat[n * stride : (n + 1) * stride] for n in range(height)]


def test_the_graph_is_saved_as_a_picture_twice_as_large(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        page.locator("details.menu summary", has_text="Export").click()
        with page.expect_download() as made:
            page.locator("#png").click()
        assert made.value.suggested_filename.startswith("roletrail-")
        width, height, lines = rows_of(made.value.path().read_bytes())
        drawn = page.evaluate(
            "() => { const b = document.getElementById('graph').graph.cy.elements().boundingBox(); return [b.w, b.h]; }"
        )
        assert abs(width - 2 * drawn[0]) < 4
        assert abs(height - 2 * drawn[1]) < 4
        assert len(set(lines)) > 50  # a blank picture has one line many times
        expect(page.locator("#live")).to_have_text("Picture saved")


def test_one_file_of_html_reads_alone(visitor: Visitor, tmp_path: Path) -> None:
    """From a disk, without its server: nothing is asked for, nothing runs, a phone needs no sideways scrolling."""
    with visitor.window() as page:
        open_alarm(page)
        with page.expect_download() as made:
            page.evaluate("document.querySelector(\"a[href$='/export/html']\").click()")
        kept = tmp_path / "report.html"
        made.value.save_as(kept)
    alone = Watch("file://")
    context = visitor.browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    page = context.new_page()
    alone.over(page)
    page.goto(kept.as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text("3 role sessions, 3 accounts")
    expect(page.locator("svg")).to_have_count(2)
    expect(page.locator(".doc-graded li")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.doc-scroll > svg').getBoundingClientRect().width") > 700
    expect(page.locator("td[data-label='Account']").first).to_be_visible()
    assert alone.requests == 1
    assert alone.complaints == []
    context.close()


def test_paper_is_white_and_nothing_runs_off_it(visitor: Visitor) -> None:
    """Whatever the theme: the report and the chain page fit a sheet, without controls, in the light colours."""
    with visitor.window(theme="dark", width=A4["width"], height=A4["height"]) as page:
        open_alarm(page)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        chain = page.url.partition("?")[0]
        page.emulate_media(media="print")
        on_paper(page)
        expect(page.locator("#tree tr[data-id]").first).to_be_visible()
        page.emulate_media(media="screen")
        page.goto(f"{chain}/report")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.emulate_media(media="print")
        on_paper(page)
        assert page.pdf(format="A4").startswith(b"%PDF-")


def on_paper(page: Page) -> None:
    for gone in (".top", ".actions", ".zoom", ".find"):
        for part in page.locator(gone).all():
            expect(part).to_be_hidden()
    expect(page.locator("body")).to_have_css("color", "rgb(20, 23, 28)")
    expect(page.locator(".card").first).to_have_css("background-color", "rgb(255, 255, 255)")
    assert [part for part in page.evaluate(WIDER) if "canvas" not in part] == []


def test_the_canvas_is_light_while_it_is_printed(visitor: Visitor) -> None:
    ink = "() => document.getElementById('graph').graph.cy.nodes()[0].style('color').replaceAll(' ', '')"
    with visitor.window(theme="dark") as page:
        open_alarm(page)
        assert page.evaluate(ink) == "rgb(230,233,238)"
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(ink) == "rgb(20,23,28)"
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        eventually(page, ink, "rgb(230,233,238)")
        assert page.locator("html").get_attribute("data-theme") is None


def test_n_and_s_lead_to_notes_and_shares(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("Share a snapshot")
        expect(page.locator("#keys")).to_contain_text("Note, or add to an investigation")
        page.keyboard.press("Escape")
        page.keyboard.press("s")
        page.wait_for_url("**/shares/new?*")
        page.go_back()
        page.wait_for_url("**/sessions/*")
        page.keyboard.press("n")
        page.wait_for_url("**/investigations?*")
        page.goto("/findings")
        page.locator("tr[data-row] .row-link").first.click()
        page.wait_for_url("**/findings/*")
        page.keyboard.press("n")
        expect(page.get_by_role("textbox", name="Why")).to_be_focused()
