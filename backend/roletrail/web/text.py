"""How values are written on pages: times, numbers, and text out of logs that must not play tricks.

Escaping is Jinja's work. What is done here is to make characters visible that show as nothing or turn the reading
direction around: a role session name is chosen by whoever took the role.
"""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from roletrail.render import plain


def visible(value: object) -> object:
    """Jinja's `finalize`: what every expression of every template goes through before it is escaped."""
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return plain.visible(value)


def clock(iso: str) -> str:
    """`10:04:12` of 2026-11-18T10:04:12Z."""
    return iso[11:19]


def day(iso: str) -> str:
    return iso[:10]


def moment(iso: str) -> str:
    """`2026-11-18 10:04:12 UTC`; a dash for an unknown time."""
    return f"{iso[:10]} {iso[11:19]} UTC" if iso else "–"


def grouped(number: int) -> str:
    return f"{number:,}"


def seconds_between(first: str, last: str) -> int:
    """0 when either is unknown or they are the wrong way round."""
    if not first or not last:
        return 0
    return max(0, int((datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()))


_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: int) -> str:
    """The two greatest units: `5 min 33 s`, `1 h`, `3 d 4 h`."""
    parts: list[str] = []
    for width, unit in _UNITS:
        count, seconds = divmod(seconds, width)
        if count:
            parts.append(f"{count} {unit}")
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts) or "0 s"


def ordinal_word(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def percent(share: float) -> str:
    """Whole per cent, never rounded up to a certainty that is not there."""
    return "100 %" if share >= 1 else f"{min(99, round(share * 100))} %"


def plural(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def file_name(locator: str) -> str:
    """The last part of a path or S3 URL."""
    return locator.rstrip("/").rpartition("/")[2] or locator


def folder(locator: str) -> str:
    """What stands before the last part, its middle left out when it is long: the name of a file says most."""
    above = locator.rstrip("/").rpartition("/")[0]
    return above if len(above) <= MOST_FOLDER else f"{above[: MOST_FOLDER // 3]} … {above[-2 * MOST_FOLDER // 3 :]}"


MOST_FOLDER = 72
