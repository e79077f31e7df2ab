"""The report of one chain: a page for management, then what it stands on. One document behind page, print, file and brief."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import msgspec

from roletrail import __version__
from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.render import waterfall
from roletrail.render.document import Block, Document, Facts, Graded, Heading, Items, NewPage, Paragraph, Picture, Table
from roletrail.usecases import coverage, events, impact
from roletrail.usecases.chains import drawing, sessions, timeline
from roletrail.usecases.chains.fold import fold_siblings
from roletrail.usecases.chains.listing import chain_views
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.timeline import TimelineView, seconds
from roletrail.usecases.chains.views import ActionView, ChainView, EventRow, ImpactItem, ImpactView, SessionView, TreeRow
from roletrail.usecases.containment import plan as containment
from roletrail.usecases.containment.views import ContainmentView
from roletrail.usecases.investigations.flow import sides_of
from roletrail.usecases.ports import Ports
from roletrail.usecases.reports.management import Grade, remains, statements

MOST_ROWS = 200
"""Rows of one table of a report; what is left out is said under it."""
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class GradedSentence:
    text: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class ReportView:
    """`content_hash` is the SHA-256 of everything the report says, without the time it was made."""

    id: str
    sentence: str
    management: list[GradedSentence]
    digest_state: str
    session: SessionView
    timeline: TimelineView
    impact: ImpactView
    containment: ContainmentView
    still_valid: list[str]
    does_not_expire: list[str]
    made_at: str
    version: str
    store: str
    sample: bool
    content_hash: str


def make_report(ports: Ports, actor: Actor, id_: str, now: int) -> ReportView:
    """The report of a session, key or origin. `now` decides which credentials are still valid."""
    require(actor, "report.read", id_)
    view = sessions.show_session(ports.graph, actor, id_)
    AuditLog(ports.app).read(actor, "report.read", view.id, "report")
    marked = sides_of(ports, [view.id])
    done = impact.show_impact(ports.graph, actor, view.id, marked)
    plan = containment.show_containment(ports, actor, view.id, now=now)
    fall = timeline.show_timeline(ports.graph, actor, view)
    left = remains(view, now, marked.sides)
    said = [GradedSentence(one.text, one.grade) for one in statements(view, done)]
    digests = _digest_state(ports, actor, view.chain)
    content = msgspec.json.encode([view, done, fall, said, digests, plan.phases, plan.red], enc_hook=str)
    return ReportView(
        id=view.id,
        sentence=view.chain.sentence,
        management=said,
        digest_state=digests,
        session=view,
        timeline=fall,
        impact=done,
        containment=plan,
        still_valid=left.valid,
        does_not_expire=left.lasting,
        made_at=iso(now),
        version=__version__,
        store=ports.store_name,
        sample=ports.sample,
        content_hash=hashlib.sha256(content).hexdigest(),
    )


def _digest_state(ports: Ports, actor: Actor, chain: ChainView) -> str:
    """What digest files prove of the hours of the chain in its accounts."""
    first, last = seconds(chain.first_seen) or seconds(chain.last_seen), seconds(chain.last_seen)
    covered = coverage.show_coverage(ports.graph, actor, first // HOUR * HOUR, last // HOUR * HOUR + HOUR)
    hours = Counter(hour.digest for hour in covered.hours if hour.account in chain.accounts)
    total = sum(hours.values())
    if not total:
        return "No hour of this chain's accounts is loaded, so nothing can be said of digests."
    bad = hours[coverage.MISSING] + hours[coverage.ALTERED]
    if bad:
        return f"Digest files show log files missing or altered in {bad:,} of {total:,} hours of these accounts and regions."
    proved = hours[coverage.PROVED] + hours[coverage.QUIET]
    if proved == total:
        return f"Digest files prove the logs of all {total:,} hours of these accounts and regions complete."
    if proved:
        return f"Digest files prove the logs of {proved:,} of {total:,} hours complete; for the others none is loaded."
    return f"No digest file is loaded for the {total:,} hours of these accounts and regions: that the logs are complete is not proved."


# --- as a document ---


def picture_of(ports: Ports, actor: Actor, view: SessionView) -> str:
    """The lineage as SVG."""
    require(actor, "report.read", view.id)
    row = ports.graph.rows([view.id])[view.id]
    (folded,) = chain_views(ports.graph, [sessions.as_chain(row)], full=False)
    return drawing.picture(view, folded)


def document(report: ReportView, picture: str) -> Document:
    chain = report.session.chain
    sample = "SAMPLE. These are made-up incidents that come with Roletrail. " if report.sample else ""
    return Document(
        title=report.sentence,
        subtitle=f"{sample}{chain.first_seen or '-'} to {chain.last_seen or '-'} UTC",
        blocks=(*_management(report, picture), NewPage(), *_details(report)),
        foot=(
            f"Roletrail {report.version}, store {report.store}, made {report.made_at}. Session {report.id}."
            f" SHA-256 of the content {report.content_hash}. Confidence grades a join between credentials, never a person."
        ),
    )


def _management(report: ReportView, picture: str) -> Iterator[Block]:
    yield Picture(picture, "Each number is a role session on its path: the 2nd is orange, the 3rd and later are red.")
    yield Heading("In five sentences")
    yield Graded(tuple((one.text, one.grade) for one in report.management))
    yield Heading("Impact")
    if report.impact.marked:
        yield Paragraph(report.impact.marked)
    rows = tuple(_impact_rows(report.impact))
    yield (
        _table(("What", "Resource", "Call", "Times", "Account"), rows[:8])
        if rows
        else Paragraph("These logs show nothing read, shared out, destroyed or spent.")
    )
    yield Heading("Still usable")
    left = [f"{one}" for one in report.still_valid] + [f"{one} does not expire" for one in report.does_not_expire]
    yield Items(tuple(left[:10])) if left else Paragraph("Every session of this chain has expired, and no key is part of it.")
    yield Heading("Are the logs complete?")
    yield Items((report.digest_state, *report.session.coverage, *report.impact.cannot_exclude))


def _details(report: ReportView) -> Iterator[Block]:
    view = report.session
    yield Heading("Sessions")
    rows = [_row(row) for row in fold_siblings(view.tree)]
    yield _table(("Nth", "Credential", "Kind", "Account", "Issued (UTC)", "Expires (UTC)", "Calls", "From", "Join"), tuple(rows))
    if view.truncated:
        yield Paragraph(f"{view.truncated:,} more below these are not shown.")
    yield Heading("When each credential was valid and used")
    chart = timeline.chart(report.timeline)
    yield Picture(waterfall.draw(chart, standing_alone=True), chart.caption)
    yield from _containment(report.containment)
    yield from _calls("Notable calls, newest first", view.actions)
    yield from _calls("Refused attempts, newest first", view.attempts)
    yield from _proofs(view)


def _containment(plan: ContainmentView) -> Iterator[Block]:
    yield Heading("Containment, in this order")
    yield Items((*plan.red, plan.printed_only, plan.live.sentence))
    rows = [
        (
            step.number,
            step.title,
            containment.stops_text(step),
            containment.breaks_text(step),
            step.survives,
            step.status.word or "-",
        )
        for step in plan.steps
    ]
    yield _table(("No", "Step", "Stops", "Also breaks", "Survives it", "Newer logs"), tuple(rows))


def _calls(title: str, actions: list[ActionView]) -> Iterator[Block]:
    if actions:
        yield Heading(title)
        rows = [
            (_said(a.at), a.event_name, a.category, a.target, a.account, a.address, a.error_code or "done", a.event_id)
            for a in actions[:MOST_ROWS]
        ]
        yield _table(("Time (UTC)", "Event", "Category", "Target", "Account", "From", "Result", "Event id"), tuple(rows))


def _proofs(view: SessionView) -> Iterator[Block]:
    joins = [row for row in view.tree if row.node.edge and (row.on_path or row.level > 1)][:MOST_ROWS]
    if joins:
        yield Heading("Why the sessions belong together")
        rows = [
            (row.node.label, edge.why, f"{edge.grade} {edge.confidence:.2f}", edge.rule, " ".join(edge.evidence))
            for row in joins
            if (edge := row.node.edge)
        ]
        yield _table(("Credential", "Reason", "Join", "Rule", "Event ids"), tuple(rows))
    parts = tuple(
        (row.node.label, " ".join(filter(None, (row.node.principal, *row.node.access_key_ids))))
        for row in view.tree
        if row.on_path
    )
    yield Heading("Ids")
    yield Facts(parts[:MOST_ROWS])


def _row(row: TreeRow) -> tuple[str, ...]:
    node = row.node
    name = "\N{NO-BREAK SPACE}" * 2 * (row.level - 1) + node.label
    join = f"{node.edge.grade} {node.edge.confidence:.2f}" if node.edge else node.reason or "-"
    kind = node.summary if node.kind == "folded" else node.workload or node.type or node.kind
    sources = ", ".join(row.sources) + (f" +{row.more_sources}" if row.more_sources else "")
    return (
        str(node.ordinal or ""),
        name,
        kind,
        node.account,
        _said(node.issued_at),
        _said(node.expires_at),
        f"{row.uses:,}",
        sources,
        join,
    )


def _said(iso_text: str) -> str:
    """`2026-11-07 02:14:10` under a head that says UTC."""
    return iso_text.replace("T", " ").removesuffix("Z")


def _impact_rows(done: ImpactView) -> Iterator[tuple[str, ...]]:
    sections: tuple[tuple[str, list[ImpactItem]], ...] = (
        ("read", done.read),
        ("shared out", done.shared),
        ("destroyed", done.destroyed),
        ("spent", done.spent),
    )
    for what, items in sections:
        for item in items:
            resource = f"{item.kind.replace('_', ' ')} {item.resource}".strip()
            yield (what, resource, item.event_name, impact.times(done, item), item.account)


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Table:
    return Table(columns, rows[:MOST_ROWS])


# --- events ---

EVENT_COLUMNS = tuple(EventRow.__dataclass_fields__)


def all_events(ports: Ports, actor: Actor, id_: str) -> Iterator[EventRow]:
    """Every event of a session, oldest first: memory stays that of one page."""
    require(actor, "events.export", id_)
    AuditLog(ports.app).read(actor, "events.export", id_)
    return _every(ports, actor, id_)


def _every(ports: Ports, actor: Actor, id_: str) -> Iterator[EventRow]:
    after = ""
    while True:
        page = events.session_events(ports, actor, id_, events.MAX_LIMIT, after)
        yield from page.items
        if not page.next:
            return
        after = page.next


def as_row(event: EventRow) -> dict[str, object]:
    return asdict(event)
