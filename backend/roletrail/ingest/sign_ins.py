"""Ways in that issue no key we see: console logins, role switches, sign-in links, portal and OAuth tokens."""

from __future__ import annotations

import json
from typing import Any

from roletrail.ingest import agents
from roletrail.ingest.issuances import Event
from roletrail.ingest.members import at, members_of, text, text_at
from roletrail.lineage.model import SignIn

_YES = {"yes": "true", "no": "false", "true": "true", "false": "false"}
_OUTCOME = {"success": "true", "failure": "false"}


def sign_in(event: Event) -> SignIn:
    record, facts = event.record, event.facts
    extra = members_of(record.additional_event_data)
    response = members_of(record.response_elements)
    return SignIn(
        event_id=record.event_id,
        at=event.at,
        event_name=record.event_name,
        partition=facts.partition,
        identity=event.identity,
        principal_id=facts.principal_id,
        type=facts.type,
        account=record.recipient_account_id or facts.account,
        arn=facts.arn,
        region=record.aws_region,
        access_key_id=facts.access_key_id,
        success=_success(record.event_name, record.error_code or record.error_message, response),
        mfa=_YES.get(text_at(extra, "MFAUsed").lower(), "") or facts.mfa,
        address=event.address,
        agent=agents.family(record.user_agent),
        detail=_detail(event, extra, response),
    )


def _success(event_name: str, error: str, response: dict[str, Any]) -> str:
    said = _OUTCOME.get(text_at(response, event_name).lower(), "")
    return said or ("false" if error else "true")


def _detail(event: Event, extra: dict[str, Any], response: dict[str, Any]) -> str:
    facts = event.facts
    request = members_of(event.record.request_parameters)
    service = members_of(event.record.service_event_details)
    found = {
        "switch_from": text_at(extra, "SwitchFrom"),
        "switch_to": text_at(extra, "SwitchTo") or text_at(extra, "RedirectTo"),
        "login_to": text_at(extra, "LoginTo")[:512],
        "mobile": text_at(extra, "MobileVersion"),
        "saml_provider": text_at(extra, "SamlProviderArn"),
        "role_name": text_at(service, "role_name") or text_at(request, "roleName"),
        "account_id": text_at(service, "account_id") or text_at(request, "accountId"),
        "user_id": facts.on_behalf_of or text_at(extra, "identitystore:UserId") or text_at(extra, "UserId"),
        "credential_id": facts.credential_id,
        "client_id": text_at(request, "client_id") or text_at(request, "clientId") or text_at(extra, "client_id"),
        "grant_type": text_at(request, "grant_type") or text_at(request, "grantType"),
        "resource": text_at(request, "resource"),
        "sign_in_session": text_at(extra, "signInSessionArn") or facts.sign_in_session,
        "created": facts.created,
        "role_arn": text_at(request, "roleArn"),
        "certificate": text_at(response, "x509Subject") or text_at(request, "x509Subject"),
        "identity_id": text_at(request, "identityId"),
        "instances": [text_at(request, "instanceId")] if text_at(request, "instanceId") else None,
        "web_identity_token_id": text_at(response, "webIdentityTokenId"),
        "cross_partition": at(extra, "crossPartitionData"),
        "error": text(event.record.error_message or event.record.error_code)[:512],
    }
    kept = {name: value for name, value in found.items() if value not in (None, "", 0, {}, [])}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True) if kept else ""
