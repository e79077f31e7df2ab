"""The records that issue temporary credentials, as Issuance or, when refused, as Attempt.

Each reads its own record only. Fields and their absence: CloudTrail's STS pages and real records; an issuance by a
service mostly lacks the AROA id, a refused AssumeRole lacks its parameters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from roletrail.ingest import agents, clock
from roletrail.ingest.identity import Facts, session_id
from roletrail.ingest.issuance_detail import detail_of
from roletrail.ingest.members import identifier, list_of, text, text_at
from roletrail.ingest.record import Record
from roletrail.ingest.sts_calls import Request, Response, request_of, response_of
from roletrail.lineage import arn as arns
from roletrail.lineage import ids, workload
from roletrail.lineage.model import Attempt, Issuance

_ROLE_ARN = re.compile(r"arn:[a-z0-9-]{3,20}:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)


class Event(NamedTuple):
    """A record with what the hot path already knows of it."""

    record: Record
    facts: Facts
    identity: str  # the caller's, "" when it is none
    at: int
    address: str


class Parent(NamedTuple):
    """Who asked, as the record names it."""

    id: str
    kind: str  # session | key | origin | foreign | none
    label: str


class Child(NamedTuple):
    """Who came of it."""

    principal: str
    type: str
    role_arn: str
    session_name: str


class RoleArn(NamedTuple):
    partition: str
    account: str
    name: str


@lru_cache(maxsize=65_536)
def _role_of(arn: str) -> RoleArn:
    """What a role's ARN says; all of it "" when it is none."""
    parsed = arns.parse_arn(arn)
    return RoleArn(parsed.partition, parsed.account, arns.role_name(arn)) if parsed else RoleArn("", "", "")


_FAMILIES = {
    "AssumeRole": "assume",
    "AssumeRoleWithSAML": "saml",
    "AssumeRoleWithWebIdentity": "web",
    "AssumeRoot": "root_task",
    "GetSessionToken": "session_token",
    "GetFederationToken": "federation",
}


def issuance(event: Event) -> Issuance:
    """The issuance a successful call records."""
    record, facts = event.record, event.facts
    request, response = request_of(record.request_parameters), response_of(record.response_elements)
    child = _child(event, request, response)
    family = _family(record.event_name, facts)
    provider = _provider(facts, request, response)
    parent = _parent(event, family, child, provider)
    role = _role_of(child.role_arn)
    partition = role.partition or facts.partition
    credentials = response.credentials
    # By place: forty names cost as much as all the rest of this.
    return Issuance._make((
        record.event_id, event.at, family, record.event_name, partition, record.recipient_account_id or facts.account,
        record.aws_region, "foreign" if facts.type == "AWSAccount" else "", record.shared_event_id, record.request_id,
        parent.id, parent.kind, facts.access_key_id, facts.principal_id, facts.created, facts.account, parent.label,
        facts.invoked_by,
        _child_id(partition, child, event.at), identifier(credentials.access_key_id), child.principal, child.type,
        child.role_arn, role.account, role.name, child.session_name, clock.expiration(text(credentials.expiration)),
        text(request.source_identity) or text(response.source_identity) or facts.source_identity,
        text(request.external_id), text(request.serial_number), event.address, agents.family(record.user_agent), provider,
        detail_of(record, request, response),
    ))  # fmt: skip


def attempt(event: Event) -> Attempt:
    """The refused call. The parameters of a denied AssumeRole are null: its role stands in the message alone (F6)."""
    record = event.record
    request = request_of(record.request_parameters)
    found = _ROLE_ARN.search(record.error_message)
    target = text(request.role_arn) or _role_in_resources(record) or (found[0] if found else "")
    return Attempt(
        event_id=record.event_id,
        at=event.at,
        identity=event.identity,
        access_key_id=event.facts.access_key_id,
        event_name=record.event_name,
        target=target or text(request.target_principal),
        error_code=record.error_code,
        account=record.recipient_account_id or event.facts.account,
        region=record.aws_region,
        address=event.address,
        agent=agents.family(record.user_agent),
    )


