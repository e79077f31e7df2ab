"""userIdentity to the facts of who called: read once per distinct text, because millions of events share a few thousand.

Source: CloudTrail userIdentity element. Everything here depends on the element alone, never on other records.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from roletrail.ingest import clock
from roletrail.ingest.json_text import BadJson, loads
from roletrail.ingest.members import ABSENT, at, identifier, identifier_at, text, text_at
from roletrail.lineage import arn as arns
from roletrail.lineage import ids

MOST_REMEMBERED = 20_000


class Facts(NamedTuple):
    """What one userIdentity says. `identity` is "" when it is no session and no key of its own: services, subjects of
    identity providers, and copies of a call that another account made."""

    identity: str
    kind: str  # session | key | ""
    partition: str
    principal_id: str
    created: int
    type: str
    account: str
    arn: str
    role_id: str
    role_arn: str
    name: str
    source_identity: str
    mfa: str
    on_behalf_of: str
    provider: str
    in_scope_of: str
    assumed_root: str
    sign_in_session: str
    user_name: str
    access_key_id: str
    delivery: str
    invoked_by: str
    identity_provider: str
    credential_id: str


_NOBODY = Facts("", "", "aws", "", 0, *[""] * 19)

session_id = lru_cache(maxsize=MOST_REMEMBERED)(ids.session_id)
"""A session's id is wanted when it is issued and again when it is used."""

_CALLERS = frozenset({"AssumedRole", "IAMUser", "Root", "FederatedUser"})
_KNOWN = {
    name.lower(): name
    for name in (
        "type principalId arn accountId accessKeyId userName invokedBy identityProvider credentialId sessionContext attributes "
        "creationDate mfaAuthenticated sessionIssuer webIdFederationData federatedProvider sourceIdentity ec2RoleDelivery "
        "assumedRoot signInSessionArn onBehalfOf userId identityStoreArn inScopeOf issuerType credentialsIssuedTo"
    ).split()
}
_EXACT = frozenset(_KNOWN.values())


class Identities:
    """Facts by the bytes of userIdentity."""

    def __init__(self) -> None:
        self._known: dict[bytes, Facts | BadJson] = {}

    def facts(self, raw: bytes) -> Facts:
        """Raises BadJson when the element cannot be read."""
        found = self._known.get(raw)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[raw] = _read(raw)
        if isinstance(found, BadJson):
            raise found
        return found


class _Issuer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    arn: str = ""
    principal_id: str = ""


