"""Text out of logs, made fit to be written into any document: nothing in it plays tricks, nothing in it is markup."""

from __future__ import annotations

import re
from html import escape

# Controls without tab and newline, soft hyphen, zero-width and bidirectional characters, line separators, BOM,
# interlinear marks, tag characters, and surrogates that UTF-8 cannot carry.
_TRICKS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Characters that show as nothing, or turn the reading direction around, by their number."""
    return _TRICKS.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match.group()):04X}⟩"


def markup(text: str) -> str:
    """`text` inside an element or a quoted attribute of HTML, XML or SVG."""
    return escape(visible(text), quote=True)


def clip(text: str, most: int) -> str:
    text = visible(text)
    return text if len(text) <= most else text[: most - 1] + "…"
