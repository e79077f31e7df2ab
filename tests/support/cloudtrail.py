"""Makes CloudTrail records as AWS writes them, out of who called what, when and from where.

A `Trail` collects records; every family of events is one small method or function here, in `workloads` and in
`sign_in`. Nothing is random beyond the trail's `Ids`. Field by field the shapes follow AWS's page "CloudTrail record
contents". Session tokens carry CANARY, so that a test can prove that no secret survives ingest.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from typing import Any

from tests.support import identities
from tests.support.aws_ids import Ids
from tests.support.identities import Credential, Identity, Role, iso

CANARY = "CANARYsecretCANARY"
"""Part of every secret a record carries; must be found nowhere in a store, an archive or an answer."""

Record = dict[str, Any]

_GLOBAL_SERVICES = {"iam", "organizations", "route53", "cloudfront", "support", "account"}
_READ_ONLY = (
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "BatchGet",
    "Decrypt",
    "Select",
    "Scan",
    "Query",
    "Search",
    "AssumeRole",
)
_WRITES_ALL_THE_SAME = ("GetFederationToken", "GetSessionToken", "GetSigninToken")
_DATA_EVENTS = {
    "GetObject", "PutObject", "HeadObject", "DeleteObject", "SelectObjectContent", "Invoke", "GetItem", "PutItem", "Query", "Scan",
}  # fmt: skip


def at(day: str, clock: str = "00:00:00") -> int:
    """Epoch seconds of a UTC day (2026-11-06) and time of day."""
    return calendar.timegm(time.strptime(f"{day}T{clock}", "%Y-%m-%dT%H:%M:%S"))


def is_read_only(event_name: str) -> bool:
    return event_name.startswith(_READ_ONLY) and event_name not in _WRITES_ALL_THE_SAME


def expiration(at_: int) -> str:
    """STS's own spelling, `Sep 14, 2026, 7:01:26 AM`; with and without the comma (F11)."""
    moment = time.gmtime(at_)
    comma = "," if at_ % 2 else ""
    return time.strftime(f"%b {moment.tm_mday}, %Y{comma} {moment.tm_hour % 12 or 12}:%M:%S %p", moment)