class _Attributes(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    creation_date: str = ""
    mfa_authenticated: str = ""


class _WebFederation(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    federated_provider: str = ""


class _Context(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    session_issuer: _Issuer = _Issuer()
    attributes: _Attributes = _Attributes()
    web_id_federation_data: _WebFederation = _WebFederation()
    source_identity: str = ""
    ec2_role_delivery: str = ""
    assumed_root: str = ""
    sign_in_session_arn: str = ""


class _Scope(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    issuer_type: str = ""
    credentials_issued_to: str = ""


_NO_SCOPE = _Scope()


class _Person(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    user_id: str = ""


class _Role(msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True, tag_field="type", tag="AssumedRole"):
    """userIdentity of a role session as CloudTrail writes nearly all of them; any other shape is read field by field."""

    principal_id: str
    arn: str
    account_id: str
    session_context: _Context
    access_key_id: str = ""
    invoked_by: str = ""
    in_scope_of: _Scope = _NO_SCOPE
    on_behalf_of: _Person = _Person()


class _Stranger(msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True, tag_field="type", tag="AWSAccount"):
    """userIdentity of a caller from another account."""

    principal_id: str
    account_id: str


_decode_known = msgspec.json.Decoder(_Role | _Stranger).decode


def _read(raw: bytes) -> Facts | BadJson:
    if b"*" not in raw and b"\\" not in raw:
        try:
            known = _decode_known(raw)
            facts = _role_facts(known) if type(known) is _Role else _stranger_facts(known)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        else:
            if ABSENT.isdisjoint(facts):
                return facts
    try:
        value = loads(raw) if raw[:1] == b"{" else {}
        if any(_KNOWN.get(name.lower(), name) != name for name in value):
            value = _in_camel_case(value)
        return facts_of(value)
    except BadJson as error:
        return error


def _role_facts(role: _Role) -> Facts:
    """The same facts as `facts_of`, for the shape that millions of events have."""
    context = role.session_context
    issuer = context.session_issuer
    created = clock.epoch(context.attributes.creation_date)
    principal_id = role.principal_id or role.arn
    partition = arns.partition_of(role.arn or issuer.arn)
    unique_id, name = arns.split_principal(principal_id)
    identity, kind = _identity("AssumedRole", partition, principal_id, role.access_key_id, created)
    scope = role.in_scope_of
    issued_to = "" if scope is _NO_SCOPE else f"{text(scope.issuer_type)} {text(scope.credentials_issued_to)}".strip()
    return Facts._make((
        identity, kind, partition, principal_id, created if kind == "session" else 0, "AssumedRole",
        role.account_id or _account_in(role.arn), role.arn, issuer.principal_id or unique_id, issuer.arn, name,
        context.source_identity, context.attributes.mfa_authenticated, role.on_behalf_of.user_id,
        context.web_id_federation_data.federated_provider, issued_to,
        context.assumed_root, context.sign_in_session_arn, "", role.access_key_id, context.ec2_role_delivery, role.invoked_by,
        "", "",
    ))  # fmt: skip


def _stranger_facts(stranger: _Stranger) -> Facts:
    """The same facts as `facts_of`: only where the caller is from, and its unique id."""
    return _NOBODY._replace(
        type="AWSAccount", principal_id=identifier(stranger.principal_id), account=identifier(stranger.account_id)
    )


def _in_camel_case(value: dict[str, Any]) -> dict[str, Any]:
    """Athena's lower-case names put right; userIdentity is at most four deep."""
    return {
        _KNOWN.get(name.lower(), name): _in_camel_case(member) if isinstance(member, dict) else member
        for name, member in value.items()
    }


def facts_of(element: dict[str, Any]) -> Facts:
    """The facts of a decoded userIdentity."""
    type_ = text(element.get("type"))
    context = at(element, "sessionContext")
    issuer = at(context, "sessionIssuer")
    arn = text(element.get("arn"))
    role_arn = text_at(issuer, "arn") if type_ == "AssumedRole" else ""
    principal_id = identifier_at(element, "principalId") or _stand_in(type_, element, arn)
    access_key_id = identifier_at(element, "accessKeyId")
    created = clock.epoch(text_at(context, "attributes", "creationDate"))
    partition = arns.partition_of(arn or role_arn)
    unique_id, name = arns.split_principal(principal_id)
    identity, kind = _identity(type_, partition, principal_id, access_key_id, created)
    return Facts(
        identity=identity,
        kind=kind,
        type=type_,
        partition=partition,
        principal_id=principal_id,
        created=created if kind == "session" else 0,
        account=identifier_at(element, "accountId") or _account_in(arn),
        arn=arn,
        role_id=(identifier_at(issuer, "principalId") or unique_id) if type_ == "AssumedRole" else "",
        role_arn=role_arn,
        name=name if type_ in ("AssumedRole", "FederatedUser") else text(element.get("userName")),
        user_name=text(element.get("userName")),
        source_identity=text_at(context, "sourceIdentity"),
        mfa=text_at(context, "attributes", "mfaAuthenticated"),
        on_behalf_of=text_at(element, "onBehalfOf", "userId"),
        provider=text_at(context, "webIdFederationData", "federatedProvider"),
        in_scope_of=_scope(element),
        assumed_root=text_at(context, "assumedRoot") or text(element.get("assumedRoot")),
        sign_in_session=text_at(context, "signInSessionArn") or text(element.get("signInSessionArn")),
        access_key_id=access_key_id,
        delivery=text_at(context, "ec2RoleDelivery"),
        invoked_by=text(element.get("invokedBy")),
        identity_provider=text(element.get("identityProvider")),
        credential_id=text(element.get("credentialId")),
    )


def _stand_in(type_: str, element: dict[str, Any], arn: str) -> str:
    """What names the principal when principalId is missing or masked: for Root the account, else the ARN."""
    if type_ == "Root":
        return identifier_at(element, "accountId")
    return arn if type_ in _CALLERS and "*" not in arn else ""


def _identity(type_: str, partition: str, principal_id: str, access_key_id: str, created: int) -> tuple[str, str]:
    if type_ not in _CALLERS:
        return "", ""
    # Sanitised exports put sessionContext beside long-term keys (F14), and AKIA where a role's ASIA was.
    long_term = access_key_id.startswith("AKIA") or (access_key_id and not created and not access_key_id.startswith("ASIA"))
    if type_ in ("IAMUser", "Root") and long_term:
        return ids.key_id(partition, access_key_id), "key"
    if not principal_id:
        return "", ""
    if created:
        return session_id(partition, principal_id, created), "session"
    return ids.undated_session_id(partition, principal_id, access_key_id), "session"


@lru_cache(maxsize=MOST_REMEMBERED)
def _account_in(arn: str) -> str:
    parsed = arns.parse_arn(arn)
    return parsed.account if parsed else ""


def _scope(element: dict[str, Any]) -> str:
    """inScopeOf as one text: where the credential was ISSUED (F15)."""
    scope = at(element, "inScopeOf")
    return f"{text_at(scope, 'issuerType')} {text_at(scope, 'credentialsIssuedTo')}".strip()
