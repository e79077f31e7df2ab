"""A share in a browser that never signed in: the link, the cover, the document; its secret gone from bar and history; then revoked."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.browsing import Visitor


def test_a_logged_out_browser_opens_a_share_and_nothing_else(visitor: Visitor) -> None:
    with visitor.window() as page:
        page.goto("/chains?tone=alarm")
        page.locator("table a[href^='/sessions/']").first.click()
        page.get_by_role("link", name="Share snapshot").click()
        page.get_by_label("I may share this").check()
        page.get_by_role("button", name="Make the link").click()
        link = page.get_by_label("Link", exact=True).input_value()
        context = visitor.browser.new_context(base_url=visitor.url)
        reader = context.new_page()
        visitor.watch.over(reader)
        reader.goto(link)
        assert re.fullmatch(rf"{re.escape(visitor.url)}/shared/[0-9a-f]+", reader.url)
        reader.get_by_role("button", name="Open").click()
        expect(reader.get_by_text("Read-only snapshot")).to_be_visible()
        assert "rts_" not in reader.url
        assert "rts_" not in reader.content()
        picture = reader.locator(".frozen-graph svg")
        assert picture.evaluate("drawn => drawn.getBoundingClientRect().width") > 100
        for theme in ("light", "dark"):
            reader.emulate_media(color_scheme=theme)
            words = picture.locator(".label-0").first.evaluate("text => getComputedStyle(text).fill")
            assert words == reader.evaluate("getComputedStyle(document.body).color"), theme
        for place in ("/", "/chains", "/settings/shares", "/api/v1/chains"):
            answer = context.request.get(place)
            assert answer.status == 401, place
        page.goto("/settings/shares")
        page.get_by_role("button", name="Revoke", exact=True).first.click()
        reader.reload()
        expect(reader.get_by_role("heading", name="This link opens nothing")).to_be_visible()
        context.close()
