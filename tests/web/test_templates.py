"""What the templates make of views (ADR 0012): text stays text, nothing is inline, everything can be read without a script."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from roletrail.usecases.chains.views import Page, TraceView
from roletrail.web.chain import session_context
from roletrail.web.site import Site, site
from tests.web import views

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></textarea></style></script><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;&#x3c;b&#x3e;",
    "\u202eevil\u2066\u200b\x00\x1b[31m\ud800",
    "<!--",
    "]]><![CDATA[<b>",
)


class Markup(HTMLParser):
    """Collects tags, attributes and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(name, tuple(sorted(attributes))) for name, attributes in self.tags]


@pytest.fixture(scope="module")
def frame() -> Site:
    return site()


PAGES = sorted(views.pages())
NONE: dict[str, object] = {
    "found": Page([], None),
    **views.OWN_HIDDEN,
    "grouped": True,
    "shape": "",
    "query": {},
    "next_url": "",
    "each_url": "",
    "grouped_url": "",
}
"""A list of chains without any."""


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_changes_no_markup(frame: Site, page: str) -> None:
    harmless = Markup(frame.html(page, views.pages("harmless")[page])).shape()
    for text in HOSTILE:
        found = Markup(frame.html(page, views.pages(text)[page]))
        assert found.shape() == harmless, text


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.isprintable()])
def test_hostile_text_is_shown_as_it_is(frame: Site, text: str) -> None:
    assert text in Markup(frame.html("session", views.pages(text)["session"])).text


def test_characters_that_show_as_nothing_are_made_visible(frame: Site) -> None:
    html = frame.html("session", views.pages("a\u202eb\u200bc\x1bd\ud800e")["session"])
    assert "a⟨U+202E⟩b⟨U+200B⟩c⟨U+001B⟩d⟨U+D800⟩e" in Markup(html).text
    html.encode("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(frame: Site, page: str) -> None:
    found = Markup(frame.html(page, views.pages("x")[page]))
    assert not found.all("style")
    for tag, attributes in found.tags:
        if tag == "a" and (attributes.get("href") or "").startswith("https://docs.aws.amazon.com/"):
            assert attributes["rel"] == "noreferrer noopener"  # followed by a person alone, and told nothing of this page
            continue
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action"):
            value = attributes.get(name) or ""
            assert value.startswith(("/", "#", "?")) or not value, value
            assert not value.startswith("//")
    assert all(attributes.get("src") for attributes in found.all("script"))


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique_and_labels_point_at_something(frame: Site, page: str) -> None:
    found = Markup(frame.html(page, views.pages()[page]))
    ids = [attributes["id"] for _, attributes in found.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in found.tags:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            if attributes.get(name):
                assert attributes[name] in ids


def test_the_tree_table_holds_everything_the_canvas_draws(frame: Site) -> None:
    found = Markup(frame.html("session", views.pages()["session"]))
    rows = [attributes for attributes in found.all("tr") if "data-id" in attributes]
    assert [row["aria-level"] for row in rows] == ["1", "2", "3", "4", "4", "5"]
    assert [row["data-ordinal"] for row in rows] == ["0", "1", "2", "3", "3", "0"]
    assert [row["data-tone"] for row in rows] == ["context", "calm", "watch", "alarm", "alarm", "context"]
    assert [row["data-crossed"] for row in rows] == ["", "", "true", "", "true", ""]
    assert rows[2]["data-confidence"] == "0.75"
    assert found.all("table")[0]["role"] == "treegrid"


def test_one_hop_is_shown_and_the_address_chooses_which(frame: Site) -> None:
    view = views.session_view()
    for parameters, chosen in (({}, "Admin"), ({"sel": views.id_of("Reader")}, "Reader"), ({"sel": "stale"}, "Admin")):
        context = {**views.pages()["session"], **session_context(view, parameters)}
        hops = [attributes for attributes in Markup(frame.html("session", context)).all("section") if "data-hop" in attributes]
        assert [hop["data-hop"] for hop in hops if "hidden" not in hop] == [views.id_of(chosen)]


def test_the_ordinal_is_said_by_digit_and_tone(frame: Site) -> None:
    html = frame.html("chains", views.pages()["chains"])
    assert '<span class="chip tone-alarm' in html
    assert '<span class="chip tone-watch"><b>2</b>' in html
    assert "uncertain" in html


def test_an_empty_store_says_what_to_do(frame: Site) -> None:
    nothing = {**NONE, "health": views.health_view(0, 0)}
    assert "roletrail ingest PATH" in frame.html("chains", nothing)
    assert "roletrail ingest PATH" in frame.html(
        "home", {"first": views.home_view(live=0), "health": views.health_view(0, 0), "alarm": [], "watch": []}
    )


def test_events_without_a_chain_are_counted_and_single_assumptions_offered(frame: Site) -> None:
    nothing = {**NONE, "health": views.health_view(1204, 0)}
    html = frame.html("chains", nothing)
    assert "1,204 events, 20 role sessions, 0 with two assumptions or more" in html
    assert "/chains?min_sessions=1" in html


def test_filters_that_hide_everything_are_listed(frame: Site) -> None:
    hidden = {**NONE, "query": {"q": "nobody"}, "health": views.health_view()}
    html = frame.html("chains", hidden)
    assert "No chain passes these filters" in html
    assert "nobody" in html


def test_a_paste_that_leads_nowhere_says_what_it_was_read_as(frame: Site) -> None:
    known = frame.html("trace", {"view": TraceView("address", "192.0.2.7", [], "")})
    assert "as: address. No event of this store names it" in known
    assert "none of the things we know" in frame.html("trace", {"view": TraceView("", "??", [], "")})


def test_a_stranger_is_shown_no_navigation(frame: Site) -> None:
    context = {"status": 401, "title": "t", "detail": "d", "hint": "", "command": "roletrail token launch", "signed_in": False}
    html = frame.html("error", context)
    assert "/chains" not in html
    assert "<form" not in html


def test_marks_of_the_frame(frame: Site) -> None:
    page = views.pages()["home"]
    assert "SAMPLE" in frame.html("home", {**page, "sample": True})
    assert "SAMPLE" not in frame.html("home", page)
    assert "--insecure-no-auth" in frame.html("home", {**page, "open_door": True})
    assert "--insecure-no-auth" not in frame.html("home", page)
