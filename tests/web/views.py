"""Hand-made views for tests of pages: one three-account chain with everything a page can meet."""

from __future__ import annotations

from markupsafe import Markup

from roletrail.lineage import ids
from roletrail.render import html
from roletrail.render.document import Document, Facts, Graded, Heading, Items, Paragraph, Table
from roletrail.usecases import role_map
from roletrail.usecases.access import TokenView
from roletrail.usecases.chains.grouped import ShapeView
from roletrail.usecases.chains.references import as_query, references
from roletrail.usecases.chains.timeline import Mark, NotLogged, TimelineRow, TimelineView, Use
from roletrail.usecases.chains.views import (
    ActionView,
    AliasView,
    Alternative,
    Candidate,
    ChainView,
    CoverageDay,
    CoverageHour,
    CoverageView,
    EdgeProved,
    EdgeView,
    EntityView,
    EventRow,
    EventView,
    GapView,
    HealthView,
    ImpactItem,
    ImpactView,
    ObjectView,
    Page,
    PathNode,
    QuarantineView,
    RegionCoverageView,
    SessionView,
    TraceView,
    TreeRow,
    UnknownParents,
    UnknownReason,
    UnloadedAccount,
)
from roletrail.usecases.findings.folds import fold_findings
from roletrail.usecases.findings.views import FindingView, ReasonView
from roletrail.usecases.home import HomeView, LiveCredential
from roletrail.usecases.loading.ingests import IngestView
from roletrail.usecases.reports.export import FORMATS
from roletrail.usecases.role_map import RoleEdge, RoleMapView, RoleNode
from roletrail.web.chain import fall_context
from roletrail.web.loading import KINDS
from roletrail.web.places import lines_of
from roletrail.web.strip import strip_of
from tests.web.place_view import place_view, places_view
from tests.web.plan_view import plan_view

AT = "2026-11-07T02:14:10Z"
LATER = "2026-11-07T02:41:40Z"
ADDRESS = "198.51.100.77"


def id_of(name: str) -> str:
    return ids.origin_id("test", name)


def edge(confidence: float = 1.0, grade: str = "proved", text: str = "", pivot: str = "") -> EdgeView:
    return EdgeView(
        kind="CREATED" if pivot else "ASSUMED",
        rule="J1",
        confidence=confidence,
        grade=grade,
        evidence=[f"event{text}"],
        evidence_refs=[f"20261107.event{text}"],
        alternatives=[] if confidence == 1 else [Alternative(id_of("other"), f"Other{text}", "ASSUMED", "J2m", 0.6, ["x"])],
        why=f"The same key.{text}",
        at=AT,
        parent_key="AKIAEXAMPLE000000001",
        child_key="ASIAEXAMPLE000000002",
        pivot=pivot,
        conflict=text,
        note=text,
    )


def role(name: str, ordinal: int, tone: str, account: str, join: EdgeView | None, text: str = "") -> PathNode:
    return PathNode(
        kind="session",
        id=id_of(name),
        type="AssumedRole",
        label=name + text,
        principal=f"arn:aws:sts::{account}:assumed-role/{name}/s{text}",
        role=f"arn:aws:iam::{account}:role/{name}{text}",
        role_session_name=f"s{text}",
        account=account,
        access_key_ids=[f"ASIAEXAMPLE{text}"],
        key_count=3,
        issued_at=AT,
        expires_at=LATER,
        ordinal=ordinal,
        tone=tone,
        edge=join,
    )


def session_view(text: str = "") -> SessionView:
    """A key, three role sessions in three accounts, a sibling, and a key made at the end. `text` goes into every field."""
    key = PathNode(kind="key", id=id_of("key"), type="AccessKey", label=f"AKIAEXAMPLE{text}", account="111111111111")
    first = role("Reader", 1, "calm", "111111111111", edge(text=text), text)
    second = role("Deploy", 2, "watch", "222222222222", edge(0.75, "probable", text), text)
    third = role("Admin", 3, "alarm", "333333333333", edge(text=text), text)
    sibling = role("Backup", 3, "alarm", "222222222222", edge(text=text), text)
    made = PathNode(
        kind="key",
        id=id_of("made"),
        type="AccessKey",
        label="AKIAEXAMPLEMADE",
        account="333333333333",
        edge=edge(pivot="access_key"),
    )
    tree = [
        row(key, "", 1, 0, 0, text),
        row(first, "key", 2, 190, 0, text),
        row(second, "Reader", 3, 380, 0, text),
        row(sibling, "Deploy", 4, 570, 0, text),
        row(third, "Deploy", 4, 570, 112, text),
        row(made, "Admin", 5, 760, 112, text),
    ]
    return SessionView(
        id=third.id,
        chain=chain_view([key, first, second, third], 3, "alarm", text),
        node=third,
        tree=tree,
        truncated=0,
        actions=[action("CreateUser", text)],
        attempts=[action("AssumeRole", text)],
        coverage=[f"No logs of account 444444444444.{text}"],
        shape=["origin: long-term key", f"persistence: CreateUser{text}", "impact: no evidence"],
        aliases=[alias(text)],
    )


