"""What `addendum` says of a record: that it patches an earlier one, or that a service had been unable to log.

DELIVERY_DELAY changes nothing: such a record is an event like any other, only late.
"""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.ingest import clock
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.members import members_of, text_at
from roletrail.ingest.record import Record
from roletrail.lineage.model import Addendum

UPDATED_DATA, SERVICE_OUTAGE = "UPDATED_DATA", "SERVICE_OUTAGE"
_MOST = 256


def having(records: Sequence[Record]) -> list[int]:
    """Places of the records that have one: next to none do."""
    return [place for place, record in enumerate(records) if len(record.addendum) > len("null")]


def addendum_of(record: Record, account: str) -> Addendum | None:
    """None for a delay, and for what cannot be read: the record itself is sound."""
    try:
        said = members_of(record.addendum)
    except BadJson:
        return None
    reason, original = text_at(said, "reason"), text_at(said, "originalEventID")
    if reason != SERVICE_OUTAGE and not (reason == UPDATED_DATA and original and original != record.event_id):
        return None
    return Addendum(
        event_id=record.event_id,
        at=clock.epoch(record.event_time),
        account=account,
        region=record.aws_region,
        event_source=record.event_source,
        reason=reason,
        original=original[:_MOST] if reason == UPDATED_DATA else "",
        fields=text_at(said, "updatedFields")[:_MOST],
    )
