"""Findings against what a folder expects of them.

`{rule, says, severity, count}`: a finding of the rule whose title or reasons hold the text; `silent`: none may, and why;
`{worst}`: none is worse. An empty list wants no finding but on depth, which is never left out.
"""

from __future__ import annotations

from typing import Any

from roletrail.detect.finding import SEVERITIES
from tests.support.loading import Api, Loaded

FIELDS = ["id", "rule", "title", "severity", "tone", "session_id", "reasons", "first_seen", "last_seen", "status"]
DEPTH = {"chain-two", "chain-three"}


def finding_differences(wanted: list[dict[str, Any]], loaded: Loaded, api: Api) -> list[str]:
    found = loaded.findings()
    assert api.every("findings", limit=7) == found
    lines = [f"fields: {list(one)}" for one in found if list(one) != FIELDS]
    lines += [
        f"{one['id']}: a reason has {list(reason)}"
        for one in found
        for reason in one["reasons"]
        if list(reason) != ["text", "weight", "events"]
    ]
    ranks = [SEVERITIES.index(one["severity"]) for one in found]
    if ranks != sorted(ranks, reverse=True):
        lines.append(f"not worst first: {[one['severity'] for one in found]}")
    if not wanted:
        lines += [f"nobody expected {one['rule']}: {one['title']}" for one in found if one["rule"] not in DEPTH]
    return lines + [line for one in wanted for line in _difference(one, found)]


def _difference(wanted: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    if "worst" in wanted:
        worse = [one for one in found if SEVERITIES.index(one["severity"]) > SEVERITIES.index(wanted["worst"])]
        return [f"worse than {wanted['worst']}: {one['severity']} {one['rule']} {one['title']}" for one in worse]
    fits = [one for one in found if one["rule"] == wanted["rule"] and wanted.get("says", "") in _texts(one)]
    if "silent" in wanted:
        return [f"{one['rule']} fired on {one['title']}: {wanted['silent']}" for one in fits]
    severities = {one["severity"] for one in fits}
    if not fits or ("severity" in wanted and wanted["severity"] not in severities):
        return [f"findings: {wanted} is not among {[(one['rule'], one['severity'], one['title']) for one in found]}"]
    return [f"findings: {wanted}, found {len(fits)}"] if wanted.get("count", len(fits)) != len(fits) else []


def _texts(one: dict[str, Any]) -> str:
    return "\n".join([one["title"], *(reason["text"] for reason in one["reasons"])])
