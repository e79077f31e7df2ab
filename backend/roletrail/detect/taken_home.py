"""A finding's question in other languages: Cypher for a graph of ours, SQL for Athena's CloudTrail table, a Sigma rule.

Text only, made of what the finding stands on. It asks for the same thing happening again, not for these very events.
Values out of logs are quoted for each language: they are somebody's texts.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import NamedTuple

from roletrail.detect.rule import Meta

MOST = 6
ASSUMING = "'AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'"


class Case(NamedTuple):
    """`roles` are the role names on the path in order; `calls` pairs of event source and event name that the finding names;
    `principal` is a role ARN, a user ARN or an access key id; `addresses` where it was used from."""

    meta: Meta
    title: str
    severity: str
    roles: tuple[str, ...]
    calls: tuple[tuple[str, str], ...]
    principal: str
    addresses: tuple[str, ...]
    from_: str
    to: str


def queries(case: Case) -> list[tuple[str, str]]:
    """(language, text) of each."""
    return [("cypher", cypher(case)), ("athena-sql", athena(case)), ("sigma", sigma(case))]


# --- Cypher -------------------------------------------------------------------------------------------------------


def cypher(case: Case) -> str:
    """For Neo4j stores; property names are those of docs/data-model.md."""
    if len(case.roles) >= 2 and case.meta.group == "chain":
        return _cypher_path(case)
    names = ", ".join(_cypher_text(name) for _, name in case.calls[:MOST])
    if case.calls:
        return (
            f"// {_comment(case)}\nMATCH (i:Identity)\nWHERE {' AND '.join(_cypher_of(case))}\n"
            f"MATCH (a:Action {{identity: i.id}})\nWHERE a.eventName IN [{names}]\n"
            "RETURN i.id AS session, i.label AS credential, a.eventName AS call, a.target AS target, a.at AS at\nORDER BY at DESC LIMIT 100"
        )
    return (
        f"// {_comment(case)}\nMATCH (i:Identity)\nWHERE {' AND '.join(_cypher_of(case))}\n"
        "RETURN i.id AS session, i.label AS credential, i.account AS account, i.sessions AS sessions, i.issuedAt AS at\n"
        "ORDER BY at DESC LIMIT 100"
    )


def _cypher_path(case: Case) -> str:
    roles = case.roles[-MOST:]
    steps = "-[:ASSUMED]->".join(f"(s{n}:Session {{roleName: {_cypher_text(role)}}})" for n, role in enumerate(roles))
    last = f"s{len(roles) - 1}"
    return (
        f"// {_comment(case)}\nMATCH path = {steps}\nRETURN {last}.id AS session, {last}.account AS account, "
        f"{last}.issuedAt AS at, [n IN nodes(path) | n.label] AS path\nORDER BY at DESC LIMIT 100"
    )


def _cypher_of(case: Case) -> list[str]:
    if case.principal.startswith("arn:") and ":role/" in case.principal:
        return [f"i.roleArn = {_cypher_text(case.principal)}"]
    if case.principal.startswith(("AKIA", "ASIA")):
        return [f"{_cypher_text(case.principal)} IN i.accessKeyIds"]
    return [f"i.principalId = {_cypher_text(case.principal)}"]


def _cypher_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"


# --- SQL for Athena's CloudTrail table ----------------------------------------------------------------------------


def athena(case: Case) -> str:
    """For the table AWS documents for CloudTrail (`useridentity` a struct, `requestparameters` JSON text)."""
    if len(case.roles) >= 2 and case.meta.group == "chain":
        return _athena_path(case)
    tests = [_athena_of(case)]
    if case.calls:
        tests.append("eventname IN (" + ", ".join(_sql_text(name) for _, name in case.calls[:MOST]) + ")")
    if case.addresses:
        tests.append("sourceipaddress IN (" + ", ".join(map(_sql_text, case.addresses[:MOST])) + ")")
    where = "\n  AND ".join(tests)
    return (
        f"-- {_comment(case)}\nSELECT eventtime, eventname, eventsource, sourceipaddress, useragent, useridentity.arn AS arn, "
        f"useridentity.accesskeyid AS accesskeyid, errorcode\nFROM cloudtrail_logs\nWHERE {where}\nORDER BY eventtime DESC\nLIMIT 100"
    )


def _athena_path(case: Case) -> str:
    """Each step's issued key is the caller's key of the next: the join that proves a chain."""
    roles = case.roles[-MOST:]
    steps = [_athena_step(n, role) for n, role in enumerate(roles)]
    last = len(roles) - 1
    return (
        f"-- {_comment(case)}\nSELECT a0.eventtime AS first_at, a{last}.eventtime AS last_at, a0.useridentity.arn AS caller, a0.sourceipaddress,\n"
        f"       json_extract_scalar(a{last}.responseelements, '$.credentials.accessKeyId') AS accesskeyid\n"
        + "\n".join(steps)
        + "\nORDER BY last_at DESC\nLIMIT 100"
    )


def _athena_step(n: int, role: str) -> str:
    """The n-th assumption as a part of FROM: text for people to run, made of quoted values."""
    wanted = f"json_extract_scalar(requestparameters, '$.roleArn') LIKE {_sql_text('%/' + _like(role))} ESCAPE '\\'"
    step = f"(SELECT * FROM cloudtrail_logs WHERE eventname IN ({ASSUMING}) AND errorcode IS NULL\n      AND {wanted}) a{n}"  # noqa: S608
    if n == 0:
        return f"FROM {step}"
    return f"JOIN {step} ON a{n}.useridentity.accesskeyid = json_extract_scalar(a{n - 1}.responseelements, '$.credentials.accessKeyId')"


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _athena_of(case: Case) -> str:
    if case.principal.startswith("arn:") and ":role/" in case.principal:
        return f"useridentity.sessioncontext.sessionissuer.arn = {_sql_text(case.principal)}"
    if case.principal.startswith(("AKIA", "ASIA")):
        return f"useridentity.accesskeyid = {_sql_text(case.principal)}"
    return f"useridentity.principalid = {_sql_text(case.principal)}"


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\n", " ").replace("\0", "") + "'"


# --- Sigma --------------------------------------------------------------------------------------------------------


def sigma(case: Case) -> str:
    """A rule on single events: Sigma joins none, so a chain is asked for by its last step."""
    told = hashlib.sha256(f"{case.meta.id}{case.principal}{case.roles}{case.calls}".encode("utf-8", "surrogatepass")).digest()
    tags = "\n".join(f"  - attack.{technique.lower()}" for technique in case.meta.attack)
    benign = "\n".join(f"  - {_yaml_text(one)}" for one in case.meta.benign)
    return (
        f"title: {_yaml_text(case.meta.title)}\nid: {uuid.UUID(bytes=told[:16], version=4)}\nstatus: experimental\n"
        f"description: {_yaml_text(case.meta.why)}\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n  selection:\n"
        + "\n".join(f"    {line}" for line in _selection(case))
        + f"\n  condition: selection\nfalsepositives:\n{benign}\nlevel: {case.severity}\ntags:\n{tags}\n"
    )


def _selection(case: Case) -> list[str]:
    if len(case.roles) >= 2 and case.meta.group == "chain":
        return [
            "eventSource: sts.amazonaws.com", "eventName: AssumeRole", "userIdentity.type: AssumedRole",
            f"userIdentity.sessionContext.sessionIssuer.userName: {_sigma_text(case.roles[-2])}",
            f"requestParameters.roleArn|endswith: {_sigma_text('/' + case.roles[-1])}",
        ]  # fmt: skip
    lines = [f"{_sigma_field(case.principal)}: {_sigma_text(case.principal)}"]
    if case.calls:
        lines += ["eventName:", *(f"  - {_sigma_text(name)}" for _, name in case.calls[:MOST])]
    elif case.addresses:
        lines += ["sourceIPAddress:", *(f"  - {_sigma_text(one)}" for one in case.addresses[:MOST])]
    return lines


def _sigma_field(principal: str) -> str:
    if principal.startswith("arn:") and ":role/" in principal:
        return "userIdentity.sessionContext.sessionIssuer.arn"
    return "userIdentity.accessKeyId" if principal.startswith(("AKIA", "ASIA")) else "userIdentity.principalId"


def _sigma_text(text: str) -> str:
    """Sigma reads `*`, `?` and backslashes in values; here they are what they are."""
    return _yaml_text("".join(f"\\{one}" if one in "*?\\" else one for one in text))


def _yaml_text(text: str) -> str:
    return "'" + "".join(one if one.isprintable() else " " for one in text).replace("'", "''") + "'"


def _comment(case: Case) -> str:
    text = f"Roletrail {case.meta.id}: {case.title}"
    return "".join(one if one.isprintable() else " " for one in text)[:200]
