"""The list of findings, worst first, and what people say of one: the landing page, the command and the API alike."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from roletrail.alerts.decisions import LONGEST_DAYS, MATCHES, OPEN, STATUSES, Allowed, Decided, Decisions, Status
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.detect.past import DAY, LEAST_DAYS
from roletrail.detect.rule import LOUDNESS, Meta
from roletrail.detect.rules import BY_ID, RULES
from roletrail.detect.taken_home import queries
from roletrail.errors import InvalidRequest, NotFound
from roletrail.inventory.port import Inventory
from roletrail.investigations.marks import MarkBook
from roletrail.investigations.respond import declared
from roletrail.lineage.tone import TONES
from roletrail.stores.judging import FindingQuery, cursor_of
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.listing import labels_for, path_nodes
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.chains.own import OWN_HELP, OwnReading
from roletrail.usecases.chains.paths import listed_paths
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import Listed, PathNode
from roletrail.usecases.findings.given import Given
from roletrail.usecases.findings.taking_home import case_of
from roletrail.usecases.findings.views import (
    AllowedView,
    CountsView,
    FindingDetail,
    FindingView,
    ReasonView,
    RuleView,
    TakenHome,
)
from roletrail.usecases.parameters import read_time
from roletrail.usecases.ports import Ports

MAX_LIMIT = 500
DEFAULT_LIMIT = 100
_LEAST = {severity: score for score, severity in LOUDNESS} | {SEVERITIES[0]: 0}
PARAMETERS = ("severity", "rule", "status", "tone", "account", "session", "from", "to", "suppressed", "own", "after", "limit")
HELP = {
    "severity": "Only findings of this severity and worse.",
    "rule": "Only findings of this rule.",
    "status": "Only findings with this status.",
    "tone": "Only findings on chains of this tone.",
    "account": "Only findings in this account (12 digits).",
    "session": "Only findings of this session, key or origin.",
    "from": "Only findings last seen at or after this time (ISO 8601, UTC).",
    "to": "Only findings first seen before this time (ISO 8601, UTC).",
    "suppressed": "Also findings that an exception covers.",
    "own": OWN_HELP,
    "after": "Cursor: `next` of the previous page.",
    "limit": "Findings on a page.",
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "severity": SEVERITIES,
    "status": STATUSES,
    "tone": TONES,
    "rule": tuple(BY_ID),
    "suppressed": ("0", "1"),
    "own": ("0", "1"),
}


class FindingFilter(NamedTuple):
    """What a list of findings is asked: the store's part, and what people said."""

    query: FindingQuery = FindingQuery()
    status: str = ""
    suppressed: bool = False
    own: bool = False


def finding_filter(raw: Mapping[str, str], *, strict: bool) -> FindingFilter:
    """The filter a request asks for; empty values count as not given. Raises InvalidRequest when strict."""
    kept = {name: value for name, value in raw.items() if value != ""}
    unknown = [name for name in kept if name not in PARAMETERS]
    if strict and unknown:
        raise InvalidRequest(f"There is no parameter {unknown[0][:60]!r} here.", hint="Known: " + ", ".join(PARAMETERS) + ".")
    values: dict[str, str | int] = {}
    for name, value in kept.items():
        try:
            values[name] = _read(name, value)
        except ValueError as problem:
            if strict:
                raise InvalidRequest(f"The parameter {name} {problem}.", hint=HELP.get(name, "")) from None
    return _filter(values)


def _filter(values: Mapping[str, str | int]) -> FindingFilter:
    def text(name: str) -> str:
        return str(values.get(name, ""))

    query = FindingQuery(
        min_score=_LEAST.get(text("severity"), 0), rule=text("rule"), tone=text("tone"), account=text("account"),
        identity=text("session"), from_=int(values.get("from", 0)), to=int(values.get("to", 0)), after=text("after"),
        limit=int(values.get("limit", DEFAULT_LIMIT)),
    )  # fmt: skip
    return FindingFilter(query, text("status"), text("suppressed") == "1", text("own") == "1")


def _read(name: str, value: str) -> str | int:
    choices = CHOICES.get(name)
    if choices and value not in choices:
        raise ValueError("must be one of " + ", ".join(choices))
    if name in ("from", "to"):
        return read_time(value)
    if name == "limit":
        if not (value.isascii() and value.isdigit()) or len(value) > 6 or not 1 <= int(value) <= MAX_LIMIT:
            raise ValueError(f"must be a whole number from 1 to {MAX_LIMIT}")
        return int(value)
    if name == "account" and not (value.isascii() and value.isdigit() and len(value) == 12):
        raise ValueError("must be 12 digits")
    if len(value) > 100:
        raise ValueError("is too long")
    return value


