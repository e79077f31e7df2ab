"""The forms a finding can leave in: OCSF Detection Finding, ASFF, an EventBridge entry, Slack's blocks, CSV. Pure.

Field names follow the published schemas: OCSF 1.3 class 2004, the AWS Security Finding Format's required attributes,
PutEvents' entries, and the JSON that Slack-compatible webhooks take.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from roletrail import __version__
from roletrail.alerts.growth import Growth
from roletrail.alerts.message import Message, iso

OCSF_VERSION = "1.3.0"
_OCSF_SEVERITY = (1, 2, 3, 4, 5)
_OCSF_STATUS = {"open": (1, "New"), "confirmed": (2, "In Progress"), "benign": (3, "Suppressed")}
_ASFF_SEVERITY = ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_ASFF_WORKFLOW = {"open": "NEW", "confirmed": "NOTIFIED", "benign": "SUPPRESSED"}
SOURCE, DETAIL_TYPE, GROWTH_TYPE = "roletrail", "Roletrail Finding", "Roletrail Pin Growth"
MOST_DETAIL = 200_000
"""Bytes of an entry: EventBridge takes 256 KiB with everything around it."""
COLUMNS = (
    "severity",
    "rule",
    "title",
    "tone",
    "account",
    "session_id",
    "first_seen",
    "last_seen",
    "status",
    "score",
    "reasons",
    "permalink",
    "command",
    "id",
)


def ocsf(message: Message) -> dict[str, Any]:
    """OCSF Detection Finding (class 2004); times are milliseconds."""
    f, meta = message.finding, message.meta
    status_id, status = _OCSF_STATUS[message.status]
    return {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "time": f.last_seen * 1000,
        "start_time": f.first_seen * 1000,
        "end_time": f.last_seen * 1000,
        "severity_id": _OCSF_SEVERITY[message.rank],
        "severity": f.severity.capitalize(),
        "status_id": status_id,
        "status": status,
        "risk_score": f.score,
        "message": f.title,
        "metadata": {"version": OCSF_VERSION, "uid": message.content, "product": _product()},
        "finding_info": {
            "uid": f.id,
            "title": f.title,
            "desc": f"{meta.why}\n{message.why}",
            "types": [meta.title],
            "first_seen_time": f.first_seen * 1000,
            "last_seen_time": f.last_seen * 1000,
            "src_url": message.permalink,
            "attacks": [{"version": "14.1", "technique": {"uid": one, "name": one}} for one in meta.attack],
            "analytic": {"uid": f"{meta.id}/{meta.version}", "name": meta.title, "type_id": 1, "type": "Rule"},
            "related_events": [{"uid": ref} for ref in _events(message)],
        },
        "resources": [{"uid": f.session_id, "type": "AWS session", "region": message.region}],
        "cloud": {"provider": "AWS", "region": message.region, "account": {"uid": f.account, "name": f.account, "type_id": 10, "type": "AWS Account"}},
        "remediation": {"desc": " ".join(meta.runbook), "references": [message.permalink]},
        "unmapped": {"tone": f.tone, "command": message.command, "reasons": message.plain()["reasons"]},
    }  # fmt: skip


def _product() -> dict[str, str]:
    return {"name": "Roletrail", "vendor_name": "Roletrail", "version": __version__}


def _events(message: Message) -> list[str]:
    return list(dict.fromkeys(ref for reason in message.finding.reasons for ref in reason.events))[:100]


def asff(message: Message, account: str, partition: str = "aws") -> dict[str, Any]:
    """AWS Security Finding Format; `account` is Security Hub's own, under whose default product findings are imported."""
    f, meta = message.finding, message.meta
    arn = f"arn:{partition}:securityhub:{message.region}:{account}:product/{account}/default"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"roletrail/{f.id}",
        "ProductArn": arn,
        "GeneratorId": f"roletrail/{meta.id}/{meta.version}",
        "AwsAccountId": account,
        "Types": ["TTPs/Credential Access" if meta.group == "credential" else "TTPs/Privilege Escalation"],
        "FirstObservedAt": iso(f.first_seen),
        "LastObservedAt": iso(f.last_seen),
        "CreatedAt": iso(f.first_seen),
        "UpdatedAt": iso(max(f.first_seen, f.last_seen)),
        "Severity": {"Label": _ASFF_SEVERITY[message.rank], "Original": str(f.score)},
        "Title": f.title[:256],
        "Description": f"{meta.why} {message.why}"[:1024],
        "Remediation": {"Recommendation": {"Text": " ".join(meta.runbook)[:512], **_url(message)}},
        **({"SourceUrl": message.permalink} if message.base else {}),
        "ProductFields": {
            "roletrail/tone": f.tone, "roletrail/session": f.session_id, "roletrail/command": message.command,
            "roletrail/attack": ", ".join(meta.attack), "ProviderName": "Roletrail",
        },
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{f.account or account}", "Partition": partition, "Region": message.region}],
        "Workflow": {"Status": _ASFF_WORKFLOW[message.status]},
        "RecordState": "ACTIVE",
    }  # fmt: skip


def _url(message: Message) -> dict[str, str]:
    return {"Url": message.permalink[:2048]} if message.base else {}


def event(message: Message, bus: str) -> dict[str, str]:
    """An entry of PutEvents."""
    detail = json.dumps(message.plain(), separators=(",", ":"))
    if len(detail.encode()) > MOST_DETAIL:
        detail = json.dumps({**message.plain(), "reasons": [], "cut": True}, separators=(",", ":"))
    return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail, "EventBusName": bus}


_MARKS = (":white_circle:", ":white_circle:", ":large_orange_circle:", ":red_circle:", ":rotating_light:")


def slack(message: Message) -> dict[str, Any]:
    """What Slack's incoming webhooks and their likes take. Texts out of logs are escaped as Slack asks."""
    f = message.finding
    head = f"{_MARKS[message.rank]} *{f.severity.upper()}* {_escaped(f.title)}"
    why = "\n".join(f"• {_escaped(line)}" for line in message.why.splitlines()[:5])
    where = f"<{message.permalink}|Open the session> · " if message.base else ""
    return {
        "text": f"{f.severity.upper()}: {_escaped(f.title)[:300]}",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": head[:2900]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": why[:2900] or "no reasons"}},
            {
                "type": "context",
                "elements": [{"type": "mrkdwn", "text": f"{where}`{message.command}` · {f.account} · {iso(f.last_seen)}"}],
            },
        ],
    }


def grown_event(growth: Growth, bus: str) -> dict[str, str]:
    detail = json.dumps(growth.plain(), separators=(",", ":"))
    return {"Source": SOURCE, "DetailType": GROWTH_TYPE, "Detail": detail, "EventBusName": bus}


def grown_slack(growth: Growth) -> dict[str, Any]:
    who = f"for {_escaped(growth.assignee)}" if growth.assignee else "nobody is assigned"
    head = f":eyes: *{_escaped(growth.title)}* ({who}): {_escaped(growth.sentence)}"
    where = f"<{growth.permalink}|Open the investigation> · " if growth.base else ""
    return {
        "text": f"{_escaped(growth.title)}: {_escaped(growth.sentence)}"[:300],
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": head[:2900]}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{where}`{growth.command}`"}]},
        ],
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")


def table(messages: Iterable[Message]) -> str:
    """CSV with a header. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for message in messages:
        plain: dict[str, object] = {
            **message.plain(),
            "score": message.finding.score,
            "reasons": message.why.replace("\n", " | "),
        }
        writer.writerow([_cell(plain[name]) for name in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    text = str(value).replace("\0", "")
    return "'" + text if text[:1] in "=+-@\t\r" else text
