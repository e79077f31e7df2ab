"""The pages of an empty store over a real server: addresses, headers, refusals, and what an empty page says."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from roletrail.bootstrap import open_graph
from tests.support.served import Served, serving

SAME_SITE = {"sec-fetch-site": "same-origin"}
PAGES = ("/", "/chains", "/data", "/trace")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'empty.sqlite'}"
    open_graph(store, create=True).close()
    return store


@pytest.fixture(scope="module")
def served(store: str) -> Iterator[Served]:
    with serving(store) as served:
        yield served


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[httpx.Client]:
    with served.browser() as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/chains", "/data"])
def test_an_empty_store_says_how_to_fill_it(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert "No events yet" in answer.text
    assert "roletrail ingest PATH" in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/sessions/nothing"])
def test_every_page_comes_with_the_policy_compressed_and_not_kept(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/nothing", "/sessions/aaaaaaaaaaaaaaaaaaaa", "/sessions/x/events", "/entities/x", "/events/20260101.x", "/events/x"]
)
def test_what_is_not_there_is_a_page(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


@pytest.mark.parametrize(
    "query", ["colour=red", "min_sessions=many", "account=1", "from=yesterday", "after=stale", "sort=name", "q=%00", "limit=-1"]
)
def test_parameters_nobody_can_use_are_dropped(browser: httpx.Client, query: str) -> None:
    assert browser.get(f"/chains?{query}").status_code == 200


def test_a_filter_that_is_used_is_shown_again_and_linked_as_json(browser: httpx.Client) -> None:
    answer = browser.get("/chains?account=111111111111&colour=red").text
    assert "No chain passes these filters" in answer
    assert 'href="/api/v1/chains/shapes?account=111111111111"' in answer
    assert "colour" not in answer


@pytest.mark.parametrize("path", [*PAGES, "/sessions/x", "/events/x", "/nothing"])
def test_a_stranger_is_told_how_to_get_in(served: Served, path: str) -> None:
    with served.client() as stranger:
        answer = stranger.get(path)
    assert answer.status_code == 401
    assert "roletrail token launch" in answer.text
    assert "<nav" not in answer.text


def test_a_launch_link_that_was_used_explains_itself(served: Served) -> None:
    with served.client() as stranger:
        answer = stranger.get(
            "/launch", params={"t": "used"}, headers={"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        )
    assert answer.status_code == 403
    assert "roletrail token launch" in answer.text


def test_pasting_goes_through_an_opaque_address(browser: httpx.Client) -> None:
    answer = browser.post("/trace", data={"q": "198.51.100.9"}, headers=SAME_SITE)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/trace/")
    assert "198" not in answer.headers["location"]
    found = browser.get(answer.headers["location"])
    assert "198.51.100.9" in found.text
    assert "No event of this store names it" in found.text


@pytest.mark.parametrize("pasted", ["", "   "])
def test_pasting_nothing_leads_back_to_the_box(browser: httpx.Client, pasted: str) -> None:
    assert browser.post("/trace", data={"q": pasted}, headers=SAME_SITE).headers["location"] == "/trace"


def test_a_forgotten_paste_leads_back_to_the_box(browser: httpx.Client) -> None:
    assert browser.get("/trace/forgotten").headers["location"] == "/trace"


def test_another_site_cannot_paste(browser: httpx.Client) -> None:
    answer = browser.post("/trace", data={"q": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "another site" in answer.text


def test_an_upload_is_no_paste(browser: httpx.Client) -> None:
    answer = browser.post("/trace", files={"q": ("a.json", b"{}")}, headers=SAME_SITE)
    assert answer.status_code in (303, 400)


def test_a_server_without_authentication_says_so_on_every_page(store: str) -> None:
    with serving(store, no_auth=True) as served, served.client() as anyone:
        for path in (*PAGES, "/nothing"):
            assert "No authentication." in anyone.get(path).text


def test_sample_data_are_marked_on_every_page(store: str) -> None:
    with serving(store, sample=True) as served, served.browser() as client:
        for path in (*PAGES, "/nothing"):
            assert "SAMPLE" in client.get(path).text
