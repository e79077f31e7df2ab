"""The report of a snapshot, as Markdown out of its frozen document: what a reader can paste into a ticket."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from roletrail.render.plain import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
NEVER_A_PERSON = (
    "Confidence grades a join between credentials, never a person. A role session name is chosen by whoever took the role, "
    "unless its issuer sets it."
)


def plain(text: str) -> str:
    """Text out of a log as Markdown that means nothing but itself, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))


def report(document: Mapping[str, Any]) -> str:
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {plain(document['title'])}"
    yield ""
    yield f"Frozen {document['made_at']} by Roletrail {document['tool_version']}. Redacted: {document['redacted']}."
    for chain in document["chains"]:
        yield from ("", f"## {plain(chain['node']['label'])}", "", plain(chain["chain"]["sentence"]))
        for number, node in enumerate(chain["chain"]["path"], 1):
            edge = node.get("edge") or {}
            why = f": {plain(edge['why'])} ({edge['rule']}, {edge['confidence']:.0%})" if edge else ""
            yield f"{number}. {plain(node['label'] or node['summary'] or node['kind'])} {plain(node['account'])} {node['issued_at']}{why}"
        yield from ("", *(f"- What these logs cannot show: {plain(text)}" for text in chain["coverage"]))
    if document["sides"]:
        counts = document["sides"]
        yield from (
            "",
            f"Marked: {counts['attacker']} of the attacker, {counts['unclear']} unclear (the upper bound), {counts['ours']} ours.",
        )
    if document.get("containment"):
        yield from ("", "## Containment, in this order", "")
        for step in document["containment"]:
            word = f" ({step['status']})" if step["status"] else ""
            yield f"- {step['number']} {plain(step['title'])}{word}"
    if document["timeline"]:
        yield from ("", "## Timeline", "")
        yield from (f"- {entry['at']} {plain(entry['text'])}" for entry in document["timeline"])
    if document["notes"]:
        yield from ("", "## Notes")
        for note in document["notes"]:
            state = f", {note['state']}" if note["state"] else ""
            yield from (
                "",
                f"### {note['kind']}{state}, {plain(note['created_by'])} {note['created_at']}",
                "",
                visible(note["body"]),
            )
    yield from ("", NEVER_A_PERSON)
