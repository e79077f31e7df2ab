"""Text of an attacker's choosing in every field a log can carry: it is shown as text and does nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import Visitor, Watch
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at
from tests.support.identities import Role
from tests.support.served import ingest, serving

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></textarea></script><iframe src=javascript:alert(1)>",
    "javascript:alert(1)//",
    "{{constructor.constructor('alert(1)')()}}",
    "{% for x in () %}${7+7}#{7+7}",
    "<a href=https://attacker.example/?x>here</a>",
    "<link rel=stylesheet href=//attacker.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//attacker.example>",
    "\u202e\u2066reversed\u2069",
    "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
)
WRAPPERS = (
    "{}", '"{}', "'{}", "`{}`", "<!--{}-->", "]]>{}", "</script>{}", "</style>{}", "{}\u202e", "%3Cb%3E{}", "\\u003c{}", "${{{}}}", "{{{{{}}}}}", "<b>{}</b>",
)  # fmt: skip
HUNDRED = tuple(dict.fromkeys([*PAYLOADS, *(wrap.format(payload) for wrap in WRAPPERS for payload in PAYLOADS)]))[:100]
"""Every payload bare, then behind what could end the place it stands in."""
DAY = "2026-11-07"


def records() -> list[Record]:
    """A chain of two for each payload, with the payload wherever somebody outside AWS chooses the text."""
    trail = Trail(SeededIds("hostile"))
    for n, payload in enumerate(HUNDRED):
        clock = f"{n // 5:02d}:{n % 5:02d}:0"
        key = trail.user_key("111111111111", f"user{payload}", address="203.0.113.66", agent=f"agent {payload}")
        first = Role("111111111111", f"First{payload}", trail.ids.unique("AROA", "111111111111", f"first {n}"))
        second = Role("222222222222", f"Second{payload}", trail.ids.unique("AROA", "222222222222", f"second {n}"))
        one = trail.assume(key, at(DAY, clock + "1"), first, f"name{payload}", source_identity=f"source{payload}")
        two = trail.assume(one, at(DAY, clock + "3"), second, f"name{payload}", external_id=f"external{payload}")
        trail.call(
            two,
            at(DAY, clock + "5"),
            "iam",
            "CreateUser",
            {"userName": f"made{payload}", "tags": [{"key": payload, "value": payload}]},
        )
        trail.denied(
            two,
            at(DAY, clock + "6"),
            "s3",
            f"Get{payload}",
            {"bucketName": payload},
            errorCode=f"Error{payload}",
            awsRegion=f"region{payload}",
        )
        trail.call(two, at(DAY, clock + "7"), "sts", "GetCallerIdentity", eventSource=f"svc{payload}")
    return trail.records


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("hostile")
    logs = folder / "logs <img src=x onerror=alert(1)>"
    logs.mkdir()
    (logs / "a&b'.json").write_text(json.dumps({"Records": records()}), "utf-8")
    (logs / 'broken"><script>alert(1)<.json').write_text("{", "utf-8")
    store = f"sqlite:///{folder / 'hostile.sqlite'}"
    ingest(store, logs)
    return store


def shown_as_text(page: Page, sessions: list[str]) -> None:
    """Each kind of field, with the first payload, stands on the page that shows it, letter for letter."""
    payload = PAYLOADS[0]
    session = sessions[-1]  # the list begins with the latest
    page.goto(session)
    main = page.locator("main")
    for text in (f"name{payload}", f":role/Second{payload}", f"made{payload}"):  # session name, ARN, target
        expect(main).to_contain_text(text)
    page.goto(f"{session}/events")
    for text in (f"agent {payload}", f"Get{payload}", f"Error{payload}"):
        expect(main).to_contain_text(text)
    created = page.locator(".row-link", has_text="CreateUser").first.get_attribute("href") or ""
    page.goto(created)
    expect(page.locator("#record")).to_contain_text(
        json.dumps({"key": payload, "value": payload})[1:-1].partition(",")[0]
    )  # a tag
    page.goto("/data")
    for name in ('broken"><script>alert(1)<.json', "a&b'.json", "logs <img src=x onerror=alert(1)>"):
        expect(main).to_contain_text(name)
    page.goto(f"/shares/new?kind=session&subject={session.rpartition('/')[2]}")
    expect(main).to_contain_text(f"user{payload}")


def test_hostile_text_is_text_on_every_page(store: str, chromium: Browser) -> None:
    with serving(store) as served:
        context = chromium.new_context()
        context.new_page().goto(f"{served.url}/launch?t={served.access.new_launch()}")
        watch = Watch(served.url)
        visitor = Visitor(chromium, served.url, context.storage_state(), watch)
        context.close()
        with visitor.window() as page:
            page.goto("/chains?view=each&limit=200&sort=first_seen")
            rows = page.locator("tr[data-row] .row-link")
            assert rows.count() == len(HUNDRED) == 100
            sessions = [row.get_attribute("href") or "" for row in rows.all()]
            seen = page.locator("main").inner_text()
            assert "<script>alert(1)</script>" in seen
            for path in ("/", "/chains", "/roles", "/findings", "/data"):
                page.goto(path)
                watch.reports(page)
            assert "<img src=x onerror=alert(1)>" in page.locator("main").inner_text()
            for session in sessions[:: len(sessions) // len(PAYLOADS)]:
                page.goto(session)
                expect(page.locator("#graph canvas").first).to_be_attached()
                watch.reports(page)
                places = [link.get_attribute("href") or "" for link in page.locator(".hop:visible a").all()]
                for place in {place for place in places if place.startswith(("/entities/", "/events/"))}:
                    assert page.goto(place).status == 200, place  # type: ignore[union-attr]
                    watch.reports(page)
                for part in ("events", "report", "table", "strands"):
                    page.goto(f"{session}/{part}")
                    watch.reports(page)
            shown_as_text(page, sessions)
            watch.reports(page)
            assert not Path(page.url).name.startswith("javascript")
    assert watch.complaints == []
