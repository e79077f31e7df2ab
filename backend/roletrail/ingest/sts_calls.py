"""requestParameters, responseElements and additionalEventData of the STS calls, with what is read of them and nothing else.

Decoded in one typed pass; whatever has another shape goes through the lenient parser and comes out in the same form.
"""

from __future__ import annotations

from typing import Any

import msgspec

from roletrail.ingest.members import at, members_of, text_at

_FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Request(msgspec.Struct, gc=False, rename="camel"):
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


class Credentials(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Without the secrets, which are skipped."""

    access_key_id: str = ""
    expiration: str = ""


class AssumedRoleUser(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    assumed_role_id: str = ""
    arn: str = ""


class FederatedUser(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    federated_user_id: str = ""


class Response(msgspec.Struct, gc=False, rename="camel"):
    credentials: Credentials = Credentials()
    assumed_role_user: AssumedRoleUser = AssumedRoleUser()
    federated_user: FederatedUser = FederatedUser()
    source_identity: Any = None
    provider: Any = None
    audience: Any = None
    subject: Any = None
    subject_from_web_identity_token: Any = None
    issuer: Any = None


class Extra(msgspec.Struct, gc=False, rename="camel"):
    """additionalEventData."""

    web_identity_token_id: Any = None
    cross_partition_data: Any = None
    request_details: Any = msgspec.field(name="RequestDetails", default=None)


_decode_request = msgspec.json.Decoder(Request).decode
_decode_response = msgspec.json.Decoder(Response).decode
_decode_extra = msgspec.json.Decoder(Extra).decode
_NO_EXTRA = Extra()


def request_of(raw: msgspec.Raw) -> Request:
    try:
        return _decode_request(raw)
    except _FAULTS:  # null, another shape, or JSON that only the lenient parser takes
        return msgspec.convert(members_of(raw), Request)


def response_of(raw: msgspec.Raw) -> Response:
    try:
        return _decode_response(raw)
    except _FAULTS:
        return _rebuilt_response(members_of(raw))


def _rebuilt_response(members: dict[str, Any]) -> Response:
    """From objects of any shape: what is no text there is none here."""
    credentials, user, federated = (at(members, name) for name in ("credentials", "assumedRoleUser", "federatedUser"))
    texts = {
        "credentials": Credentials(text_at(credentials, "accessKeyId"), text_at(credentials, "expiration")),
        "assumedRoleUser": AssumedRoleUser(text_at(user, "assumedRoleId"), text_at(user, "arn")),
        "federatedUser": FederatedUser(text_at(federated, "federatedUserId")),
    }
    return msgspec.convert(members | texts, Response)


def extra_of(raw: msgspec.Raw) -> Extra:
    if not raw:
        return _NO_EXTRA
    try:
        return _decode_extra(raw)
    except _FAULTS:
        return msgspec.convert(members_of(raw), Extra)
