"""CloudTrail's ways to write a time, to epoch seconds in UTC. One second is the resolution of every one of them."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

EARLIEST = 1_104_537_600
"""2005-01-01: before AWS existed, so a time before it is a mistake or an attack."""
LATEST = 4_102_444_800
"""2100-01-01"""

FEW = 40
"""Texts that are read one by one: some forty steps of numpy take what as many readings do."""
MOST_MINUTES = 8192
"""Texts that are remembered; logs come day by day."""

_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_MARKS = ((4, b"-"), (7, b"-"), (10, b"T"), (13, b":"), (16, b":"), (19, b"Z"))
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_NOON = {"am": 0, "pm": 12}


_USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z").fullmatch
_SECONDS = {f":{second:02}": second for second in range(60)}


def epoch(text: str) -> int:
    """Epoch seconds of an ISO 8601 time, with or without zone (UTC then); 0 when it is none or out of range."""
    second = _SECONDS.get(text[16:19]) if text[10:11] == "T" and text[13:14] == ":" and text[19:] == "Z" else None
    if second is None:
        return _epoch(text)
    minute = _epoch(text[:16] + ":00Z")  # many share it
    return minute and minute + second


@lru_cache(maxsize=MOST_MINUTES)
def _epoch(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = timegm(moment.utctimetuple())
    except OverflowError:
        return 0
    return seconds if EARLIEST <= seconds < LATEST else 0


def expiration(text: str) -> int:
    """Epoch seconds of a credential's expiration: `Sep 14, 2020, 7:01:26 AM`, without the second comma, with any
    blank before AM (all seen within one month, F11), or ISO; 0 when unknown."""
    second = _SECONDS.get(text[-6:-3]) if text[-3:-2].isspace() and text[-2:].lower() in _NOON else None
    if second is None:
        return _expiration(text)
    minute = _expiration(f"{text[:-6]}:00{text[-3:]}")
    return minute and minute + second


@lru_cache(maxsize=MOST_MINUTES)
def _expiration(text: str) -> int:
    words = text.replace(",", " ").split()  # str.split knows the no-break blanks before AM
    if len(words) != 5:
        return epoch(text)
    midnight = _midnight(words[0], words[1], words[2])
    try:
        hour, minute, second = map(int, words[3].split(":"))
        if hour <= 12:
            hour = hour % 12 + _NOON[words[4].lower()]
    except (ValueError, KeyError):
        return 0
    sound = midnight and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60
    return midnight + hour * 3600 + minute * 60 + second if sound else 0


@lru_cache(maxsize=4096)
def _midnight(month: str, day: str, year: str) -> int:
    try:
        return timegm(datetime(int(year), _MONTHS[month.lower()], int(day), tzinfo=UTC).utctimetuple())
    except (ValueError, KeyError, OverflowError):
        return 0


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epochs(texts: Sequence[str]) -> np.ndarray | None:
    """All at once, in int64, when every text is `YYYY-MM-DDTHH:MM:SSZ`; None when one is not, or is out of range."""
    if len(texts) < FEW:
        return _one_by_one(texts)
    joined = "".join(texts).encode("utf-8", "replace")
    if len(joined) != 20 * len(texts) or len(max(texts, key=len, default="")) != 20:
        return None
    grid = np.frombuffer(joined, np.uint8).reshape(-1, 20)
    if not all((grid[:, at] == mark[0]).all() for at, mark in _MARKS):
        return None
    digits = grid[:, _DIGITS].astype(np.int32) - 48
    if (digits < 0).any() or (digits > 9).any():
        return None
    return _in_range(digits)


def _one_by_one(texts: Sequence[str]) -> np.ndarray | None:
    found = [epoch(text) if _USUAL(text) else 0 for text in texts]
    return np.array(found, np.int64) if all(found) else None


def _in_range(d: np.ndarray) -> np.ndarray | None:
    year = d[:, 0] * 1000 + d[:, 1] * 100 + d[:, 2] * 10 + d[:, 3]
    month, day = d[:, 4] * 10 + d[:, 5], d[:, 6] * 10 + d[:, 7]
    hour, minute, second = d[:, 8] * 10 + d[:, 9], d[:, 10] * 10 + d[:, 11], d[:, 12] * 10 + d[:, 13]
    if (month < 1).any() or (month > 12).any() or (hour > 23).any() or (minute > 59).any() or (second > 59).any():
        return None
    months = (year - 1970) * 12 + (month - 1)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    if (day < 1).any() or (day > after - first).any():
        return None
    seconds = (first + day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    return seconds if seconds.min(initial=EARLIEST) >= EARLIEST and seconds.max(initial=EARLIEST) < LATEST else None