class Shelf(Protocol):
    """Where findings and what people say of them are kept: a part of `Ports`, for those who have no more."""

    @property
    def graph(self) -> GraphStore: ...
    @property
    def app(self) -> AppDatabase: ...


def list_findings(ports: Ports, actor: Actor, asked: FindingFilter) -> Listed[FindingView]:
    """A page of findings, worst first. Raises InvalidRequest on a bad cursor.

    Rules make none of our own reading; of those that were made before the settings named our role, none is listed.
    """
    found, after, hidden = some_findings(ports, actor, asked, "" if asked.own else ports.own_role)
    statuses = Decisions(ports.app).statuses(finding.id for finding in found)
    return Listed([finding_view(finding, statuses.get(finding.id, OPEN)) for finding in found], after or None, hidden)


def some_findings(ports: Shelf, actor: Actor, asked: FindingFilter, own_role: str = "") -> tuple[list[Finding], str, int]:
    """The findings themselves, for skins that say the same in another form; the cursor; how many were left out as our own."""
    require(actor, "findings.read")
    decisions, reading = Decisions(ports.app), OwnReading(ports.graph, own_role)
    statuses = decisions.statuses()
    allowed = [] if asked.suppressed else decisions.allowed()
    kept: list[Finding] = []
    hidden, query = 0, asked.query
    while True:
        found, after = ports.graph.findings(query)
        own = reading.among({finding.session_id for finding in found})
        for finding in found:
            if finding.session_id in own:
                hidden += 1
            elif _passes(finding, asked, statuses, allowed):
                if len(kept) == asked.query.limit:
                    return kept, cursor_of(kept[-1]), hidden
                kept.append(finding)
        if not after:
            return kept, "", hidden
        query = query._replace(after=after)


def _passes(finding: Finding, asked: FindingFilter, statuses: Mapping[str, Decided], allowed: Collection[Allowed]) -> bool:
    if asked.status and statuses.get(finding.id, OPEN).status != asked.status:
        return False
    return not any(entry.covers(finding) for entry in allowed)


def finding_view(finding: Finding, decided: Decided = OPEN) -> FindingView:
    return FindingView(
        id=finding.id,
        rule=finding.rule,
        title=finding.title,
        severity=finding.severity,
        tone=finding.tone,
        session_id=finding.session_id,
        reasons=[ReasonView(reason.text, reason.weight, list(reason.events)) for reason in finding.reasons],
        first_seen=iso(finding.first_seen),
        last_seen=iso(finding.last_seen),
        status=decided.status,
    )


def finding_of(graph: GraphStore, id_: str) -> Finding:
    found = graph.findings_by_id([id_]).get(id_)
    if found is None:
        raise NotFound("There is no finding with this id in this store.", hint="Ids come from `roletrail findings`.")
    return found


def show_finding(ports: Ports, actor: Actor, id_: str) -> FindingDetail:
    """Why it fired, what would make it benign, what to do next."""
    require(actor, "findings.read", id_)
    finding = finding_of(ports.graph, id_)
    decisions = Decisions(ports.app)
    decided = decisions.statuses([id_]).get(id_, OPEN)
    return FindingDetail(
        finding=finding_view(finding, decided),
        score=finding.score,
        account=finding.account,
        rule=rule_view(BY_ID[finding.rule].meta),
        path=_path(ports.graph, finding.session_id),
        decided_by=decided.by,
        decided_at=iso(decided.at),
        note=decided.note,
        allowed_by=[entry.id for entry in decisions.allowed() if entry.covers(finding)],
        queries=[TakenHome(language, text) for language, text in queries(case_of(ports.graph, finding))],
    )


def _path(graph: GraphStore, id_: str) -> list[PathNode]:
    paths, known = listed_paths(graph, [id_], full=False)
    if id_ not in paths:
        return []
    return path_nodes(paths[id_], labels_for(known, list(known.rows.values())), Origins(graph))


def rule_view(meta: Meta) -> RuleView:
    return RuleView(
        meta.id, meta.version, meta.title, meta.group, meta.why, list(meta.attack), list(meta.benign), list(meta.runbook)
    )


def list_rules(actor: Actor) -> list[RuleView]:
    require(actor, "rules.read")
    return [rule_view(rule.meta) for rule in RULES]


def count_findings(ports: Ports, actor: Actor) -> CountsView:
    require(actor, "findings.read")
    severities: Counter[str] = Counter()
    for _, _, severity, count in ports.graph.finding_counts():
        severities[SEVERITIES[severity]] += count
    totals = ports.graph.totals()
    suppressed = sum(_covered(ports, entry) for entry in Decisions(ports.app).allowed())
    baseline = totals.last_at - totals.first_at >= LEAST_DAYS * DAY
    return CountsView({name: severities[name] for name in reversed(SEVERITIES)}, suppressed, baseline)


