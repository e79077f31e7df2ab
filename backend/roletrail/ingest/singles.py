"""The records that are kept one by one, each read by itself: issuances, refused ones, sign-ins and notable actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from roletrail.ingest import actions, addresses, agents, issuances, sign_ins, tables
from roletrail.ingest.columns import Columns
from roletrail.ingest.identity import Facts
from roletrail.ingest.issuances import Event
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.members import members_of, text
from roletrail.ingest.record import Record
from roletrail.lineage.model import Action, Attempt, Issuance, SignIn

COPIES = frozenset({"AwsVpceEvent", "AwsVpceEvents"})
"""Network activity events tell the owner of a VPC endpoint what the caller's own trail tells: never a second use."""

_NAMES = tables.ISSUING | tables.SIGN_IN_NAMES | actions.NAMES


class Singles(NamedTuple):
    issuances: list[Issuance]
    attempts: list[Attempt]
    sign_ins: list[SignIn]
    actions: list[Action]


class Found(NamedTuple):
    """What was read, the places of the events it came from, and those whose parameters cannot be read."""

    singles: Singles
    places: list[int]
    bad: dict[int, BadJson]


def singles_of(columns: Columns, records: Sequence[Record], facts: Sequence[Facts], used: np.ndarray) -> Found:
    """`records` in the order of the columns, `facts` of each entry of `columns.who`; `used` marks uses of an identity."""
    found = Found(Singles([], [], [], []), [], {})
    put: dict[type, Callable[[Any], None]] = dict(
        zip((Issuance, Attempt, SignIn, Action), (rows.append for rows in found.singles), strict=True)
    )
    wanted = columns.event_name.marks(_is_wanted) & ~columns.event_type.marks(COPIES.__contains__)
    where = wanted.nonzero()[0]
    each = zip(where.tolist(), columns.at[where].tolist(), columns.who.codes[where].tolist(), used[where].tolist(), strict=True)
    for place, at, who, is_use in each:
        record, caller = records[place], facts[who]
        read = _reader(record.event_source, record.event_name)
        if read is None:
            continue
        identity = caller.identity if is_use else ""
        try:
            row = read(Event(record, caller, identity, at, addresses.normal(record.source_ip_address)))
        except BadJson as error:
            found.bad[place] = error
            continue
        put[type(row)](row)
        found.places.append(place)
    return found


def _is_wanted(event_name: str) -> bool:
    return event_name in _NAMES or event_name[-1:].isdigit()  # Lambda's names end with an API date


@lru_cache(maxsize=65_536)
def _reader(event_source: str, event_name: str) -> Callable[[Event], Any] | None:
    source = event_source.removesuffix(".cn")
    if source == "sts.amazonaws.com" and event_name in tables.ISSUING:
        return _issued
    if (source, event_name) in tables.SIGN_INS:
        return sign_ins.sign_in
    row = actions.notable(event_source, event_name)
    return None if row is None else partial(_action, row)


def _issued(event: Event) -> Issuance | Attempt:
    refused = event.record.error_code or event.record.error_message
    return issuances.attempt(event) if refused else issuances.issuance(event)


def _action(row: actions.Notable, event: Event) -> Action:
    record = event.record
    request, response = members_of(record.request_parameters), members_of(record.response_elements)
    return Action(
        event_id=record.event_id,
        at=event.at,
        identity=event.identity,
        access_key_id=event.facts.access_key_id,
        event_source=record.event_source,
        event_name=record.event_name,
        account=record.recipient_account_id or event.facts.account,
        region=record.aws_region,
        category=row.category,
        target_kind=row.target_kind,
        target=actions.target_of(row, request, response),
        error_code=text(record.error_code or (record.error_message and "Failed")),
        address=event.address,
        agent=agents.family(record.user_agent),
        detail=actions.detail_of(row, record, request, response),
    )