def _family(event_name: str, facts: Facts) -> str:
    return "service" if event_name == "AssumeRole" and _is_service(facts) else _FAMILIES[event_name]


def _is_service(facts: Facts) -> bool:
    return facts.type == "AWSService" or (not facts.type and bool(facts.invoked_by))


def _child(event: Event, request: Request, response: Response) -> Child:
    facts = event.facts
    match event.record.event_name:
        case "GetSessionToken":
            return Child(facts.principal_id, facts.type, "", facts.user_name)
        case "GetFederationToken":
            name = text(request.name) or arns.split_principal(text(response.federated_user.federated_user_id))[1]
            principal = identifier(response.federated_user.federated_user_id) or (f"{facts.account}:{name}" if name else "")
            return Child(principal, "FederatedUser", "", name)
        case "AssumeRoot":
            target = text(request.target_principal)
            parsed = arns.parse_arn(target)
            return Child(parsed.account if parsed else target, "Root", "", "")
        case _:
            return _role_session(event.record, request, response)


def _role_session(record: Record, request: Request, response: Response) -> Child:
    principal = identifier(response.assumed_role_user.assumed_role_id)
    session_arn = text(response.assumed_role_user.arn)
    name = text(request.role_session_name) or arns.split_principal(principal)[1] or session_arn.rpartition("/")[2]
    role_arn = text(request.role_arn) or _role_in_resources(record) or _role_of_session(session_arn)
    return Child(principal, "AssumedRole", role_arn, name)


def _role_in_resources(record: Record) -> str:
    for entry in list_of(record.resources):
        found = text_at(entry, "ARN") or text_at(entry, "arn")
        if ":role/" in found:
            return found
    return ""


def _role_of_session(session_arn: str) -> str:
    """Role ARN without a path, from an assumed-role ARN: the best there is when the request is not in the record."""
    parsed = arns.parse_arn(session_arn)
    name = arns.role_name(session_arn)
    return f"arn:{parsed.partition}:iam::{parsed.account}:role/{name}" if parsed and name else ""


def _child_id(partition: str, child: Child, second: int) -> str:
    if child.principal:
        return session_id(partition, child.principal, second)
    return ids.alias_id(partition, child.role_arn, child.session_name, second)


def _parent(event: Event, family: str, child: Child, provider: str) -> Parent:
    facts = event.facts
    if facts.type == "AWSAccount":
        return Parent("", "foreign", "")
    if family == "service":
        target = workload.delivered_by(facts.invoked_by, child.session_name)
        where = _role_of(child.role_arn).account or event.record.recipient_account_id
        return Parent(ids.origin_id(target.kind, where, target.id), "origin", facts.invoked_by)
    if event.identity:
        return Parent(event.identity, facts.kind, "")
    if family in ("saml", "web"):
        subject = facts.user_name or arns.split_principal(facts.principal_id)[1]
        return Parent(ids.origin_id(family, provider, subject), "origin", subject)
    if facts.on_behalf_of:
        return Parent(ids.origin_id("idc", facts.on_behalf_of), "origin", facts.on_behalf_of)
    return Parent("", "none", facts.user_name or facts.invoked_by)


def _provider(facts: Facts, request: Request, response: Response) -> str:
    """ARN of the SAML or OIDC provider where the record has it, else the issuer's name."""
    for found in (text(request.principal_arn), text(request.provider_id), facts.identity_provider):
        if found.startswith("arn:"):
            return found
    if ":oidc-provider/" in facts.principal_id:  # `<provider ARN>:aud:sub`, and the issuer may have a path but no colon
        prefix, _, rest = facts.principal_id.partition(":oidc-provider/")
        return f"{prefix}:oidc-provider/{rest.partition(':')[0]}"
    return facts.identity_provider or text(response.provider) or text(request.provider_id)
