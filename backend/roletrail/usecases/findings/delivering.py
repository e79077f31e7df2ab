"""Findings, and growth of watched pins, out to the world: printed in a form, queued for destinations, handed over, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from roletrail.alerts import forms
from roletrail.alerts.decisions import OPEN, Decisions
from roletrail.alerts.destinations import Destination, deliverer
from roletrail.alerts.growth import investigation_of
from roletrail.alerts.message import Message
from roletrail.alerts.outbox import Outbox
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.rules import BY_ID
from roletrail.errors import InvalidRequest
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.present import iso
from roletrail.usecases.findings.listing import MAX_LIMIT, FindingFilter, Shelf, finding_filter, some_findings
from roletrail.usecases.investigations.pins import grown
from roletrail.usecases.ports import Ports

FORMS = ("ocsf", "asff", "eventbridge", "slack", "csv", "jsonl")
LATEST = 200
BATCH = 100


class Kept(NamedTuple):
    """A store and the app database beside it, without the other ports."""

    graph: GraphStore
    app: AppDatabase


class Outward(NamedTuple):
    """Settings of what goes out. `base` is the URL people open."""

    destinations: tuple[Destination, ...] = ()
    base: str = ""
    region: str = "us-east-1"
    secret: str = ""
    severity: str = "medium"


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Of a finding, or of growth of a pin in an investigation: the other id is ""."""

    destination: str
    finding_id: str
    investigation_id: str
    state: str
    attempts: int
    queued_at: str
    tried_at: str
    next_at: str
    error: str


@dataclass(frozen=True, slots=True)
class DestinationView:
    name: str
    waiting: int
    sent: int
    dead: int


@dataclass(frozen=True, slots=True)
class DeliveriesView:
    destinations: list[DestinationView]
    latest: list[DeliveryView]


@dataclass(frozen=True, slots=True)
class SentView:
    queued: int
    sent: int
    failed: int
    dead: int


def messages(ports: Shelf, actor: Actor, asked: FindingFilter, outward: Outward) -> Iterator[Message]:
    """Findings that pass, as they would leave, worst first."""
    require(actor, "findings.send")
    statuses = Decisions(ports.app).statuses()
    query = asked.query._replace(limit=MAX_LIMIT)
    while True:
        found, after, _ = some_findings(ports, actor, asked._replace(query=query))
        for finding in found:
            status = statuses.get(finding.id, OPEN).status
            yield Message(finding, BY_ID[finding.rule].meta, status, outward.base, outward.region)
        if not after:
            return
        query = query._replace(after=after)


def export_findings(ports: Ports, actor: Actor, asked: FindingFilter, outward: Outward, form: str) -> Iterator[str]:
    """Text in a form: a document for CSV, else a line each. Raises InvalidRequest for a form there is not."""
    if form not in FORMS:
        raise InvalidRequest(f"There is no form {form[:40]!r}.", hint="Known: " + ", ".join(FORMS) + ".")
    found = messages(ports, actor, asked, outward)
    if form == "csv":
        yield forms.table(found)
        return
    for message in found:
        yield json.dumps(_formed(message, form)) + "\n"


def _formed(message: Message, form: str) -> object:
    if form == "ocsf":
        return forms.ocsf(message)
    if form == "asff":
        return forms.asff(message, message.finding.account)
    if form == "eventbridge":
        return forms.event(message, "default")
    return forms.slack(message) if form == "slack" else message.plain()


def send_findings(ports: Shelf, actor: Actor, outward: Outward) -> SentView:
    """Queue what is new for each destination, growth of watched pins too, and hand over what is due. Benign findings and
    exceptions stay here."""
    require(actor, "findings.send")
    outbox = Outbox(ports.app)
    queued = _queue(ports, actor, outward, outbox) + _queue_growth(ports.app, outward, outbox) if outward.destinations else 0
    sent = failed = dead = 0
    for destination in outward.destinations:
        hand_over = deliverer(destination, outward.secret)
        while letters := outbox.due(destination.name, BATCH):
            missed = hand_over(letters)
            for letter in letters:
                error = missed.get(letter.finding)
                if error is None:
                    outbox.sent(letter)
                    sent += 1
                else:
                    outbox.failed(letter, str(error), final=error.final)
                    failed, dead = failed + 1, dead + error.final
    return SentView(queued, sent, failed, dead)


def _queue(ports: Shelf, actor: Actor, outward: Outward, outbox: Outbox) -> int:
    asked = finding_filter({"severity": outward.severity}, strict=True)
    queued = 0
    with ports.app.write():
        for message in messages(ports, actor, asked, outward):
            if message.status == "benign":
                continue
            for destination in outward.destinations:
                body = json.dumps(destination.form(message))
                queued += outbox.put(destination.name, message.finding.id, message.content, body)
    return queued


def _queue_growth(app: AppDatabase, outward: Outward, outbox: Outbox) -> int:
    """What grew and nobody has looked at since, of investigations that are not closed."""
    queued = 0
    with app.write():
        for growth in grown(app, outward.base):
            for destination in outward.destinations:
                form = destination.grown_form(growth)
                if form is not None:
                    queued += outbox.put(destination.name, growth.subject, growth.content, json.dumps(form))
    return queued


def show_deliveries(ports: Ports, actor: Actor) -> DeliveriesView:
    require(actor, "findings.read")
    outbox = Outbox(ports.app)
    return DeliveriesView(
        [DestinationView(name, counts["waiting"], counts["sent"], counts["dead"]) for name, counts in outbox.counts().items()],
        [
            DeliveryView(
                one.destination,
                "" if investigation_of(one.finding) else one.finding,
                investigation_of(one.finding),
                one.state,
                one.attempts,
                iso(one.queued_at),
                iso(one.tried_at),
                iso(one.next_at),
                one.error,
            )
            for one in outbox.latest(LATEST)
        ],
    )


def retry_dead(ports: Ports, actor: Actor, destination: str = "") -> int:
    """Give dead letters another round."""
    require(actor, "findings.send")
    return Outbox(ports.app).revive(destination)
