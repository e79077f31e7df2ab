"""A person at a real Chromium, and a watch over everything the browser would complain about."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, StorageState

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
REPORTS = "window.__reports = []; document.addEventListener('securitypolicyviolation', (e) => window.__reports.push(e.violatedDirective + ' ' + e.blockedURI));"


@dataclass
class Watch:
    """What went wrong while pages were looked at."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    requests: int = 0

    def over(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error in a script: {error}"))
        page.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        self.requests += 1
        found = urlsplit(request.url)
        if found.scheme != "data" and f"{found.scheme}://{found.netloc}" != self.origin:
            self.complaints.append(f"request off-origin: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def reports(self, page: Page) -> None:
        """Take over what the page's content policy reported."""
        self.complaints += [f"policy: {report}" for report in page.evaluate("window.__reports ?? []")]


@dataclass
class Visitor:
    """Opens windows on one server, signed in by its launch link."""

    browser: Browser
    url: str
    signed_in: StorageState
    watch: Watch

    @contextmanager
    def window(
        self, *, theme: str = "light", width: int = 1280, height: int = 900, scripts: bool = True, **more: Any
    ) -> Iterator[Page]:
        context: BrowserContext = self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=scripts,
            storage_state=self.signed_in,
            **more,
        )
        context.set_default_timeout(10_000)
        if scripts:
            context.add_init_script(REPORTS)
        page = context.new_page()
        self.watch.over(page)
        try:
            yield page
            if scripts:
                self.watch.reports(page)
        finally:
            context.close()


def save(page: Page, path: Path, *, whole: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=whole, animations="disabled")


def settled(page: Page) -> None:
    """The canvas has drawn; a frame has passed."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def eventually(page: Page, script: str, wanted: object, *, seconds: float = 10) -> None:
    """The script's value becomes the wanted one.

    Asked from outside each time: `wait_for_function` polls inside the page, where the content policy forbids `eval`
    as soon as the first answer is not the right one.
    """
    last = time.monotonic() + seconds
    while (found := page.evaluate(script)) != wanted:
        assert time.monotonic() < last, f"still {found!r} after {seconds} s, not {wanted!r}: {script}"
        page.wait_for_timeout(50)
