"""Printing: results on stdout, everything else on stderr, and text out of logs made harmless for a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from roletrail.errors import RoletrailError
from roletrail.lineage.tone import ALARM, CALM, CONTEXT, WATCH
from roletrail.web.text import visible

STYLES = {
    CONTEXT: "bright_black",
    CALM: "bold white on #3b6ea8",
    WATCH: "bold #111111 on #ffc266",
    ALARM: "bold white on #b0101f",
}
"""Chips by tone; the digit on the chip says the same without colour."""

_LINE = str.maketrans({"\n": "⏎", "\r": "⏎", "\t": " "})


PIPED_WIDTH = 240
"""Columns when nobody's terminal says how many: wide enough that ids and paths stay whole."""


def out() -> Console:
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(highlight=False, width=width)


def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def safe(text: str) -> str:
    """Text from a log on one line, without control characters: a role session name must not drive the terminal."""
    return str(visible(text.translate(_LINE)))


def plain(text: str, style: str = "") -> Text:
    return Text(safe(text), style=style)


def chip(tone: str, digit: str) -> Text:
    return Text(f" {digit} ", style=STYLES[tone]) if tone != CONTEXT else Text(f" {digit} ", style="bright_black")


def write_json(value: Any) -> None:
    """One JSON document."""
    sys.stdout.buffer.write(msgspec.json.format(_encode(value), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def write_json_lines(values: Iterable[Any]) -> None:
    for value in values:
        sys.stdout.buffer.write(_encode(value) + b"\n")
    sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """A piece of a file, as it is."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def say_none(what: str, then: str) -> None:
    """Instead of an empty list: that it is empty, and what fills it."""
    err().print(f"No {what}. {then}", style="dim", highlight=False)


def say_hidden(own: int) -> None:
    """Beside a list: what was left out of it as our own reading."""
    if own:
        err().print(f"{own:,} of our own sessions hidden: --own shows them.", style="dim")


def _encode(value: Any) -> bytes:
    from roletrail.api.answers import encode  # noqa: PLC0415 - costs an import of Starlette, and only --json needs it

    return encode(value)


def show_error(error: RoletrailError) -> None:
    console = err()
    console.print(Text("error: ", style="bold red") + plain(error.detail))
    if error.hint:
        console.print(Text(" hint: ", style="bold cyan") + plain(error.hint))
