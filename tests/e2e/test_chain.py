"""The analyst's path through the sample incidents: see the colours, open a chain, select a hop, reach its record."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import REPORTS, Visitor, Watch, eventually
from tests.e2e.conftest import Demo

COLOURS = {
    "light": {"calm": "rgb(59, 110, 168)", "watch": "rgb(217, 122, 0)", "alarm": "rgb(155, 0, 32)"},
    "dark": {"calm": "rgb(127, 167, 214)", "watch": "rgb(255, 194, 102)", "alarm": "rgb(240, 67, 58)"},
}
WIDTHS = {"context": 1.5, "calm": 2, "watch": 3.5, "alarm": 5}

EDGES = """() => document.getElementById('graph').graph.cy.edges().map((e) => ({
  child: e.data('child'), tone: e.data('tone'), digit: e.style('target-label'), width: parseFloat(e.style('width')),
  colour: e.style('line-color').replaceAll(',', ', ').replaceAll('  ', ' '), line: e.style('line-style')}))"""
CHOSEN = "() => document.getElementById('graph').graph.cy.nodes('.chosen').map((n) => n.id())"
FADED = "() => document.getElementById('graph').graph.cy.nodes('.faded').map((n) => n.id())"


def open_alarm(page: Page) -> None:
    """From the list, filtered to red, into the incident of the stolen key."""
    page.goto("/chains?tone=alarm&q=backup")
    page.locator("tr[data-row] .row-link").first.click()
    page.wait_for_url("**/sessions/*")  # with its modules, which run before the load event
    expect(page.locator("article.chain")).to_be_visible()


def selected(page: Page) -> str:
    return page.locator("tr[aria-selected=true]").get_attribute("data-id") or ""


def is_selected(page: Page, row: str | None) -> None:
    assert row
    expect(page.locator("tr[aria-selected=true]")).to_have_attribute("data-id", row)


def row_of(page: Page, ordinal: int) -> str:
    return page.locator(f"#tree tr.on-path[data-ordinal='{ordinal}']").first.get_attribute("data-id") or ""


def test_the_printed_link_opens_a_page_with_an_orange_and_a_red_chain(demo: Demo, chromium: Browser) -> None:
    watch = Watch(demo.url)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.add_init_script(REPORTS)
    page = context.new_page()
    watch.over(page)
    page.goto(demo.launch)
    expect(page).to_have_url(demo.url + "/")  # the secret left the address
    expect(page.get_by_text("SAMPLE", exact=True)).to_be_visible()
    for tone in ("watch", "alarm"):
        chip = page.locator(f"td .chip.tone-{tone}").first
        expect(chip).to_be_visible()
        expect(chip).to_have_css("background-color", COLOURS["light"][tone])
    again = chromium.new_context()
    assert again.new_page().goto(demo.launch).status == 403  # type: ignore[union-attr] - one use
    watch.reports(page)
    context.close()
    again.close()
    assert watch.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chips_and_edges_carry_the_tone_of_the_ordinal(visitor: Visitor, theme: str) -> None:
    with visitor.window(theme=theme) as page:
        open_alarm(page)
        for ordinal, tone in ((1, "calm"), (2, "watch"), (3, "alarm")):
            chip = page.locator(f"#tree tr[data-ordinal='{ordinal}'] .chip").first
            expect(chip).to_have_text(str(ordinal))
            expect(chip).to_have_css("background-color", COLOURS[theme][tone])
        edges = page.evaluate(EDGES)
        assert {edge["digit"] for edge in edges} >= {"1", "2", "3"}
        for edge in edges:
            tone = edge["tone"]
            assert edge["width"] == WIDTHS[tone]
            if edge["digit"]:
                assert tone == ("calm", "watch", "alarm")[min(int(edge["digit"]), 3) - 1]
                assert edge["colour"] == COLOURS[theme][tone]


def test_a_selection_is_one_in_tree_canvas_panel_and_address(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        first = selected(page)
        hop = row_of(page, 2)
        page.locator(f"#row-{hop} .name").click()
        is_selected(page, hop)
        eventually(page, CHOSEN, [hop])
        expect(page.locator(f"#hop-{hop}")).to_be_visible()
        expect(page.locator(f"#hop-{first}")).to_be_hidden()
        expect(page).to_have_url(re.compile(rf"\?sel={hop}$"))
        expect(page.locator("#live")).to_contain_text("assumption 2")

        place = page.evaluate(
            "(id) => document.getElementById('graph').graph.cy.getElementById(id).renderedPosition()", row_of(page, 1)
        )
        page.locator("#graph").click(position=place)
        is_selected(page, row_of(page, 1))
        page.go_back()
        is_selected(page, hop)
        page.go_back()
        is_selected(page, first)

        page.goto(f"{page.url.partition('?')[0]}?sel={hop}")
        is_selected(page, hop)
        expect(page.locator(f"#hop-{hop}")).to_be_visible()


def test_the_path_to_the_root_and_everything_below_stay_lit(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        hop = row_of(page, 3)
        page.locator(f"#row-{hop} .name").click()
        faded = set(page.evaluate(FADED))
        on_path = {row.get_attribute("data-id") for row in page.locator("#tree tr.on-path").all()}
        assert not faded & on_path
        assert {row.get_attribute("data-id") for row in page.locator("#tree tr.faded").all()} == faded


def test_with_the_keyboard_alone_from_the_list_to_the_record(visitor: Visitor) -> None:
    with visitor.window() as page:
        page.goto("/chains?tone=alarm&q=backup")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/sessions/*")
        page.keyboard.press("2")
        page.keyboard.press("Home")
        is_selected(page, page.locator("#tree tbody tr").first.get_attribute("data-id"))
        while (page.locator("tr[aria-selected=true]").get_attribute("data-ordinal") or "") != "3":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("#panel")).to_be_focused()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.refs a')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/events/*")
        expect(page.locator("h1")).to_contain_text("AssumeRole")
        expect(page.locator("#record")).to_contain_text('"eventName": "AssumeRole"')
        expect(page.locator(".proves")).to_contain_text("assumed")


def test_arrows_fold_and_walk_the_tree(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        rows = page.locator("#tree tbody tr")
        everything = rows.count()
        page.keyboard.press("2")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        expect(rows.first).to_have_attribute("aria-expanded", "false")
        assert page.locator("#tree tbody tr:visible").count() == 1
        page.keyboard.press("ArrowRight")
        expect(rows.first).to_have_attribute("aria-expanded", "true")
        assert page.locator("#tree tbody tr:visible").count() == everything
        page.keyboard.press("End")
        expect(rows.last).to_be_focused()
        expect(rows.last).to_have_attribute("aria-selected", "true")


def test_find_marks_rows_and_walks_through_them(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        hop = row_of(page, 2)
        label = page.locator(f"#row-{hop} .name").inner_text().removeprefix("⇄ ").strip()
        page.locator("#find").fill(label)
        expect(page.locator(f"#row-{hop}")).to_have_class(re.compile("found"))
        page.keyboard.press("Enter")
        assert label in page.locator("tr[aria-selected=true]").inner_text()


def test_the_window_of_time_dims_table_canvas_and_is_in_the_address(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        first, second = row_of(page, 1), row_of(page, 3)
        page.locator("#timeline").scroll_into_view_if_needed()
        brush = page.locator("#brush").bounding_box()
        assert brush is not None
        page.mouse.move(brush["x"] + brush["width"] * 0.4, brush["y"] + 15)
        page.mouse.down()
        page.mouse.move(brush["x"] + brush["width"] * 0.75, brush["y"] + 15, steps=4)
        page.mouse.up()
        expect(page).to_have_url(re.compile(r"[?&]t=2026-11-07T[^~]+(~|%7E)2026-11-07T"))
        expect(page.locator(f"#row-{first}")).to_have_class(re.compile("outside"))
        assert first in page.evaluate("() => document.getElementById('graph').graph.cy.nodes('.outside').map((n) => n.id())")
        shared = page.url
        page.locator("#time-all").click()
        expect(page).not_to_have_url(re.compile(r"[?&]t="))
        expect(page.locator("#tree tr.outside")).to_have_count(0)
        page.locator(f'.fall-lane[data-lane="{second}"] .fall-label').click()
        is_selected(page, second)
        page.keyboard.press("3")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(page).to_have_url(re.compile(r"[?&]t="))
        page.goto(shared)
        expect(page.locator(f"#row-{first}")).to_have_class(re.compile("outside"))


def test_a_record_opens_in_the_panel(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        page.locator(".hop:visible .refs button").first.click()
        expect(page.locator(".hop:visible .refs .record")).to_contain_text('"eventName": "AssumeRole"')


def test_the_theme_changes_page_and_canvas_and_is_kept(visitor: Visitor) -> None:
    with visitor.window(theme="light") as page:
        open_alarm(page)
        for _ in range(2):  # system, light, dark
            page.keyboard.press("t")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        line = "() => document.getElementById('graph').graph.cy.edges(\"[tone='alarm']\")[0].style('line-color')"
        eventually(page, f"{line}.replaceAll(' ', '')", "rgb(240,67,58)")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(page.locator("#tree .tone-alarm").first).to_have_css("background-color", COLOURS["dark"]["alarm"])


def test_the_key_sheet_lists_the_keys_and_switches_them_off(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        page.keyboard.press("?")
        sheet = page.locator("#keys")
        expect(sheet).to_be_visible()
        expect(sheet).to_contain_text("Fit the graph")
        sheet.get_by_label("Single keys act").uncheck()
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        page.keyboard.press("t")
        assert page.locator("html").get_attribute("data-theme") is None


def test_reading_needs_no_script(visitor: Visitor) -> None:
    with visitor.window(scripts=False) as page:
        open_alarm(page)
        expect(page.locator("h1")).to_contain_text("→")
        expect(page.locator("#tree tr[data-ordinal='3']").first).to_be_visible()
        expect(page.locator("#graph")).to_be_hidden()
        assert page.locator("button:visible").count() == 1  # the trace box's; nothing that needs a script
        hop = row_of(page, 2)
        page.locator(f"#row-{hop} .name").click()
        expect(page).to_have_url(re.compile(rf"sel={hop}"))
        expect(page.locator(f"#hop-{hop}")).to_be_visible()
        page.locator(f"#hop-{hop} .refs a").first.click()
        expect(page.locator("#record")).to_contain_text("eventName")


def test_everything_but_the_canvas_works_without_the_canvas(visitor: Visitor) -> None:
    with visitor.window() as page:
        page.route("**/vendor/cytoscape.min.js", lambda route: route.fulfill(status=200, content_type="text/javascript", body=""))
        open_alarm(page)
        expect(page.locator("#graph-absent")).to_be_visible()
        hop = row_of(page, 2)
        page.locator(f"#row-{hop} .name").click()
        expect(page.locator(f"#hop-{hop}")).to_be_visible()


def test_the_trace_box_leads_from_a_pasted_thing_to_a_session(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        key = page.locator(f"#hop-{selected(page)} .keys bdi").first.inner_text()
        page.keyboard.press("/")
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(sessions|trace)/"))
        assert key not in page.url
        expect(page.locator("main")).to_contain_text(key)