# --- what people say ----------------------------------------------------------------------------------------------


def decide(ports: Ports, actor: Actor, id_: str, status: str, note: str = "") -> FindingView:
    """Set a finding's status. Evaluating again never changes it."""
    require(actor, "findings.decide", id_)
    chosen: Status | None = next((one for one in STATUSES if one == status), None)
    if chosen is None:
        raise InvalidRequest(f"There is no status {status[:40]!r}.", hint="Known: " + ", ".join(STATUSES) + ".")
    finding = finding_of(ports.graph, id_)
    with ports.app.write():
        decided = Decisions(ports.app).decide(id_, chosen, actor.name, note)
        AuditLog(ports.app).wrote(actor, "findings.decide", id_, f"{chosen}: {finding.title}"[:300])
    return finding_view(finding, decided)


def given_to(ports: Ports) -> Given:
    return given_in(ports.app, ports.inventory)


def given_in(app: AppDatabase, inventory: Inventory) -> Given:
    """What judging has to know of people's decisions and of the inventory."""
    statuses = Decisions(app).statuses()
    return Given(
        benign=frozenset(id_ for id_, decided in statuses.items() if decided.status == "benign"),
        confirmed=frozenset(id_ for id_, decided in statuses.items() if decided.status == "confirmed"),
        marks=tuple(MarkBook(app).live()),
        responders=tuple(declared(app)),
        inventory=inventory,
    )


def preview_exception(ports: Ports, actor: Actor, match: Mapping[str, str]) -> list[FindingView]:
    """What an exception would cover, shown before it is saved."""
    require(actor, "findings.read")
    entry = Allowed("", _match(match), "", "", "", 0, 0)
    return [finding_view(finding) for finding in _all(ports) if entry.covers(finding)]


def allow(ports: Ports, actor: Actor, match: Mapping[str, str], owner: str, reason: str, days: int) -> AllowedView:
    """Save an exception. Raises InvalidRequest without an owner, a reason or an end."""
    require(actor, "findings.decide")
    if not owner.strip() or not reason.strip():
        raise InvalidRequest("An exception needs an owner and a reason.", hint="Say who answers for it, and why it is fine.")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidRequest(f"An exception ends after 1 to {LONGEST_DAYS} days.")
    kept = _match(match)
    with ports.app.write():
        entry = Decisions(ports.app).allow(kept, owner.strip(), reason.strip(), actor.name, days * DAY)
        AuditLog(ports.app).wrote(actor, "findings.decide", entry.id, f"exception: {json.dumps(kept)}"[:300])
    return _allowed_view(ports, entry)


def list_exceptions(ports: Ports, actor: Actor) -> list[AllowedView]:
    require(actor, "findings.read")
    return [_allowed_view(ports, entry) for entry in Decisions(ports.app).allowed(expired=True)]


def end_exception(ports: Ports, actor: Actor, id_: str) -> None:
    require(actor, "findings.decide", id_)
    with ports.app.write():
        if not Decisions(ports.app).disallow(id_):
            raise NotFound("There is no exception with this id.", hint="Ids come from `roletrail allow list`.")
        AuditLog(ports.app).wrote(actor, "findings.decide", id_, "exception ended")


def _match(match: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value.strip()[:500] for name, value in match.items() if value.strip()}
    unknown = sorted(set(kept) - set(MATCHES))
    if unknown or not kept:
        raise InvalidRequest("An exception matches at least one of " + ", ".join(MATCHES) + " and nothing else.")
    if set(kept) == {"rule"}:
        raise InvalidRequest("An exception for a whole rule would switch it off.", hint="Add an account, a session or a text.")
    return kept


def _allowed_view(ports: Ports, entry: Allowed) -> AllowedView:
    return AllowedView(
        entry.id, dict(entry.match), entry.owner, entry.reason, entry.created_by, iso(entry.created_at), iso(entry.expires_at),
        _covered(ports, entry),
    )  # fmt: skip


def _covered(ports: Ports, entry: Allowed) -> int:
    return sum(entry.covers(finding) for finding in _all(ports, entry.match))


def _all(ports: Ports, match: Mapping[str, str] = {}) -> list[Finding]:
    query = FindingQuery(rule=match.get("rule", ""), account=match.get("account", ""), limit=2000)
    found: list[Finding] = []
    while True:
        page, after = ports.graph.findings(query)
        found += page
        if not after:
            return found
        query = query._replace(after=after)
