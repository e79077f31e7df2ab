"""What pages cost in a real Chromium: `python -m tests.bench.pages [--sessions 1000000] [--nodes 10000]`.

Prints the first view of a chain page with a store of so many sessions (aim: under 1 s, from the click to a drawn canvas), and
for one lineage of so many nodes: from a selection to its highlight (aim: under 200 ms) on the chain page and in the table of
the whole lineage, and the frames a second of scrolling that table (aim: above 30).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from roletrail.ingest.linking import link_pending
from roletrail.lineage import ids
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.port import ChainQuery
from tests.bench.store_scale import Estate, Rows
from tests.e2e.browsing import ARGUMENTS, CHROMIUM
from tests.support.served import Served, serving

VIEWS = 7
LIST_VIEWS = 3
LISTS = ("/", "/chains", "/chains?view=each", "/chains?tone=alarm&sort=sessions", "/roles", "/findings", "/off-instance", "/data")
FIRST_MS, SELECT_MS, FRAMES = 1_000, 200, 30

DRAWN = """() => {
  const box = document.getElementById('graph');
  return box && box.graph && box.querySelector('canvas') && performance.getEntriesByType('navigation')[0].loadEventEnd > 0;
}"""
SELECT = """(rows) => new Promise((done) => {
  const names = [...document.querySelectorAll('#tree tr[data-id] a.name')];
  const link = names[Math.floor(names.length * rows)];
  const start = performance.now();
  link.click();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""
SELECT_IN_TABLE = """(share) => new Promise((done) => {
  const whole = document.getElementById('whole').whole;
  const start = performance.now();
  whole.choose(Math.floor(whole.rows.length * share));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""
SCROLL = """() => new Promise((done) => {
  const box = document.getElementById('whole');
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    box.scrollTop += 180;
    if (frames.length < 120) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  box.scrollTop = 0;
  requestAnimationFrame(step);
})"""


def estate(path: Path, sessions: int) -> None:
    """A store of so many sessions in chains."""
    with closing(EmbeddedStore(path)) as store:
        for part in Estate(sessions).grow(sessions):
            store.commit([part], [])
        _link(store)


def lineage(path: Path, nodes: int) -> None:
    """A store of one lineage: a key, sessions below it, and a hundred in up to five steps below each of these."""
    grower = Estate(nodes)
    grower._hold_back = 0.0
    with closing(EmbeddedStore(path)) as store:
        rows = Rows()
        grower._use(rows, grower.roots[0], int(grower._now), 1)
        made = 1
        while made < nodes:
            above = grower._session(rows, grower.roots[0])
            for n in range(min(99, nodes - made - 1)):
                below = grower._session(rows, above)
                above = below if n % 25 == 24 else above
            made += 100
        store.commit([grower._part(rows)], [])
        _link(store)


def _link(store: EmbeddedStore) -> None:
    link_pending(store)


def window(browser: Browser, served: Served) -> Page:
    context = browser.new_context(base_url=served.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"/launch?t={served.access.new_launch()}")
    return page


def first_views(page: Page, sessions: list[str]) -> list[float]:
    """Milliseconds from asking for a page to its canvas being drawn, assets cached as on any second page."""
    times: list[float] = []
    page.goto(f"/sessions/{sessions[0]}")
    for session in sessions[1:]:
        start = time.perf_counter()
        page.goto(f"/sessions/{session}", wait_until="commit")
        page.wait_for_function(DRAWN, polling="raf")
        times.append((time.perf_counter() - start) * 1000)
    return times


def _said(what: str, times: list[float], aim: str) -> None:
    print(f"{what:<58} median {statistics.median(times):7.1f}  worst {max(times):7.1f}   {aim}", flush=True)


def chains(path: Path, browser: Browser) -> None:
    with serving(f"sqlite:///{path}") as served, closing(EmbeddedStore(path, create=False)) as store:
        listed, _ = store.chains(ChainQuery(min_sessions=3, limit=VIEWS + 1))
        page = window(browser, served)
        _said("first view of a chain page, ms", first_views(page, [row.id for row in listed]), f"aim < {FIRST_MS}")
        for address in LISTS:
            times: list[float] = []
            for _ in range(LIST_VIEWS):
                start = time.perf_counter()
                page.goto(address)
                times.append((time.perf_counter() - start) * 1000)
            _said(f"  {address}, ms", times, f"aim < {FIRST_MS}; first {times[0]:.0f}")


def one_lineage(folder: Path, nodes: int, browser: Browser) -> None:
    path = folder / "lineage.sqlite"
    lineage(path, nodes)
    key = ids.key_id("aws", "AKIAEXAMPLE000000000")
    with serving(f"sqlite:///{path}") as served:
        page = window(browser, served)
        _said(f"first view, lineage of {nodes:,}, ms", first_views(page, [key] * 4), f"aim < {FIRST_MS}")
        shown = page.locator("#tree tbody tr").count()
        times = [page.evaluate(SELECT, share / 10) for share in range(1, 10)]
        _said(f"selection to highlight, {shown} rows on the chain page, ms", times, f"aim < {SELECT_MS}")
        page.goto(f"/sessions/{key}?rows=2000&unfold=1")
        page.wait_for_function(DRAWN, polling="raf")
        shown = page.locator("#tree tbody tr").count()
        times = [page.evaluate(SELECT, share / 10) for share in range(1, 10)]
        _said(f"selection to highlight, {shown} rows on the chain page, ms", times, f"aim < {SELECT_MS}")
        page.goto(f"/sessions/{key}/table")
        page.wait_for_function("() => document.getElementById('whole').whole")
        held = page.evaluate("() => document.getElementById('whole').whole.rows.length")
        times = [page.evaluate(SELECT_IN_TABLE, share / 10) for share in range(1, 10)]
        _said(f"selection to highlight, table of {held:,} rows, ms", times, f"aim < {SELECT_MS}")
        frames = page.evaluate(SCROLL)
        rates = [1000 / frame for frame in frames if frame > 0]
        slow = 1000 / sorted(frames)[int(len(frames) * 0.95)]
        print(
            f"{'scrolling that table, frames a second':<58} median {statistics.median(rates):7.1f}  p5    {slow:7.1f}   aim > {FRAMES}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=1_000_000, help="sessions of the large store; 0 leaves it out")
    parser.add_argument("--nodes", type=int, default=10_000, help="nodes of the one lineage; 0 leaves it out")
    parser.add_argument("--folder", type=Path, help="where to build the stores; default a temporary folder")
    parser.add_argument("--store", type=Path, help="an SQLite store to look at instead of building the large one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if options.nodes:
            one_lineage(Path(folder), options.nodes, browser)
        if options.store or options.sessions:
            path = options.store or Path(folder) / "estate.sqlite"
            if not options.store:
                start = time.perf_counter()
                estate(path, options.sessions)
                print(f"store of {options.sessions:,} sessions made in {time.perf_counter() - start:.0f} s", flush=True)
            chains(path, browser)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
