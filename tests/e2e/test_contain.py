"""The containment panel in a browser: steps open, commands can be copied, what is left of a credential counts down."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Route, expect

from tests.e2e.browsing import Visitor
from tests.e2e.test_chain import open_alarm


def test_steps_open_and_hold_their_commands(visitor: Visitor) -> None:
    with visitor.window() as page:
        open_alarm(page)
        panel = page.locator("#contain")
        step = panel.locator("details.contain-step", has_text="Revoke the sessions of role deploy-shop")
        expect(step.locator("pre").first).to_be_hidden()
        step.locator("summary").click()
        expect(step.locator("pre").first).to_contain_text("aws iam put-role-policy --role-name deploy-shop")
        expect(step.locator("button[data-copy]").first).to_be_visible()
        expect(panel.locator("h3")).to_have_count(6)


def test_what_is_left_counts_down(visitor: Visitor) -> None:
    """The sample's sessions have expired, so the page is given one that has not, and one that just has."""
    now = int(time.time())
    ends = {name: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + left)) for name, left in (("later", 600), ("over", -5))}
    spans = "".join(f'<p><span class="{name}" data-expires="{end}">x</span></p>' for name, end in ends.items())

    def with_expiry(route: Route) -> None:
        answer = route.fetch()
        page_text = answer.text().replace('<p class="live-sentence">', f'{spans}<p class="live-sentence">', 1)
        route.fulfill(response=answer, body=page_text)

    with visitor.window() as page:
        page.route(re.compile(r"/sessions/[a-z0-9]+$"), with_expiry)
        open_alarm(page)
        expect(page.locator(".over")).to_have_text("expired")
        left = page.locator(".later")
        expect(left).to_have_text(re.compile(r"^9 min \d+ s left$"))
        expect(left).not_to_have_text(left.text_content() or "")
