"""Freezing: everything a reader of a share will see, as one JSON document made at one moment, redacted before it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from roletrail import __version__
from roletrail.auth.actor import Actor
from roletrail.errors import InvalidRequest, NotFound
from roletrail.investigations.redact import PRESETS, SAID, Preset, counted, redacted
from roletrail.render.lineage import Mark, draw
from roletrail.render.snapshot import report
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains import sessions
from roletrail.usecases.chains.fold import fold_siblings
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import SessionView
from roletrail.usecases.containment import plan as containment
from roletrail.usecases.containment.subject import containment_of_investigation
from roletrail.usecases.containment.views import ContainmentView
from roletrail.usecases.investigations import cases as investigations
from roletrail.usecases.investigations import handover, marks
from roletrail.usecases.ports import Ports

FORMAT, VERSION = "roletrail-snapshot", 1
KINDS = ("investigation", "handover", "session")
CERTAIN = 0.85
"""Joins below are drawn dotted."""
MAX_CHAINS = 20
"""Pinned chains and sessions that are frozen whole; further pins stay as lines."""


class Frozen(NamedTuple):
    title: str
    content: bytes
    picture: bytes
    counts: dict[str, int]


def freeze(ports: Ports, actor: Actor, kind: str, subject: str, preset: str, now: int) -> Frozen:
    if preset not in PRESETS:
        raise InvalidRequest("The redaction must be one of " + ", ".join(PRESETS) + ".")
    chosen: Preset = next(one for one in PRESETS if one == preset)
    document = msgspec.to_builtins(_document(ports, actor, kind, subject))
    frozen = redacted(document, chosen)
    frozen |= {
        "format": FORMAT,
        "version": VERSION,
        "tool_version": __version__,
        "made_at": iso(now),
        "redaction": chosen,
        "redacted": SAID[chosen],
    }
    brief = frozen.pop("handover", None)  # written out after redaction: Markdown's escapes would hide names from it
    frozen["report"] = (handover.as_markdown(msgspec.convert(brief, handover.HandoverView)) if brief else "") + report(frozen)
    tree = frozen["chains"][0]["tree"] if frozen["chains"] else []
    return Frozen(
        frozen["title"],
        msgspec.json.format(msgspec.json.encode(_scalar(frozen)), indent=1),
        _picture(tree, frozen["title"]).encode("utf-8", "replace"),
        leaving(document),
    )


def _picture(tree: list[dict[str, Any]], caption: str) -> str:
    """The tree's picture out of the redacted document; "" without a chain."""
    return draw([_mark(row) for row in tree], caption) if tree else ""


def _mark(row: dict[str, Any]) -> Mark:
    node = row["node"]
    shape = "workload" if node["workload"] and node["kind"] != "session" else node["kind"]
    lines = (node["label"] or node["kind"], node["account"], node["issued_at"][:19].replace("T", " "))
    sure = (node["edge"] or {}).get("confidence", 1.0) >= CERTAIN
    return Mark(
        node["id"],
        row["parent_id"],
        shape,
        node["tone"],
        node["ordinal"],
        tuple(filter(None, lines)),
        row["x"],
        row["y"],
        not sure,
    )


def leaving(document: dict[str, Any]) -> dict[str, int]:
    """What leaves with a document when nothing is redacted: how many of each."""
    return {"events": _events(document), **{f"{name}s": n for name, n in counted(document).items() if name != "event"}}


def _events(document: dict[str, Any]) -> int:
    found = {entry["event_ref"] for entry in document["timeline"]}
    for chain in document["chains"]:
        found |= {one["event_ref"] for one in (*chain["actions"], *chain["attempts"])}
        found |= {ref for row in chain["tree"] for ref in (row["node"]["edge"] or {}).get("evidence_refs", [])}
    return len(found - {""})


def _document(ports: Ports, actor: Actor, kind: str, subject: str) -> dict[str, Any]:
    if kind == "session":
        view = _chain(ports, actor, subject)
        return {
            "kind": kind,
            "title": view.chain.sentence,
            "status": "",
            "assignee": "",
            "chains": [view],
            "pins": [],
            "notes": [],
            "timeline": [],
            "sides": marks.show_sides(ports, actor, view.id).counts,
            "containment": _steps(containment.show_containment(ports, actor, view.id)),
        }
    if kind == "investigation":
        return _of_investigation(ports, actor, subject)
    if kind == "handover":
        view = handover.handover(ports, actor, subject)
        whole = _of_investigation(ports, actor, subject)
        return {**whole, "kind": kind, "title": f"Handover: {view.title}", "handover": view}
    raise InvalidRequest("A share is of one of " + ", ".join(KINDS) + ".")


def _of_investigation(ports: Ports, actor: Actor, subject: str) -> dict[str, Any]:
    view = investigations.show_investigation(ports, actor, subject)
    targets = [pin.target for pin in view.pins if pin.kind in ("chain", "session") and pin.present]
    chains = [_chain(ports, actor, target) for target in _known(ports.graph, targets)[:MAX_CHAINS]]
    return {
        "kind": "investigation",
        "title": view.title,
        "status": view.status,
        "assignee": view.assignee,
        "chains": chains,
        "pins": view.pins,
        "notes": view.notes,
        "timeline": view.timeline,
        "sides": marks.count_sides(ports, actor, [chain.id for chain in chains]),
        "containment": _of_pins(ports, actor, subject),
    }


def _of_pins(ports: Ports, actor: Actor, subject: str) -> list[dict[str, Any]]:
    """Nothing where nothing is pinned that could be contained."""
    try:
        return _steps(containment_of_investigation(ports, actor, subject))
    except NotFound:
        return []


def _steps(plan: ContainmentView) -> list[dict[str, Any]]:
    """What a reader needs of a plan. Names stand in fields of their own, so that redaction finds them in every text."""
    return [
        {
            "number": step.number,
            "title": step.title,
            "why": step.why,
            "account": step.account,
            "names": [{"label": name} for name in (*step.roles, step.user) if name],
            "survives": step.survives,
            "script": step.script,
            "status": step.status.word,
            "status_text": step.status.text,
            "evidence_refs": step.evidence_refs,
        }
        for step in plan.steps
    ]


def _chain(ports: Ports, actor: Actor, id_: str) -> SessionView:
    """A session's page with equal siblings folded, as the page shows them."""
    view = sessions.show_session(ports.graph, actor, id_)
    return replace(view, tree=fold_siblings(view.tree))


def _known(graph: GraphStore, targets: list[str]) -> list[str]:
    return list(dict.fromkeys(id_ for target in targets if (id_ := graph.resolve_alias(target))))


def _scalar(value: Any) -> Any:
    """What UTF-8 cannot carry, replaced: logs may hold lone surrogates."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_scalar(one) for one in value]
    if isinstance(value, dict):
        return {name: _scalar(one) for name, one in value.items()}
    return value
