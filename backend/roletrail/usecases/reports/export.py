"""What can be carried away of a session, by the name of its format. Page, API and command line offer this one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.errors import InvalidRequest
from roletrail.render import html, lines, markdown, waterfall
from roletrail.usecases.chains import timeline
from roletrail.usecases.chains.sessions import show_session
from roletrail.usecases.ports import Ports
from roletrail.usecases.reports.report import EVENT_COLUMNS, all_events, as_row, document, make_report, picture_of


class Format(NamedTuple):
    media_type: str
    extension: str
    what: str


FORMATS: dict[str, Format] = {
    "html": Format("text/html; charset=utf-8", "html", "The report as one file that needs no server"),
    "markdown": Format("text/markdown; charset=utf-8", "md", "A brief for a ticket"),
    "json": Format("application/json", "json", "The report with everything it stands on"),
    "svg": Format("image/svg+xml", "svg", "The lineage as a picture"),
    "timeline": Format("image/svg+xml", "timeline.svg", "The timeline as a picture"),
    "csv": Format("text/csv; charset=utf-8", "csv", "Events of the session, for spreadsheets"),
    "jsonl": Format("application/x-ndjson", "jsonl", "Events of the session, one JSON object a line"),
}


class Export(NamedTuple):
    media_type: str
    file_name: str
    content: Iterable[str]


def export_session(ports: Ports, actor: Actor, id_: str, format_: str, now: int) -> Export:
    """A session in one of FORMATS. `now` is the time a report says it was made."""
    made = _MAKERS.get(format_)
    if made is None:
        raise InvalidRequest(f"There is no format {format_[:40]!r}.", hint="Known: " + ", ".join(FORMATS) + ".")
    known = FORMATS[format_]
    content = made(ports, actor, id_, now)
    return Export(known.media_type, f"roletrail-{id_}.{known.extension}", content)


def _html(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    report = make_report(ports, actor, id_, now)
    yield html.single_file(document(report, picture_of(ports, actor, report.session)))


def _markdown(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    report = make_report(ports, actor, id_, now)
    yield markdown.brief(document(report, picture_of(ports, actor, report.session)))


def _json(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    yield msgspec.json.format(msgspec.json.encode(make_report(ports, actor, id_, now))).decode() + "\n"


def _svg(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    del now
    AuditLog(ports.app).read(actor, "report.read", id_, "picture")
    yield picture_of(ports, actor, show_session(ports.graph, actor, id_)) + "\n"


def _timeline(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    del now
    AuditLog(ports.app).read(actor, "report.read", id_, "timeline")
    view = timeline.show_timeline(ports.graph, actor, show_session(ports.graph, actor, id_))
    yield waterfall.draw(timeline.chart(view), standing_alone=True) + "\n"


def _csv(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    del now
    rows = (tuple(as_row(event).values()) for event in all_events(ports, actor, id_))
    return lines.csv_lines(EVENT_COLUMNS, rows)


def _jsonl(ports: Ports, actor: Actor, id_: str, now: int) -> Iterable[str]:
    del now
    return lines.json_lines(map(as_row, all_events(ports, actor, id_)))


_MAKERS: dict[str, Callable[[Ports, Actor, str, int], Iterable[str]]] = {
    "html": _html,
    "markdown": _markdown,
    "json": _json,
    "svg": _svg,
    "timeline": _timeline,
    "csv": _csv,
    "jsonl": _jsonl,
}