class Trail:
    """Records of one or several accounts, in the order they were made."""

    def __init__(self, ids: Ids, region: str = "eu-central-1") -> None:
        self.ids = ids
        self.region = region
        self.records: list[Record] = []

    # --- any call ---------------------------------------------------------------------------------------------

    def record(
        self,
        at_: int,
        source: str,
        name: str,
        identity: Identity,
        *,
        account: str,
        address: str,
        agent: str,
        region: str = "",
        request: Any = None,
        response: Any = None,
        **more: Any,
    ) -> Record:
        """One record; `more` sets or, with None, removes top-level fields. Order of fields is AWS's."""
        service = source.partition(".")[0]
        spot = region or ("us-east-1" if service in _GLOBAL_SERVICES else self.region)
        data = name in _DATA_EVENTS
        record: Record = {
            "eventVersion": "1.11",
            "userIdentity": dict(identity),
            "eventTime": iso(at_),
            "eventSource": source,
            "eventName": name,
            "awsRegion": spot,
            "sourceIPAddress": address,
            "userAgent": agent,
            "requestParameters": request,
            "responseElements": response,
            "requestID": self.ids.request(),
            "eventID": self.ids.event(),
            "readOnly": is_read_only(name),
            "eventType": "AwsApiCall",
            "managementEvent": not data,
            "recipientAccountId": account,
            "eventCategory": "Data" if data else "Management",
        }
        if ":" in address or address[:1].isdigit():
            record["tlsDetails"] = _tls(service, spot)
        record.update(more)
        for field in [field for field, value in more.items() if value is None]:
            del record[field]
        self.records.append(record)
        return record

    def call(self, by: Credential, at_: int, service: str, name: str, request: Any = None, **more: Any) -> Record:
        """A call of a service by a credential, e.g. `call(key, t, "s3", "ListBuckets")`."""
        fields = {"account": by.account, "address": by.address, "agent": by.agent, "region": by.region, **more}
        return self.record(at_, f"{service}.amazonaws.com", name, by.identity, request=request, **fields)

    def denied(self, by: Credential, at_: int, service: str, name: str, request: Any = None, **more: Any) -> Record:
        """A refused call: errorCode and errorMessage, no response."""
        who = by.identity.get("arn", by.principal_id)
        message = f"User: {who} is not authorized to perform: {service}:{name} because no identity-based policy allows it"
        return self.call(by, at_, service, name, request, **{"errorCode": "AccessDenied", "errorMessage": message, **more})

    # --- AssumeRole -------------------------------------------------------------------------------------------

    def assume(
        self,
        by: Credential,
        at_: int,
        role: Role,
        session_name: str,
        *,
        key: str = "",
        copies: str = "both",
        source_identity: str = "",
        external_id: str = "",
        seconds: int = 3600,
        region: str = "",
        request: Mapping[str, Any] | None = None,
        response: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Credential:
        """AssumeRole by a user or role. Across accounts both trails get a copy; `copies` keeps `caller` or `role` only.

        `more` sets top-level fields of every copy; a response of {"credentials": None} is a sanitised export (T34).
        """
        child_key = self.ids.unique("ASIA", role.account, key)
        child = role_session(role, session_name, child_key, at_, by, sourceIdentity=source_identity)
        asked: dict[str, Any] = {"roleArn": role.arn, "roleSessionName": session_name, "durationSeconds": seconds}
        if external_id:
            asked["externalId"] = external_id
        if source_identity:
            asked["sourceIdentity"] = source_identity
        answer: dict[str, Any] = {
            "credentials": self.credentials(child_key, at_ + seconds),
            "assumedRoleUser": {"assumedRoleId": child.principal_id, "arn": role.session_arn(session_name)},
        }
        if source_identity:
            answer["sourceIdentity"] = source_identity
        foreign = by.account != role.account
        fields: dict[str, Any] = {
            "request": {**asked, **(request or {})},
            "response": {**answer, **(response or {})},
            "resources": [role_resource(role)],
            "requestID": self.ids.request(),
            "region": region or by.region,
            **({"sharedEventID": self.ids.shared()} if foreign else {}),
            **more,
        }
        if copies != "role":
            self.call(by, at_, "sts", "AssumeRole", **fields)
        if foreign and copies != "caller":
            stranger = identities.aws_account(by.principal_id, by.account)
            self.record(
                at_, "sts.amazonaws.com", "AssumeRole", stranger,
                account=role.account, address=by.address, agent=by.agent, **fields,
            )  # fmt: skip
        return child

    def denied_assume(self, by: Credential, at_: int, role: Role, **more: Any) -> Record:
        """A refused AssumeRole says its target only in errorMessage (F6)."""
        message = f"User: {by.identity['arn']} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
        return self.call(by, at_, "sts", "AssumeRole", errorCode="AccessDenied", errorMessage=message, **more)

    def credentials(self, key: str, expires: int) -> dict[str, str]:
        token = f"IQoJb3JpZ2luX2VjEJ{CANARY}{self.ids.token()}"
        return {"accessKeyId": key, "sessionToken": token, "expiration": expiration(expires)}

    # --- what long-term keys may ask for ----------------------------------------------------------------------

    def get_session_token(
        self, by: Credential, at_: int, *, mfa: bool = False, key: str = "", seconds: int = 43200
    ) -> Credential:
        child_key = self.ids.unique("ASIA", by.account, key)
        user = by.identity.get("userName", "root")
        asked: dict[str, Any] = {"durationSeconds": seconds}
        if mfa:
            asked["serialNumber"] = f"arn:aws:iam::{by.account}:mfa/{user}"
        answer = {"credentials": self.credentials(child_key, at_ + seconds)}
        self.call(by, at_, "sts", "GetSessionToken", asked, response=answer)
        identity = identities.user_session(by.identity, child_key, at_, "true" if mfa else "false")
        return Credential(identity, by.account, by.address, by.agent, by.region)

    def get_federation_token(self, by: Credential, at_: int, name: str, *, key: str = "", seconds: int = 43200) -> Credential:
        child_key = self.ids.unique("ASIA", by.account, key)
        identity = identities.federated_user(by.identity, name, child_key, at_)
        answer = {
            "credentials": self.credentials(child_key, at_ + seconds),
            "federatedUser": {"federatedUserId": f"{by.account}:{name}", "arn": identity["arn"]},
            "packedPolicySize": 2,
        }
        policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
        self.call(
            by, at_, "sts", "GetFederationToken", {"name": name, "policy": policy, "durationSeconds": seconds}, response=answer
        )
        return Credential(identity, by.account, by.address, by.agent, by.region)

    def assume_root(
        self, by: Credential, at_: int, target: str, *, key: str = "", task: str = "S3UnlockBucketPolicy"
    ) -> Credential:
        """AssumeRoot on a member account; the marker stands on the caller's event, as in AWS's sample (F16)."""
        child_key = self.ids.unique("ASIA", target, key)
        asked = {
            "targetPrincipal": target,
            "taskPolicyArn": {"arn": f"arn:aws:iam::aws:policy/root-task/{task}"},
            "durationSeconds": 900,
        }
        shared = {"request": asked, "response": {"credentials": self.credentials(child_key, at_ + 900)},
                  "requestID": self.ids.request(), "sharedEventID": self.ids.shared()}  # fmt: skip
        self.call(by.with_context(assumedRoot="true"), at_, "sts", "AssumeRoot", **shared, readOnly=False)
        stranger = identities.aws_account(by.principal_id, by.account)
        self.record(at_, "sts.amazonaws.com", "AssumeRoot", stranger,
                    account=target, address=by.address, agent=by.agent, **shared, readOnly=False)  # fmt: skip
        return Credential(identities.root(target, child_key, at_), target, by.address, by.agent, by.region)

    # --- persistence ------------------------------------------------------------------------------------------

    def create_user(self, by: Credential, at_: int, name: str, *, user: str = "") -> str:
        """CreateUser; the new user's AIDA id."""
        user_id = self.ids.unique("AIDA", by.account, user or f"u {name}")
        made = {"path": "/", "userName": name, "userId": user_id, "arn": f"arn:aws:iam::{by.account}:user/{name}"}
        self.call(by, at_, "iam", "CreateUser", {"userName": name}, response={"user": {**made, "createDate": expiration(at_)}})
        return user_id

    def create_access_key(
        self, by: Credential, at_: int, name: str, user_id: str, *, key: str = "", own: bool = False
    ) -> Credential:
        """CreateAccessKey; requestParameters are null for one's own key (`own`)."""
        access_key = self.ids.unique("AKIA", by.account, key)
        made = {"userName": name, "accessKeyId": access_key, "status": "Active", "createDate": expiration(at_)}
        self.call(by, at_, "iam", "CreateAccessKey", None if own else {"userName": name}, response={"accessKey": made})
        identity = identities.iam_user(by.account, name, user_id, access_key)
        return Credential(identity, by.account, by.address, by.agent, by.region)

    def user_key(self, account: str, name: str, *, key: str = "", path: str = "/", **place: str) -> Credential:
        """A long-term key that was there before the logs begin."""
        user_id = self.ids.unique("AIDA", account, f"u {name}")
        access_key = self.ids.unique("AKIA", account, key or f"key {name}")
        return Credential(identities.iam_user(account, name, user_id, access_key, path), account, **place)


def role_session(role: Role, session_name: str, key: str, created: int, place: Credential, **context: Any) -> Credential:
    """Credentials of a role session, speaking from where `place` speaks."""
    kept = {name: value for name, value in context.items() if value}
    identity = identities.assumed_role(role, session_name, key, created, **kept)
    return Credential(identity, role.account, place.address, place.agent, place.region)


def role_resource(role: Role) -> dict[str, str]:
    return {"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}


def _tls(service: str, region: str) -> dict[str, str]:
    host = f"{service}.amazonaws.com" if service in _GLOBAL_SERVICES else f"{service}.{region}.amazonaws.com"
    return {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}
