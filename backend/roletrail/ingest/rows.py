"""The archive's slim rows of one part, column by column."""

from __future__ import annotations

from collections.abc import Sequence

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


def _cut(user_agent: str) -> str:
    return user_agent[:MOST_AGENT]
