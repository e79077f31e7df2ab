"""The records that issue temporary credentials, as Issuance or, when refused, as Attempt.

Each reads its own record only. Fields and their absence: CloudTrail's STS pages and real records; an issuance by a
service mostly lacks the AROA id, a refused AssumeRole lacks its parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from roletrail.ingest import agents, clock
from roletrail.ingest.identity import Facts, session_id
from roletrail.ingest.members import identifier_at, items_at, list_of, members_of, sound_number, text, text_at
from roletrail.ingest.record import Record
from roletrail.lineage import arn as arns
from roletrail.lineage import ids, workload
from roletrail.lineage.model import Attempt, Issuance

_ROLE_ARN = re.compile(r"arn:[a-z0-9-]{3,20}:iam::\d{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)
MOST_TEXT = 1024


class Event(NamedTuple):
    """A record with what the hot path already knows of it."""

    record: Record
    facts: Facts
    identity: str  # the caller's, "" when it is none
    at: int
    address: str


class _Request(msgspec.Struct, gc=False, rename="camel"):
    """Parameters any of the calls has; each may be anything, or taken out."""

    role_arn: Any = None
    role_session_name: Any = None
    duration_seconds: Any = None
    external_id: Any = None
    source_identity: Any = None
    serial_number: Any = None
    name: Any = None
    tags: Any = None
    principal_tags: Any = None
    transitive_tag_keys: Any = None
    incoming_transitive_tags: Any = None
    policy: Any = None
    policy_arns: Any = None
    task_policy_arn: Any = None
    target_principal: Any = None
    principal_arn: Any = None
    provider_id: Any = None
    web_identity_token_id: Any = None
    saml_assertion_id: Any = msgspec.field(name="sAMLAssertionID", default=None)


class _Response(msgspec.Struct, gc=False, rename="camel"):
    credentials: Any = None
    assumed_role_user: Any = None
    federated_user: Any = None
    source_identity: Any = None
    provider: Any = None
    audience: Any = None
    subject: Any = None
    subject_from_web_identity_token: Any = None
    issuer: Any = None


class _Extra(msgspec.Struct, gc=False, rename="camel"):
    """additionalEventData."""

    web_identity_token_id: Any = None
    cross_partition_data: Any = None
    request_details: Any = msgspec.field(name="RequestDetails", default=None)


_encode = msgspec.json.Encoder(order="sorted").encode
_decode_request = msgspec.json.Decoder(_Request).decode
_decode_response = msgspec.json.Decoder(_Response).decode
_decode_extra = msgspec.json.Decoder(_Extra).decode
_NO_EXTRA = _Extra()


def _request(raw: msgspec.Raw) -> _Request:
    try:
        return _decode_request(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # null, another shape, or JSON that only the lenient parser takes
        return msgspec.convert(members_of(raw), _Request)


def _response(raw: msgspec.Raw) -> _Response:
    try:
        return _decode_response(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.convert(members_of(raw), _Response)


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


def _extra(raw: msgspec.Raw) -> _Extra:
    if not memoryview(raw).nbytes:
        return _NO_EXTRA
    try:
        return _decode_extra(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.convert(members_of(raw), _Extra)


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
    request, response = _request(record.request_parameters), _response(record.response_elements)
    child = _child(event, request, response)
    family = _family(record.event_name, facts)
    provider = _provider(facts, request, response)
    parent = _parent(event, family, child, provider)
    role = _role_of(child.role_arn)
    partition = role.partition or facts.partition
    return Issuance(
        event_id=record.event_id,
        at=event.at,
        family=family,
        event_name=record.event_name,
        partition=partition,
        account=record.recipient_account_id or facts.account,
        region=record.aws_region,
        copy="foreign" if facts.type == "AWSAccount" else "",
        shared_event_id=record.shared_event_id,
        request_id=record.request_id,
        parent=parent.id,
        parent_kind=parent.kind,
        parent_key=facts.access_key_id,
        parent_principal=facts.principal_id,
        parent_created=facts.created,
        parent_account=facts.account,
        parent_label=parent.label,
        invoked_by=facts.invoked_by,
        child=_child_id(partition, child, event.at),
        child_key=identifier_at(response.credentials, "accessKeyId"),
        child_principal=child.principal,
        child_type=child.type,
        role_arn=child.role_arn,
        role_account=role.account,
        role_name=role.name,
        session_name=child.session_name,
        expires=clock.expiration(text_at(response.credentials, "expiration")),
        source_identity=text(request.source_identity) or text(response.source_identity) or facts.source_identity,
        external_id=text(request.external_id),
        mfa_serial=text(request.serial_number),
        address=event.address,
        agent=agents.family(record.user_agent),
        provider=provider,
        detail=_detail(record, request, response),
    )


def attempt(event: Event) -> Attempt:
    """The refused call. The parameters of a denied AssumeRole are null: its role stands in the message alone (F6)."""
    record = event.record
    request = _request(record.request_parameters)
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


def _child(event: Event, request: _Request, response: _Response) -> Child:
    facts = event.facts
    match event.record.event_name:
        case "GetSessionToken":
            return Child(facts.principal_id, facts.type, "", facts.user_name)
        case "GetFederationToken":
            name = text(request.name) or arns.split_principal(text_at(response.federated_user, "federatedUserId"))[1]
            principal = identifier_at(response.federated_user, "federatedUserId") or (f"{facts.account}:{name}" if name else "")
            return Child(principal, "FederatedUser", "", name)
        case "AssumeRoot":
            target = text(request.target_principal)
            parsed = arns.parse_arn(target)
            return Child(parsed.account if parsed else target, "Root", "", "")
        case _:
            return _role_session(event.record, request, response)


def _role_session(record: Record, request: _Request, response: _Response) -> Child:
    principal = identifier_at(response.assumed_role_user, "assumedRoleId")
    session_arn = text_at(response.assumed_role_user, "arn")
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


def _provider(facts: Facts, request: _Request, response: _Response) -> str:
    """ARN of the SAML or OIDC provider where the record has it, else the issuer's name."""
    for found in (text(request.principal_arn), text(request.provider_id), facts.identity_provider):
        if found.startswith("arn:"):
            return found
    if ":oidc-provider/" in facts.principal_id:  # `<provider ARN>:aud:sub`, and the issuer may have a path but no colon
        prefix, _, rest = facts.principal_id.partition(":oidc-provider/")
        return f"{prefix}:oidc-provider/{rest.partition(':')[0]}"
    return facts.identity_provider or text(response.provider) or text(request.provider_id)