def alias(text: str) -> AliasView:
    ref = f"20261102.e-{text}"
    return AliasView(
        f"same{text}", f"ASIAEXAMPLE{text}", "J7", 0.85, "probable", f"The same credential.{text}", [f"e-{text}"], [ref]
    )


def row(node: PathNode, parent: str, level: int, x: float, y: float, text: str) -> TreeRow:
    return TreeRow(
        node=node,
        parent_id=id_of(parent) if parent else "",
        level=level,
        position=1,
        siblings=1,
        uses=1204,
        errors=3,
        first_seen=AT,
        last_seen=LATER,
        sources=[ADDRESS + text, "203.0.113.5"],
        more_sources=2,
        on_path=True,
        children=1,
        x=x,
        y=y,
    )


def chain_view(path: list[PathNode], sessions: int, tone: str, text: str = "") -> ChainView:
    return ChainView(
        session_id=path[-1].id,
        sessions=sessions,
        hops=sessions,
        depth=sessions,
        pivots=0,
        reach=sessions + 1,
        tone=tone,
        confidence=0.75,
        first_seen=AT,
        last_seen=LATER,
        accounts=["111111111111", "222222222222"],
        uses=1204,
        errors=3,
        sentence=f"{path[0].label} → {path[-1].label}{text}",
        path=[*path[:1], PathNode(kind="folded", count=7, summary="7 role sessions"), *path[1:]],
    )


def action(name: str, text: str = "") -> ActionView:
    return ActionView(
        event_id=f"e{text}",
        event_ref=f"20261107.e{text}",
        at=AT,
        event_name=name + text,
        event_source="iam.amazonaws.com" + text,
        category="persistence",
        target_kind="user",
        target=f"svc{text}",
        account="333333333333",
        region=f"us-east-1{text}",
        error_code=text,
        address=ADDRESS + text,
    )


def event_row(text: str = "") -> EventRow:
    return EventRow(
        event_id=f"e1{text}",
        event_ref=f"20261107.e1{text}",
        at=AT,
        event_source=f"sts.amazonaws.com{text}",
        event_name=f"AssumeRole{text}",
        region=f"us-east-1{text}",
        account="111111111111",
        access_key_id=f"AKIAEXAMPLE{text}",
        address=ADDRESS + text,
        user_agent=f"aws-cli/2{text}",
        error_code=text,
        read_only=True,
    )


def event_view(text: str = "") -> EventView:
    proved = EdgeProved(id_of("Reader"), f"Reader{text}", id_of("key"), f"AKIAEXAMPLE{text}", "ASSUMED", "J1", 1.0)
    return EventView(
        event_id=f"e1{text}",
        event_ref=f"20261107.e1{text}",
        record={"eventName": f"AssumeRole{text}", f"key{text}": {"deep": [text]}},
        row=event_row(text),
        locator=f"/logs/a{text}.json.gz",
        missing="",
        identity_id=id_of("key"),
        proves=[proved],
    )


def entity_view(text: str = "") -> EntityView:
    view = session_view(text)
    facts = [("kind", "role"), ("uses", "7"), ("accounts", text)]
    return EntityView("x", "role", f"arn:aws:iam::1:role/R{text}", facts, AT, LATER, view.chain.path[2:], [view.chain], False)


def trace_view(text: str = "") -> TraceView:
    hit = Candidate(id_of("Admin"), "session", f"Admin{text}", "access_key_id", 3, "alarm", AT, LATER, "/sessions/x")
    return TraceView(f"name{text}", text or "Admin", [hit, hit], f"A hint.{text}")


