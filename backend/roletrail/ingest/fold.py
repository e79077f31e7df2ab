"""Ordinary events to activities, callers and credential uses: counted by column, order-free.

Every row is worked out with all others of its kind, field by field: a part has a row of one kind or another for every third
event, and a loop over them costs more than everything that is done by column. First and last of anything go by
(time, event id), so no order of records or parts shows in a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from roletrail.ingest import addresses, agents
from roletrail.ingest.coded import Coded, combined, first_of, numbered
from roletrail.ingest.columns import Columns
from roletrail.ingest.identity import Facts
from roletrail.ingest.members import identifier, text
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, Activity, Caller, CredentialUse


class Folded(NamedTuple):
    callers: list[Caller]
    credentials: list[CredentialUse]
    activities: list[Activity]


def fold(columns: Columns, facts: Sequence[Facts], used: np.ndarray) -> Folded:
    """`facts` are those of each entry in the table of `columns.who`; `used` marks the events that are uses of a session or key."""
    where = used.nonzero()[0]
    if not len(where):
        return Folded([], [], [])
    moments = _Moments(columns)
    said = _said(columns, facts, where, moments)
    return Folded(_callers(said, moments), _credentials(said, moments), _activities(columns, where, said, moments))


class _Ends(NamedTuple):
    """Positions among the columns of the least and the greatest (time, event id) of each group."""

    first: np.ndarray
    last: np.ndarray


class _Moments:
    """When the events of a part were."""

    def __init__(self, columns: Columns) -> None:
        self._at = columns.at
        self._ids = columns.event_id
        self._begin, self._end = int(columns.at.min()), int(columns.at.max())

    def ends(self, codes: np.ndarray, first: np.ndarray, last: np.ndarray) -> _Ends:
        """`codes` say of which group each entry is, none without any; `first` and `last` at which events an entry begins and ends."""
        return _Ends(
            self._outermost(codes, first, self._at[first] - self._begin, min),
            self._outermost(codes, last, self._end - self._at[last], max),
        )

    def _outermost(self, codes: np.ndarray, events: np.ndarray, distance: np.ndarray, choose: Callable[..., int]) -> np.ndarray:
        """Of each group the event with the least distance; `choose` says which among those with the same."""
        if len(codes) and codes[-1] == len(codes) - 1:
            return events  # numbered as they are met, so each is a group of its own
        keyed = codes * (self._end - self._begin + 1) + distance
        order = keyed.argsort(kind="stable")
        keyed = keyed[order]
        stop = np.bincount(codes).cumsum()
        start = np.concatenate(([0], stop[:-1]))
        found = events[order[start]]
        tied = (start + 1 < stop) & (keyed[start] == keyed[np.minimum(start + 1, len(keyed) - 1)])
        for group in tied.nonzero()[0].tolist():
            end = int(np.searchsorted(keyed, keyed[start[group]], "right"))
            found[group] = choose(events[order[start[group] : end]].tolist(), key=self._ids.__getitem__)
        return found

    def told(self, places: np.ndarray) -> tuple[list[int], list[str]]:
        """Times and ids of events."""
        return self._at[places].tolist(), list(map(self._ids.__getitem__, places.tolist()))


class _Said(NamedTuple):
    """Each distinct userIdentity among the events, in the order they are met, with what its events come to."""

    facts: list[Facts]
    codes: np.ndarray  # which of them each event has
    events: np.ndarray
    errors: np.ndarray
    from_console: list[bool]
    ends: _Ends


def _said(columns: Columns, facts: Sequence[Facts], where: np.ndarray, moments: _Moments) -> _Said:
    who = columns.who.codes[where]
    codes, count = combined([(who, len(facts))])
    return _Said(
        facts=[facts[number] for number in who[first_of(codes, count)].tolist()],
        codes=codes,
        events=np.bincount(codes),
        errors=_marked(codes, columns.error_code.marks(bool)[where]),
        from_console=(_marked(codes, columns.from_console.marks("true".__eq__)[where]) > 0).tolist(),
        ends=moments.ends(codes, where, where),
    )


def _marked(codes: np.ndarray, marks: np.ndarray) -> np.ndarray:
    return _sums(codes, marks) if marks.any() else np.zeros(int(codes.max()) + 1, np.int64)


def _sums(codes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.bincount(codes, numbers).astype(np.int64)


_HEAD = Facts._fields.index("sign_in_session") + 1
"""So many fields of Facts, from the first on, are those of Caller in the same order; checked by a test."""


def _callers(said: _Said, moments: _Moments) -> list[Caller]:
    ids = numbered([one.identity for one in said.facts], len(said.facts))
    heads: list[tuple] = [()] * len(ids.table)
    for number, one in zip(ids.codes.tolist(), said.facts, strict=True):
        head, more = heads[number], one[:_HEAD]
        heads[number] = tuple(map(max, head, more)) if head and head != more else more
    internal = said.events * np.array([bool(one.invoked_by) for one in said.facts])
    counts = (_sums(ids.codes, numbers).tolist() for numbers in (internal, said.events, said.errors))
    first, last = moments.ends(ids.codes, *said.ends)
    tails = zip(*counts, *moments.told(first), *moments.told(last), strict=True)
    return [Caller._make(head + tail) for head, tail in zip(heads, tails, strict=True)]


def _credentials(said: _Said, moments: _Moments) -> list[CredentialUse]:
    having = [place for place, one in enumerate(said.facts) if one.access_key_id]
    if not having:
        return []
    facts = [said.facts[place] for place in having]
    keys = numbered([(one.identity, one.access_key_id) for one in facts], len(facts))
    kinds, deliveries, consoles = ["forward"] * len(keys.table), [""] * len(keys.table), [""] * len(keys.table)
    for number, place, one in zip(keys.codes.tolist(), having, facts, strict=True):
        if one.kind == "key":
            kinds[number] = "long_term"
        elif not one.invoked_by:
            kinds[number] = "issued"
        if one.delivery:
            deliveries[number] = max(deliveries[number], one.delivery)
        if said.from_console[place]:
            consoles[number] = "true"
    first, last = moments.ends(keys.codes, said.ends.first[having], said.ends.last[having])
    rows = zip(
        *zip(*keys.table, strict=True), kinds, deliveries, consoles, *moments.told(first), *moments.told(last), strict=True
    )
    return list(map(CredentialUse._make, rows))


def _activities(columns: Columns, where: np.ndarray, said: _Said, moments: _Moments) -> list[Activity]:
    doers = numbered(map(_doer, said.facts), len(said.facts))
    cells = columns.at[where] // ACTIVITY_CELL_SECONDS
    low = int(cells.min())
    places = [column.only(where) for column in _places(columns)]
    doer = doers.codes[said.codes]
    parts = [(doer, len(doers.table)), *((column.codes, len(column.table)) for column in places)]
    codes, count = combined([*parts, (cells - low, int(cells.max()) - low + 1)])
    one = first_of(codes, count)
    identity, key, delivery, invoked_by, source_identity, mfa = zip(
        *map(doers.table.__getitem__, doer[one].tolist()), strict=True
    )
    address, vpce_id, vpce_account, agent = (column.only(one).texts() for column in places)
    first, last = moments.ends(codes, where, where)
    rows = zip(
        identity, (cells[one] * ACTIVITY_CELL_SECONDS).tolist(), key, address, vpce_id, vpce_account,
        delivery, invoked_by, agent, source_identity, mfa,
        np.bincount(codes).tolist(), _marked(codes, columns.error_code.marks(bool)[where]).tolist(),
        _sources(columns.event_source.only(where), codes),
        *moments.told(first), columns.event_name.only(first).texts(),
        *moments.told(last), columns.event_name.only(last).texts(),
        strict=True,
    )  # fmt: skip
    return list(map(Activity._make, rows))


def _doer(facts: Facts) -> tuple[str, str, str, str, str, str]:
    """What of userIdentity an activity is keyed by."""
    key = "" if facts.invoked_by else facts.access_key_id
    return facts.identity, key, facts.delivery, facts.invoked_by, facts.source_identity, facts.mfa


def _places(columns: Columns) -> Iterable[Coded]:
    """Address, endpoint id and account, family of the user agent: the rest of the key, each value once in its table."""
    yield columns.source.mapped(addresses.normal).distinct()
    yield columns.vpce_id.mapped(identifier).distinct()
    yield columns.vpce_account.mapped(text).distinct()
    yield columns.user_agent.mapped(agents.family).distinct()


def _sources(event_source: Coded, codes: np.ndarray) -> list[str]:
    """Events per event source of each group, as in Activity.sources."""
    table = ["_".join(name.split()) for name in event_source.table]  # a blank would forge a pair of its own
    order = sorted(range(len(table)), key=event_source.table.__getitem__)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    found, counts = np.unique(codes * len(order) + rank[event_source.codes], return_counts=True)
    group, source = np.divmod(found, len(order))
    printed = [table[number] + "=" for number in order]
    pairs = [f"{printed[number]}{count}" for number, count in zip(source.tolist(), counts.tolist(), strict=True)]
    stops = np.bincount(group).cumsum().tolist()
    ranges = zip([0, *stops[:-1]], stops, strict=True)
    return [pairs[start] if stop - start == 1 else " ".join(pairs[start:stop]) for start, stop in ranges]