def _detail(record: Record, request: _Request, response: _Response) -> str:
    """JSON of what a rule or a page needs beside; most records have a duration and nothing else of it."""
    found: dict[str, Any] = {}
    for holder, fields in ((request, _OF_REQUEST), (response, _OF_RESPONSE), (_extra(record.additional_event_data), _OF_EXTRA)):
        for field, name, read in fields:
            value = getattr(holder, field)
            if value is not None and (kept := read(value)):
                found[name] = kept
    return _encode(found).decode() if found else ""


def _seconds(value: Any) -> int | str:
    """durationSeconds, which some exports have as a text."""
    return sound_number(value) if isinstance(value, int) else text(value)


def _tags(value: Any) -> dict[str, str]:
    """Session tags as name to value, from a list of pairs or an object; cut, because they are the caller's texts."""
    if isinstance(value, dict):
        return {str(name)[:128]: text(tag)[:256] for name, tag in list(value.items())[:50]}
    pairs = [entry for entry in value if isinstance(entry, dict)][:50] if isinstance(value, list) else []
    return {text(entry.get("key"))[:128]: text(entry.get("value"))[:256] for entry in pairs}


def _arn(value: Any) -> str:
    return text_at(value, "arn")


def _arns(value: Any) -> list[str]:
    return [_arn(entry) for entry in items_at(value)]


def _cut(value: Any) -> str:
    return text(value)[:MOST_TEXT]


def _serving_region(value: Any) -> str:
    return text_at(value, "awsServingRegion")


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else None


Fields = tuple[tuple[str, str, Callable[[Any], Any]], ...]
"""Field of a record's sub-object, name in the detail, how it is read."""

_OF_REQUEST: Fields = (
    ("duration_seconds", "duration", _seconds),
    ("principal_tags", "tags", _tags),
    ("tags", "tags", _tags),
    ("transitive_tag_keys", "transitive_tag_keys", items_at),
    ("incoming_transitive_tags", "incoming_transitive_tags", _tags),
    ("task_policy_arn", "task_policy", _arn),
    ("policy", "policy", _cut),
    ("policy_arns", "policy_arns", _arns),
    ("saml_assertion_id", "saml_assertion_id", text),
    ("web_identity_token_id", "web_identity_token_id", text),
)
_OF_RESPONSE: Fields = (
    ("audience", "audience", text),
    ("subject", "subject", text),
    ("subject_from_web_identity_token", "subject", text),
    ("issuer", "saml_issuer", text),
)
_OF_EXTRA: Fields = (
    ("web_identity_token_id", "web_identity_token_id", text),
    ("cross_partition_data", "cross_partition", _object),
    ("request_details", "serving_region", _serving_region),
)
