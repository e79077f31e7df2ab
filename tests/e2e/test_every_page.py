"""Every page of the site, loaded once, seen in both themes, wide and narrow: no accessibility violation, no policy report, nothing
wider than a phone, a name and a JSON twin, and all there is to read without scripts. ROLETRAIL_PICTURES=1 keeps pictures to look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from roletrail.errors import StoreUnavailable
from roletrail.stores.embedded import EmbeddedStore
from tests.e2e.browsing import REPORTS, Visitor, Watch, save, settled
from tests.e2e.conftest import Demo
from tests.e2e.test_pictures import REPLACE
from tests.support.served import serving

ROOT = Path(__file__).parents[2]
AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
SCREENS = ROOT / "var" / "screens"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BY_COLOUR = ["color-contrast", "link-in-text-block"]
"""What another theme can change; the rest is judged once for each width."""
RUN = """([tags, rules]) => axe.run(document, {
  runOnly: rules.length ? {type: 'rule', values: rules} : {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false})"""
LOOKS = [(theme, width) for width in (1280, 390) for theme in ("light", "dark")]
LEAST = 320
STILL: Any = {"reduced_motion": "reduce"}
"""Colours do not fade from one theme into the other while they are measured."""

WITHOUT_TWIN = {"trace", "traced", "nothing", "new-share", "share-made"}
SCRIPTED = (
    "() => [...document.querySelectorAll('.js-only')].filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 80))"
)


class Site(NamedTuple):
    """An address of every kind of page, and the link of a share."""

    addresses: dict[str, str]
    share: str


@pytest.fixture(scope="module")
def site(demo: Demo, chromium: Browser, signed_in: StorageState) -> Site:
    """Found by following links, as a person does; an investigation with a pin and a note and a share are made on the way."""
    visitor = Visitor(chromium, demo.url, signed_in, Watch(demo.url))
    with visitor.window() as page:
        session = _first(page, "/chains?tone=alarm&q=backup", "tr[data-row] .row-link")
        page.goto(session)
        role = page.locator(".hop:visible dd a[href^='/entities/']").first.get_attribute("href") or ""
        address = page.locator("#tree a.addr").first.get_attribute("href") or ""
        event = page.locator(".hop:visible .refs a").first.get_attribute("href") or ""
        page.goto("/trace")
        page.locator("#trace-box").fill("198.51.100.77")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(trace|entities|sessions)/"))
        traced = page.url.removeprefix(visitor.url)
        case = _investigation(page, session)
        new_share = f"/shares/new?kind=session&subject={session.rpartition('/')[2]}"
        page.goto(new_share)
        page.get_by_label("I may share this").check()
        page.get_by_role("button", name="Make the link").click()
        share = page.get_by_label("Link", exact=True).input_value()
        found = {
            "session-2": _first(page, "/chains?tone=watch", "tr[data-row] .row-link"),
            "finding": _first(page, "/findings", "tr[data-row] .row-link"),
            "place": _first(page, "/off-instance", ".use-off a[href^='/sessions/']"),
            "role-focus": _first(page, "/roles", "tr[data-row] .row-link"),
        }
    return Site(
        {
            "home": "/",
            "chains": "/chains?limit=15",
            "chains-hidden": "/chains?account=999999999999",
            "chains-each": "/chains?view=each&limit=5",
            "session": session,
            "events": f"{session}/events",
            "report": f"{session}/report",
            "whole": f"{session}/table",
            "strands": f"{session}/strands",
            "event": event,
            "role": role,
            "address": address,
            "roles": "/roles",
            "findings": "/findings?severity=medium",
            "rules": "/rules",
            "exceptions": "/exceptions?rule=chain-three&title=ci-build",
            "deliveries": "/deliveries",
            "off-instance": "/off-instance",
            "investigations": "/investigations",
            "pinning": f"/investigations?kind=chain&pin={session.rpartition('/')[2]}",
            "investigation": case,
            "handover": f"{case}/handover",
            "new-share": new_share,
            "data": "/data",
            "about": "/settings/about",
            "tokens": "/settings/tokens",
            "sign-ins": "/settings/sessions",
            "shares": "/settings/shares",
            "audit": "/settings/audit",
            "trace": "/trace",
            "traced": traced,
            "nothing": "/nothing-here",
            **found,
        },
        share,
    )


def _first(page: Page, place: str, selector: str) -> str:
    page.goto(place)
    return page.locator(selector).first.get_attribute("href") or ""


def _investigation(page: Page, session: str) -> str:
    page.goto(f"/investigations?kind=chain&pin={session.rpartition('/')[2]}")
    page.get_by_label("New investigation").fill("Every page")
    page.get_by_role("button", name="Open and pin").click()
    page.wait_for_url(re.compile(r"/investigations/\w+$"))
    page.get_by_label("Note in Markdown").last.fill("**Seen**: `GetSecretValue`, then [nothing](https://attacker.example/).")
    page.get_by_role("button", name="Add", exact=True).last.click()
    expect(page.locator(".md strong")).to_have_text("Seen")
    return "/investigations/" + page.url.rpartition("/")[2].partition("#")[0]


def looked_at(page: Page, watch: Watch, name: str) -> None:
    """One loaded page in every look."""
    page.evaluate(AXE)
    for theme, width in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        settled(page)
        if REPLACE:
            save(page, SCREENS / f"{name}-{theme}-{width}.png", whole=True)
        found = page.evaluate(RUN, [RULES, BY_COLOUR if theme == "dark" else []])["violations"]
        assert [(v["id"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found] == [], (name, theme, width)
    page.set_viewport_size({"width": LEAST, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= LEAST, name
    page.set_viewport_size({"width": 1280, "height": 900})
    watch.reports(page)


def test_every_page(visitor: Visitor, site: Site) -> None:
    with visitor.window(**STILL) as page:
        for name, address in site.addresses.items():
            assert address, name
            page.goto(address)
            expect(page).to_have_title(re.compile(r".+ · Roletrail$"))
            if name == "whole":
                expect(page.locator("#whole tr[aria-selected=true]")).to_be_in_viewport()
            looked_at(page, visitor.watch, name)
            twin = page.locator("footer a", has_text="JSON")
            if name not in WITHOUT_TWIN:
                answer = page.request.get(twin.get_attribute("href") or "")
                assert answer.status == 200, address
                assert answer.headers["content-type"] == "application/json"


def test_every_page_reads_without_scripts(visitor: Visitor, site: Site) -> None:
    with visitor.window(scripts=False) as page:
        for name, address in site.addresses.items():
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == (404 if name == "nothing" else 200), address
            expect(page.locator("main h1, main h2").first).to_be_visible()
            assert len(page.locator("main").inner_text()) > 40, address
            assert page.evaluate(SCRIPTED) == [], address


def test_a_strangers_pages(visitor: Visitor, site: Site) -> None:
    """Without an account: nothing but the way to sign in, and what a share was made for."""
    context = visitor.browser.new_context(base_url=visitor.url, **STILL)
    context.add_init_script(REPORTS)
    page = context.new_page()
    visitor.watch.over(page)
    for address in site.addresses.values():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 401, address
        expect(page.locator("main")).to_contain_text("roletrail token launch")
        expect(page.locator("nav")).to_have_count(0)
    looked_at(page, visitor.watch, "stranger")
    page.goto(site.share)
    looked_at(page, visitor.watch, "share-cover")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("Read-only snapshot")).to_be_visible()
    looked_at(page, visitor.watch, "share")
    page.goto("/shared/0123456789abcdef01234567")
    looked_at(page, visitor.watch, "share-gone")
    context.close()


@pytest.fixture
def empty(tmp_path: Path, chromium: Browser) -> Iterator[tuple[Visitor, Callable[[], None]]]:
    """A server whose store holds nothing, and what makes that store go away."""
    EmbeddedStore(tmp_path / "empty.sqlite").close()
    with serving(f"sqlite:///{tmp_path / 'empty.sqlite'}") as served:
        context = chromium.new_context()
        context.new_page().goto(f"{served.url}/launch?t={served.access.new_launch()}")
        visitor = Visitor(chromium, served.url, context.storage_state(), Watch(served.url))
        context.close()

        def away(*_: object) -> None:
            error = StoreUnavailable("The graph store does not answer.")
            error.since = 1_794_000_000
            raise error

        def leave() -> None:
            object.__setattr__(served.ports.graph, "totals", away)

        yield visitor, leave
        assert [one for one in visitor.watch.complaints if "503" not in one] == []


def test_pages_of_an_empty_store_and_of_one_that_is_away(empty: tuple[Visitor, Callable[[], None]]) -> None:
    visitor, leave = empty
    with visitor.window(**STILL) as page:
        for name in ("home", "chains", "findings", "roles", "data"):
            page.goto("/" if name == "home" else f"/{name}")
            expect(page.locator("main")).to_contain_text("roletrail ingest" if name != "findings" else "No finding")
            looked_at(page, visitor.watch, f"empty-{name}")
        leave()
        answer = page.goto("/data")
        assert answer is not None
        assert answer.status == 503
        expect(page.locator("main")).to_contain_text("has not answered since 2026-11-06")
        looked_at(page, visitor.watch, "away")
