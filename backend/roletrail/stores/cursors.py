"""Cursors of paged lists and what a chain query may ask: the same text and the same refusals from every store."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from roletrail.errors import InvalidRequest
from roletrail.lineage.tone import sessions_range
from roletrail.stores.port import CHAIN_SORTS, ChainQuery

MAX_CURSOR = 200


def foreign_cursor() -> InvalidRequest:
    return InvalidRequest("This cursor does not belong to this list.", hint="Start again without `after`.")


# --- chains ---


def sessions_of(query: ChainQuery) -> tuple[int, int | None]:
    """Least and greatest number of sessions a query lets through. Raises InvalidRequest on a sort or tone there is not."""
    if query.sort not in CHAIN_SORTS:
        raise InvalidRequest(f"Chains cannot be sorted by {query.sort[:40]!r}.", hint=f"Use one of {', '.join(CHAIN_SORTS)}.")
    least, most = max(query.min_sessions, 1), None
    if query.tone:
        try:
            tone_least, most = sessions_range(query.tone)
        except KeyError:
            raise InvalidRequest(f"There is no tone {query.tone[:40]!r}.", hint="Use context, calm, watch or alarm.") from None
        least = max(least, tone_least)
    return least, most


def chain_cursor(sort: str, value: float, id_: str) -> str:
    return urlsafe_b64encode(json.dumps([sort, value, id_]).encode()).decode().rstrip("=")


def read_chain_cursor(query: ChainQuery) -> tuple[float, str] | None:
    """Value of the sort and id of the last row seen."""
    if not query.after:
        return None
    try:
        sort, value, id_ = json.loads(urlsafe_b64decode(query.after[:MAX_CURSOR] + "=" * (-len(query.after) % 4)))
    except (ValueError, NotBase64, TypeError):
        sort = value = id_ = None
    if sort != query.sort or not isinstance(value, int | float) or not isinstance(id_, str) or not -(1 << 62) < value < 1 << 62:
        raise foreign_cursor()
    return value, id_


# --- lists by last_seen ---


def newest_cursor(last_seen: int, id_: str) -> str:
    return f"{last_seen}.{id_}"


def read_newest_cursor(after: str) -> tuple[int, str] | None:
    """(-last_seen, id) of the last row seen."""
    if not after:
        return None
    last_seen, dot, id_ = after.partition(".")
    if not dot or not (last_seen.isascii() and last_seen.isdecimal()) or len(last_seen) > 12:
        raise foreign_cursor()
    return -int(last_seen), id_


# --- activities ---


def read_cell_cursor(after: str) -> tuple[int, int]:
    """Cell, and place in the cell, of the last activity seen."""
    if not after:
        return 0, 0
    cell, _, place = after.partition(".")
    if not (after.isascii() and cell.isdecimal() and place.isdecimal()) or len(after) > 30:
        raise foreign_cursor()
    return int(cell), int(place)


# --- quarantine ---


def read_position(after: str) -> tuple[int, int, int]:
    """Number of the object, record, and number of the row last seen."""
    if not after:
        return 1 << 62, -2, 0
    try:
        o, record, i = map(int, after.split("."))
    except ValueError:
        raise foreign_cursor() from None
    return o, record, i
