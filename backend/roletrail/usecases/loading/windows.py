"""The part of the logs somebody asks for: times, accounts and regions as people write them."""

from __future__ import annotations

import re
import time

from roletrail.errors import InvalidRequest
from roletrail.ingest.source.delivery import Window, window_of
from roletrail.usecases.parameters import read_time

_AGO = re.compile(r"(\d{1,5})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")


def window(since: str = "", until: str = "", accounts: str = "", regions: str = "") -> Window:
    """Raises InvalidRequest. Lists are separated by commas; a time is ISO 8601 or an age such as 24h."""
    begin, end = moment("--since", since), moment("--until", until)
    if begin and end and begin >= end:
        raise InvalidRequest("--since has to be before --until.")
    return window_of(
        begin,
        end,
        _names("--accounts", accounts, _ACCOUNT, "12 digits each, such as 123456789012,111111111111"),
        _names("--regions", regions, _REGION, "such as us-east-1,eu-central-1"),
    )


def moment(name: str, text: str, now: float | None = None) -> int:
    """Epoch seconds; 0 for an empty text."""
    text = text.strip()
    if not text:
        return 0
    found = _AGO.fullmatch(text)
    if found:
        return max(1, int((time.time() if now is None else now) - int(found[1]) * _SECONDS[found[2]]))
    try:
        return read_time(text)
    except ValueError:
        raise InvalidRequest(
            f"{name} is no time: {text[:60]!r}.", hint="Write 2026-01-31, 2026-01-31T12:00:00Z, or an age: 90m, 24h, 7d."
        ) from None


def age(name: str, text: str) -> int:
    """Seconds of an age such as 15m. Raises InvalidRequest."""
    found = _AGO.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise InvalidRequest(f"{name} is no length of time: {text[:60]!r}.", hint="Write 90m, 24h or 7d.")
    return int(found[1]) * _SECONDS[found[2]]


def _names(name: str, text: str, pattern: re.Pattern[str], hint: str) -> list[str]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    for one in names:
        if not pattern.fullmatch(one):
            raise InvalidRequest(f"{name} cannot hold {one[:60]!r}.", hint=f"Write {hint}.")
    return names