def health_view(events: int = 4120, chains_2: int = 4) -> HealthView:
    return HealthView(
        status="ok",
        version="0",
        store="sqlite test.sqlite",
        events=events,
        objects=min(events, 3),
        identities=30,
        sessions=20,
        chains_2=chains_2,
        chains_3=chains_2 // 2,
        quarantined=2,
        doubles=1,
        pending=5,
        first_at=AT if events else "",
        last_at=LATER if events else "",
    )


def ingest_view(text: str) -> IngestView:
    return IngestView(
        "i1", "upload", f"logs.json.gz{text}", "", 9, "running", "read", f"9 of 10 {text}", False, 9, 1, 0, 1,
        {f"not_json{text}": 1}, text, text, AT, AT, "",
    )  # fmt: skip


def coverage_view(text: str = "") -> CoverageView:
    hours = [
        CoverageHour(
            "111111111111", f"eu-central-1{text}", AT[:13] + ":00:00Z", 3, 1, 0, 0, "file missing", [f"AWSLogs/{text}"], []
        ),
        CoverageHour("222222222222", "us-east-1", LATER[:13] + ":00:00Z", 0, 1, 0, 0, "proved complete", [], []),
    ]
    gap = GapView("LOGGING_OFF", "111111111111", "", AT, "", f"StopLogging {text}", [f"20261118.e{text}"], 3)
    return CoverageView(
        since=AT[:13] + ":00:00Z",
        until=LATER[:13] + ":59:59Z",
        banners=[f"Reads are not logged in account 222222222222.{text}"],
        regions=[
            RegionCoverageView("111111111111", f"eu-central-1{text}", AT, AT, 1, 3, 1, 0, 0, {"file missing": 1, "no digest": 2})
        ],
        days=[CoverageDay("111111111111", AT[:10] + "T00:00:00Z", 3, 1, 0, 0, ["file missing"])],
        hours=hours,
        hours_left_out=0,
        digests_missing=[f"AWSLogs/digest{text}"],
        gaps=[gap],
        accounts_not_loaded=[UnloadedAccount("333333333333", 2, "ACCOUNT_NOT_LOADED")],
        unknown_parents=UnknownParents(
            3, 2, True, [UnknownReason("BEFORE_LOGS", 2, f"It began before the logs.{text}", [id_of("Admin")])]
        ),
        quarantine=[],
    )


def home_view(text: str = "", live: int = 1) -> HomeView:
    finding = FindingView(
        "f1",
        "deep-chain",
        f"A deep chain{text}",
        "high",
        "alarm",
        id_of("Admin"),
        [ReasonView(f"new{text}", 3, [])],
        AT,
        LATER,
        "open",
    )
    held = [
        LiveCredential(id_of("Admin"), "session", f"Admin{text}", "111111111111", "2999-01-01T00:00:00Z"),
        LiveCredential(id_of("key"), "key", f"AKIAEXAMPLE{text}", "", ""),
    ]
    return HomeView(
        [finding] * live, ["f1"] * live, live, live, 2 * live, held * live, [f"Logging was cut.{text}"] * live, held * live
    )


def settings_page(text: str) -> dict[str, object]:
    token = TokenView("t", f"token{text}", "viewer", ["read"], AT, LATER, "")
    return {"part": "tokens", "tokens": [token]}


def role_map_view(text: str = "") -> RoleMapView:
    nodes = [
        RoleNode(id_of("A"), f"arn:aws:iam::111111111111:role/A{text}", f"A{text}", "111111111111", 3, 2, 1),
        RoleNode(id_of("B"), "", f"users{text}", "", 0, 5, 0),
    ]
    edges = [RoleEdge(id_of("B"), id_of("A"), 3, AT, LATER, False), RoleEdge(id_of("A"), id_of("A"), 2, AT, LATER, True)]
    return RoleMapView("", nodes, edges, 4, True, [[id_of("A")]])


def role_map_page(text: str) -> dict[str, object]:
    view = role_map_view(text)
    nodes = {node.id: node for node in view.nodes}
    picture = Markup(role_map.picture(view)[0])
    return {"view": view, "account": "", "nodes": nodes, "picture": picture, "undrawn": 2, "health": health_view()}


def report_page(text: str) -> dict[str, object]:
    rows = Table((text, "b"), ((text, AT),))
    blocks = (Heading(text), Graded(((text, "likely"),)), Items((text,)), Facts(((text, text),)), rows, Paragraph(text))
    body = Markup(html.body(Document(text, text, blocks, text)))
    return {"id": id_of("Admin"), "title": text, "formats": FORMATS, "body": body}


