"""Events of a session, and one event with its raw record and what it proves."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import NamedTuple

from roletrail.archive.port import Cursor, LoggedEvent
from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, NotFound
from roletrail.ingest.inflate import Unreadable
from roletrail.lineage import ids
from roletrail.lineage.arn import partition_of
from roletrail.lineage.model import event_ref
from roletrail.stores.port import NodeRow
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.sessions import canonical_id
from roletrail.usecases.chains.views import EdgeProved, EventRow, EventView, Page
from roletrail.usecases.ports import Ports

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_CHILDREN = 1000
"""Sessions below the event's own that are looked at for edges it proves; what it issued is found in any case."""
MAX_SUBJECTS = 5

_REFERENCE = re.compile(r"([0-9]{8})\.(.{1,256})", re.DOTALL)
_CURSOR = re.compile(r"([0-9]{1,12})\.(.{0,256})", re.DOTALL)


def session_events(ports: Ports, actor: Actor, id_: str, limit: int = DEFAULT_LIMIT, after: str = "") -> Page[EventRow]:
    """A page of one session's events, oldest first."""
    require(actor, "events.read", id_)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"The parameter limit must be a whole number from 1 to {MAX_LIMIT}.")
    id_ = canonical_id(ports.graph, actor, id_)
    AuditLog(ports.app).read(actor, "events.read", id_)
    row = ports.graph.rows([id_]).get(id_)
    if row is None or not row.first_seen:
        return Page([], None)
    identities = [id_, *ports.graph.aliases_of(id_)]
    found = ports.events.session_events(identities, limit + 1, _cursor(after), row.first_seen, row.last_seen + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page([event_row(event) for event in found[:limit]], f"{last.at}.{last.event_id}" if last else None)


def _cursor(after: str) -> Cursor | None:
    if not after:
        return None
    found = _CURSOR.fullmatch(after)
    if not found:
        raise InvalidRequest("The parameter after is no cursor of this list.", hint="Pass `next` of the page before.")
    return Cursor(int(found[1]), found[2])


def event_row(event: LoggedEvent) -> EventRow:
    return EventRow(
        event_id=event.event_id,
        event_ref=event_ref(event.at, event.event_id),
        at=iso(event.at),
        event_source=event.event_source,
        event_name=event.event_name,
        region=event.region,
        account=event.account,
        access_key_id=event.access_key_id,
        address=event.address,
        user_agent=event.agent,
        error_code=event.error_code,
        read_only=event.read_only,
    )


def show_event(ports: Ports, actor: Actor, reference: str) -> EventView:
    """An event by `yyyymmdd.eventID`, or by its bare id. `event_ref` of the answer is the one to link to."""
    require(actor, "events.read", reference)
    require(actor, "records.read", reference)
    try:
        event = _find(ports, reference)
    except NotFound:
        if (kept := _kept_for_pins(ports, actor, reference)) is not None:
            return kept
        raise
    AuditLog(ports.app).read(actor, "records.read", event_ref(event.at, event.event_id))
    found = _record(ports, event)
    identity = ports.graph.resolve_alias(event.identity)
    return EventView(
        event_id=event.event_id,
        event_ref=event_ref(event.at, event.event_id),
        record=found.record,
        row=event_row(event),
        locator=found.locator,
        missing=found.missing,
        identity_id=identity,
        proves=_proves(ports, event, identity, found.record),
    )


def record_of(ports: Ports, reference: str) -> dict | None:
    """The scrubbed record of an event; None when its source is gone. Raises NotFound."""
    return _record(ports, _find(ports, reference)).record


def _kept_for_pins(ports: Ports, actor: Actor, reference: str) -> EventView | None:
    """An event whose archive day is gone, from the copy that a pin kept."""
    query = "SELECT record FROM kept_record WHERE ref = ?"
    row = ports.app.read().execute(query, (reference,)).fetchone() if ports.app.present else None
    if row is None:
        return None
    AuditLog(ports.app).read(actor, "records.read", reference)
    event_id = reference.partition(".")[2]
    return EventView(event_id, reference, json.loads(row[0]), None, "kept with an investigation", "", "", [])


def _find(ports: Ports, reference: str) -> LoggedEvent:
    found = _REFERENCE.fullmatch(reference)
    if found and _is_day(found[1]):
        event = ports.events.event(found[1], found[2])
        if event is not None:
            return event
    for hour in ports.graph.event_hours(reference):
        event = ports.events.event(time.strftime("%Y%m%d", time.gmtime(hour)), reference)
        if event is not None:
            return event
    raise NotFound(
        "There is no event with this id in this store.", hint="Event ids look like 20260131.5f0c...; or pass the bare eventID."
    )


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


class _Found(NamedTuple):
    record: dict | None
    locator: str
    missing: str  # why there is no record


GONE = "The object this record came from is gone or was changed since it was read."


def _record(ports: Ports, event: LoggedEvent) -> _Found:
    """The kept evidence, else the record read again from its object; with the object's name."""
    locator = ports.graph.attempt_locators([event.attempt]).get(event.attempt, "")
    kept, why = ports.events.evidence(time.strftime("%Y%m%d", time.gmtime(event.at)), event.event_id), GONE
    if kept is None and locator:
        try:
            kept = ports.read_again(locator, event.record)
        except Unreadable as error:
            why = f"The record itself was not kept, and cannot be read again. {error.detail}"
    record = json.loads(kept) if kept else None
    if not isinstance(record, dict) or record.get("eventID") != event.event_id:
        return _Found(None, locator, why)
    return _Found(record, locator, "")


def _proves(ports: Ports, event: LoggedEvent, identity: str, record: dict | None) -> list[EdgeProved]:
    """Edges whose evidence names this event."""
    reference = event_ref(event.at, event.event_id)
    rows = ports.graph.rows(_may_prove(ports, event, identity, record or {}))
    parents = ports.graph.rows({edge.parent for row in rows.values() for edge in row.edges})
    found = [_proved(row, parents, n) for row in rows.values() for n, edge in enumerate(row.edges) if reference in edge.evidence]
    return sorted(found, key=lambda proved: (-proved.confidence, proved.child_id, proved.parent_id))


def _may_prove(ports: Ports, event: LoggedEvent, identity: str, record: dict) -> set[str]:
    """Sessions an event can speak for: what it issued, its own, those that one obtained, those that began with it."""
    graph = ports.graph
    found = {graph.resolve_alias(issuance.child) for issuance in graph.issuances_for([event.event_id]).values()}
    above = {identity}
    who = record.get("userIdentity")
    if not identity and isinstance(who, dict):
        found |= set(_begun_at(who, event.at))
        subject = who.get("onBehalfOf")
        if isinstance(subject, dict) and isinstance(subject.get("userId"), str):
            above |= {hit.id for hit in graph.trace("principal_id", subject["userId"], MAX_SUBJECTS)}
    for id_ in above - {""}:
        found |= {id_, *graph.descendants(id_, MAX_CHILDREN)[0]}
    return found - {""}


def _begun_at(who: dict, at: int) -> list[str]:
    """Sessions of a principal that signed in: they began within two seconds of it (rules J2, J4 and J6)."""
    principal, arn = who.get("principalId"), who.get("arn")
    if not isinstance(principal, str):
        return []
    partition = partition_of(arn if isinstance(arn, str) else "")
    return [ids.session_id(partition, principal, at + shift) for shift in range(-2, 3)]


def _proved(row: NodeRow, parents: dict[str, NodeRow], n: int) -> EdgeProved:
    edge = row.edges[n]
    parent = parents.get(edge.parent)
    return EdgeProved(
        child_id=row.node.id,
        child=row.node.label,
        parent_id=edge.parent,
        parent=parent.node.label if parent else edge.parent,
        kind=edge.kind,
        rule=edge.rule,
        confidence=edge.confidence,
    )
