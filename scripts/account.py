"""Accounts for every record of a folder of logs: which edge, session, action or gap came of it, or why nothing did.

usage: python scripts/account.py FOLDER [--list CLASS]
Ends with status 1 when more than two in a hundred are unexplained. Records that nothing can come of have a reason of the
closed list REASONS; anything else is `unexplained`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from roletrail.bootstrap import open_graph
from roletrail.ingest.identity import Identities
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.linking import link_pending
from roletrail.ingest.records import Content, open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage.model import Edge, Node, ObjectInfo, event_id_of
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.origins import Origins

MOST_UNEXPLAINED = 0.02
NO_LOGS = "files without records"
REASONS = {
    "attempt": "a refused issuance, kept as an attempt of whoever asked",
    "sign_in": "a way in that leads to no session in these logs",
    "double": "delivered again; the first delivery is accounted for",
    "quarantined": "not a record that can be read; the quarantine says why",
    "ignored": "a digest or Insight record",
    "service": "a service's own call (AWSService, or no caller but invokedBy)",
    "service_event": "an event no caller asked for (AwsServiceEvent and the like)",
    "copy": "another account's call, or a VPC endpoint's copy of one",
    "subject": "a subject of an identity provider, before it has credentials",
    "anonymous": "an unauthenticated call",
    "redacted": "the export took out or masked both principal and key",
    "no_identity": "a record without userIdentity",
}
_TYPES = {
    "AWSService": "service", "AWSAccount": "copy", "SAMLUser": "subject", "WebIdentityUser": "subject", "IdentityCenterUser": "subject",
    "Directory": "subject", "Unknown": "subject", "AWSInternal": "service",
}  # fmt: skip


class Told(NamedTuple):
    """One event as it stands in the archive, with its raw record."""

    event_id: str
    identity: str
    raw: dict[str, Any]


class Graph(NamedTuple):
    proofs: set[str]
    nodes: dict[str, Node]
    rooted: set[str]
    answers: dict[str, str]


def files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", default="", metavar="CLASS", help="print the records of one class")
    asked = parser.parse_args()
    classes: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        store = open_graph(f"sqlite:///{Path(scratch) / 'store.sqlite'}", create=True)
        told = list(load(store, asked.folder, classes))
        link_pending(store)
        graph = graph_of(store)
        kept = kept_of(store, told)
        for one in told:
            found = class_of(one, graph, kept)
            classes[found] += 1
            if found == asked.list:
                print(json.dumps(one.raw))
        missing.update(reasons_of(store, graph))
        store.close()
    return report(classes, missing)


def load(store: GraphStore, folder: Path, classes: Counter[str]) -> Iterator[Told]:
    attempt = store.begin_run() << 24
    seen: set[str] = set()
    for number, path in enumerate(files(folder)):
        content = open_object(path.read_bytes())
        info = ObjectInfo(str(path), content.size, "1", content.sha256, content.kind)
        for k in range(content.parts):
            attempt += 1
            found = Reducer().reduce(content, info, k, attempt)
            overlaps = store.commit([found.part], []).overlaps
            if overlaps:
                found = Reducer().reduce(content, info, k, attempt + (number + 1 << 16), overlaps[0].skip)
                store.commit([found.part], [])
            whole = sum(bad.record < 0 for bad in found.part.quarantined)
            classes.update({NO_LOGS: whole, "quarantined": len(found.part.quarantined) - whole})
            classes.update({"double": found.part.doubles, "ignored": found.part.ignored})
            yield from _told(content, k, seen)


def _told(content: Content, k: int, seen: set[str]) -> Iterator[Told]:
    """Every record of a part that is not a double."""
    if not content.items:
        return
    batch = content.sifted(k)
    identities = Identities()
    for record, raw in zip(batch.records, batch.raws(), strict=True):
        if record.event_id in seen:
            continue
        seen.add(record.event_id)
        try:
            identity = identities.facts(bytes(record.user_identity)).identity
        except BadJson:
            identity = ""
        yield Told(record.event_id, identity, json.loads(bytes(raw)))


def graph_of(store: GraphStore) -> Graph:
    graph = Graph(set(), {}, set(), {})
    for kind, row in store.export():
        if isinstance(row, Edge):
            graph.proofs.update(map(event_id_of, row.evidence))
            graph.rooted.add(row.child)
        elif isinstance(row, Node):
            graph.nodes[row.id] = row
        elif kind == "alias" and isinstance(row, tuple):
            graph.answers[row[0]] = row[1]
    return graph


def kept_of(store: GraphStore, told: list[Told]) -> dict[str, str]:
    """Events kept one by one, by what they were kept as."""
    kept: dict[str, str] = {}
    for kind, row in store.export():
        if kind in ("action", "attempt"):
            kept[getattr(row, "event_id", "")] = kind
    for one in told:
        if (one.raw.get("addendum") or {}).get("reason") == "SERVICE_OUTAGE":
            kept[one.event_id] = "gap"
    return kept


def class_of(one: Told, graph: Graph, kept: dict[str, str]) -> str:
    if one.event_id in graph.proofs:
        return "edge"
    if one.event_id in kept:
        return kept[one.event_id]
    if graph.answers.get(one.identity, one.identity) in graph.nodes:
        return "activity"
    return _reason(one.raw)


def _reason(raw: dict[str, Any]) -> str:
    who = raw.get("userIdentity")
    if raw.get("eventType") in ("AwsVpceEvent", "AwsVpceEvents"):
        return "copy"
    if not isinstance(who, dict) or not who:
        return "no_identity"
    type_ = who.get("type", "")
    if raw.get("eventSource") == "signin.amazonaws.com" or raw.get("eventName") in (
        "GetRoleCredentials",
        "CreateToken",
        "Federate",
    ):
        return "sign_in"
    if str(who.get("principalId", "")).upper().startswith("ANONYMOUS") or who.get("accountId", "").upper().startswith(
        "ANONYMOUS"
    ):
        return "anonymous"
    if type_ in _TYPES:
        return _TYPES[type_]
    if who.get("invokedBy") and not type_:
        return "service"
    if raw.get("eventType") == "AwsServiceEvent":
        return "service_event"
    named = any(text and "*" not in text for text in (str(who.get("principalId", "")), str(who.get("accessKeyId", ""))))
    return "unexplained" if named else "redacted"


def reasons_of(store: GraphStore, graph: Graph) -> Iterator[str]:
    """Why each session without a parent has none."""
    origins = Origins(store)
    for node in graph.nodes.values():
        if node.kind == "session" and node.id not in graph.rooted:
            yield origins.reason(node).code


def report(classes: Counter[str], missing: Counter[str]) -> int:
    no_logs = classes.pop(NO_LOGS, 0)
    total = sum(classes.values())
    for name, number in classes.most_common():
        if number:
            print(f"{number:>8,}  {number / total:>6.1%}  {name:<14} {REASONS.get(name, '')}")
    print(f"{total:>8,}  records; {no_logs:,} files hold none\n\nsessions without a parent in these logs, by reason:")
    for name, number in missing.most_common():
        print(f"{number:>8,}  {name}")
    share = classes["unexplained"] / total if total else 0.0
    print(f"\nunexplained: {share:.2%} of the records")
    return int(share > MOST_UNEXPLAINED)


if __name__ == "__main__":
    sys.exit(main())
