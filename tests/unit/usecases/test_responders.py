"""Declared responders' sessions never score; an undeclared session of their role does, more than it would by itself."""

from __future__ import annotations

from pathlib import Path

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph, open_ports
from roletrail.detect.finding import Finding
from roletrail.ingest.run import ingest
from roletrail.settings import load
from roletrail.stores.judging import FindingQuery
from roletrail.usecases.findings.evaluate import evaluate
from roletrail.usecases.findings.listing import given_to
from roletrail.usecases.investigations.responders import declare_responder, withdraw_responder
from roletrail.usecases.ports import Ports
from tests.support import layout
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role

ONE = "111111111111"
START = at("2026-11-06", "10:00:00")


def incident(folder: Path) -> tuple[Ports, str]:
    """Two sessions of one role, named for two people; each makes a user with a key."""
    log = Trail(SeededIds("responders"))
    role = Role(ONE, "incident-response", log.ids.unique("AROA", ONE, "incident-response"))
    for number, name in enumerate(("alice", "mallory")):
        session = log.assume(log.user_key(ONE, name), START + number * 600, role, name)
        log.create_user(session, START + number * 600 + 60, f"made-by-{name}")
        log.create_access_key(session, START + number * 600 + 61, f"made-by-{name}", f"AIDAEXAMPLE{name.upper():X<9}")
    layout.write(folder / "logs", layout.delivered(log.records))
    settings = load(store=f"sqlite:///{folder / 'store.sqlite'}")
    ingest([str(folder / "logs")], open_store=lambda: open_graph(settings.store, create=True), archive=settings.archive_path)
    return open_ports(settings), role.arn


def judged(ports: Ports) -> dict[str, list[Finding]]:
    """Findings by the name of the session they are about."""
    evaluate(ports.graph, local_actor(), given_to(ports), everything=True)
    found = ports.graph.findings(FindingQuery(limit=1000))[0]
    rows = ports.graph.rows({one.session_id for one in found})
    names = {id_: row.node.name for id_, row in rows.items() if row.node.kind == "session"}
    return {name: [one for one in found if names.get(one.session_id) == name] for name in ("alice", "mallory")}


def test_declared_sessions_never_score_and_strangers_in_their_role_do(tmp_path: Path) -> None:
    ports, role = incident(tmp_path)
    try:
        before = judged(ports)
        assert before["alice"]
        assert before["mallory"]
        assert "responder-stranger" not in {one.rule for many in before.values() for one in many}
        declared = declare_responder(ports, local_actor(), role, session_name="alice")
        after = judged(ports)
        assert after["alice"] == []
        (stranger,) = [one for one in after["mallory"] if one.rule == "responder-stranger"]
        assert stranger.severity in ("high", "critical")
        assert {one.id for one in before["mallory"]} < {one.id for one in after["mallory"]}
        withdraw_responder(ports, local_actor(), declared.id)
        assert judged(ports) == before
        declare_responder(ports, local_actor(), role, until="2026-11-06T10:05:00Z")
        ended = judged(ports)
        assert ended["alice"] == []
        assert "responder-stranger" in {one.rule for one in ended["mallory"]}
    finally:
        ports.close()
