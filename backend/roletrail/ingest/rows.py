"""The archive's slim rows of one part, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import cast

import numpy as np

from roletrail.ingest import addresses
from roletrail.ingest.coded import Coded
from roletrail.ingest.columns import Columns
from roletrail.ingest.identity import Facts
from roletrail.ingest.members import identifier

MOST_AGENT = 256

Column = list[str] | np.ndarray | Coded
"""The values of all rows, or a table of them with the number of each."""

NAMES = (
    "attempt record event_id at identity access_key_id event_source event_name region account address agent error_code "
    "read_only vpce_id invoked_by"
).split()


def rows_of(
    columns: Columns, facts: Sequence[Facts], used: np.ndarray, accounts: Coded, attempt: int, positions: np.ndarray
) -> dict[str, Column]:
    """`positions` are the indices of the records in their object; only events marked as `used` name an identity."""
    who = columns.who.codes
    return {
        "attempt": np.full(len(who), attempt, np.int64),
        "record": positions,
        "event_id": columns.event_id,
        "at": columns.at,
        "identity": Coded([*(one.identity for one in facts), ""], np.where(used, who, len(facts))),
        "access_key_id": Coded([one.access_key_id for one in facts], who),
        "event_source": columns.event_source,
        "event_name": columns.event_name,
        "region": columns.region,
        "account": accounts,
        "address": columns.source.mapped(addresses.normal),
        "agent": columns.user_agent.mapped(_cut),
        "error_code": columns.error_code,
        "read_only": columns.read_only,
        "vpce_id": columns.vpce_id.mapped(identifier),
        "invoked_by": Coded([one.invoked_by for one in facts], who),
    }


def joined(parts: Sequence[Mapping[str, Column]]) -> Mapping[str, Column]:
    """The rows of several parts as those of one."""
    return parts[0] if len(parts) == 1 else {name: _end_to_end([part[name] for part in parts]) for name in NAMES}


def _end_to_end(columns: Sequence[Column]) -> Column:
    """`columns` are of one kind."""
    if isinstance(columns[0], Coded):
        several = cast("Sequence[Coded]", columns)
        begins = accumulate((len(one.table) for one in several), initial=0)
        codes = [one.codes + begin for one, begin in zip(several, begins, strict=False)]
        return Coded(list(chain.from_iterable(one.table for one in several)), np.concatenate(codes)).distinct()
    if isinstance(columns[0], list):
        return list(chain.from_iterable(cast("Sequence[list[str]]", columns)))
    return np.concatenate(cast("Sequence[np.ndarray]", columns))


def _cut(user_agent: str) -> str:
    return user_agent[:MOST_AGENT]