def shape_view(chain: ChainView, text: str = "", chains: int = 2) -> ShapeView:
    return ShapeView(
        id_of("shape"), f"Admin{text}", chains, 6, 2, 3, "alarm", 0.75, AT, LATER, 12, 1, chain.path, [chain] * chains
    )  # fmt: skip


def timeline_view(text: str = "") -> TimelineView:
    marks = [Mark(AT, kind, f"CreateUser{text}", f"20261107.e{text}", "") for kind in ("call", "notable", "denied", "mint")]
    used = [Use(AT, LATER, 12, 1)]
    row = TimelineRow(id_of("Admin"), f"Admin{text}", "session", 3, 3, "alarm", AT, LATER, used, marks)
    key = TimelineRow(id_of("key"), f"AKIAEXAMPLE{text}", "key", 1, 0, "context", "", "", used, [])
    return TimelineView(id_of("Admin"), AT, LATER, [key, row], 1, [NotLogged(AT, "", "111111111111", f"LOGGING_OFF{text}")])


def impact_view(text: str = "") -> ImpactView:
    item = ImpactItem(
        "bucket", f"hl-warehouse{text}", f"GetObject{text}", "111111111111", 12, 3, 1, [id_of("Admin")], AT, LATER, [f"20261118.e{text}"],
        ["everybody", f"222222222222{text}"], 5,
    )  # fmt: skip
    return ImpactView(
        id_of("Admin"), 4, True, 2, 1, [item], [item], [], [], [f"No data events are in these logs.{text}"], f"Counted.{text}"
    )


OWN_HIDDEN: dict[str, object] = {"own_hidden": 3, "own_shown": False, "own_url": "/chains?own=1"}


def pages(text: str = "") -> dict[str, dict[str, object]]:
    """Every page with a context that holds `text` wherever a log could put it."""
    view = session_view(text)
    listed = Page([view.chain], "next")
    listing = {
        "query": {"q": text},
        "next_url": "/chains?after=next",
        "health": health_view(),
        "shape": "",
        "each_url": "/chains?view=each",
        "grouped_url": "/chains",
        **OWN_HIDDEN,
    }
    return {
        "home": {
            "first": home_view(text),
            "rows": fold_findings(home_view(text).findings),
            "health": health_view(),
            "alarm": [shape_view(view.chain, text), shape_view(view.chain, text, 1)],
            "watch": [],
        },
        "chains": {**listing, "found": listed, "grouped": False},
        "off_instance": {"view": places_view(text)},
        "session": {
            "view": view,
            "tree": view.tree,
            "unfolded": False,
            "selected": view.id,
            "strip": [("origin", text, False), ("impact", "no evidence", True)],
            "graph_size": "s",
            "impact": impact_view(text),
            "references": references,
            "query": as_query,
            "formats": FORMATS,
            **fall_context(timeline_view(text)),
            "plan": plan_view(view.id, text),
            "place": place_view(text),
            "place_lines": lines_of(place_view(text)),
            "module": "session.js",
        },
        "containment": {
            "plan": plan_view(view.id, text),
            "plan_at": f"/api/v1/findings/{view.id}/containment",
            "back": f"/findings/{view.id}",
            "what": "Finding",
        },
        "events": {"node": view.node, "events": Page([event_row(text)], None), "next_url": "", "missing": ""},
        "event": {"view": event_view(text), "record": f'{{"eventName": "{text}"}}'},
        "entity": {"view": entity_view(text), **OWN_HIDDEN},
        "trace": {"view": trace_view(text)},
        "roles": role_map_page(text),
        "settings": settings_page(text),
        "report": report_page(text),
        "data": {
            "health": health_view(),
            "ingests": Page([ingest_view(text)], None),
            "ingest_kinds": KINDS,
            "ingests_url": "",
            "coverage": coverage_view(text),
            "strip": strip_of(coverage_view(text)),
            "objects": Page([ObjectView(f"/logs/{text}", "cloudtrail", 9, 1, 1, 0, 1, 1, 2, AT)], None),
            "quarantine": Page([QuarantineView(f"/logs/{text}", -1, f"not_json{text}", f"Not JSON.{text}")], None),
            "objects_url": "",
            "later": False,
            "quarantine_url": "",
        },
        "error": {"status": 404, "title": "Nothing here", "detail": text, "hint": text, "command": ""},
    }
