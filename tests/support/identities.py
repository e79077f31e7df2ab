"""userIdentity elements as CloudTrail writes them, and the credentials that carry them.

Shapes follow AWS's page "CloudTrail userIdentity element"; where real logs differ from it, the function says so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Identity = Mapping[str, Any]


def iso(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role; `unique_id` (AROA...) tells generations of one ARN apart."""

    account: str
    name: str
    unique_id: str
    path: str = "/"
    partition: str = "aws"

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"

    def session_arn(self, session_name: str) -> str:
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.name}/{session_name}"


@dataclass(frozen=True, slots=True)
class Credential:
    """Something that can make calls: the identity its events carry, and from where it speaks."""

    identity: Identity
    account: str
    address: str = "203.0.113.10"
    agent: str = "aws-cli/2.17.40 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.11.9"
    region: str = ""

    @property
    def key(self) -> str:
        return self.identity.get("accessKeyId", "")

    @property
    def principal_id(self) -> str:
        return self.identity.get("principalId", "")

    def at(self, address: str, agent: str = "", region: str = "") -> Credential:
        """The same credential used from another place."""
        return replace(self, address=address, agent=agent or self.agent, region=region or self.region)

    def using(self, key: str) -> Credential:
        """The same session with another of its keys (console, EC2 twins, Identity Center)."""
        return replace(self, identity={**self.identity, "accessKeyId": key})

    def with_identity(self, **changes: Any) -> Credential:
        """A changed userIdentity; a value of None removes the field."""
        merged = {**self.identity, **changes}
        return replace(self, identity={name: value for name, value in merged.items() if value is not None})

    def with_context(self, **changes: Any) -> Credential:
        """A changed sessionContext."""
        context = {**self.identity.get("sessionContext", {}), **changes}
        return replace(self, identity={**self.identity, "sessionContext": {n: v for n, v in context.items() if v is not None}})


def attributes(created: int, mfa: str = "false") -> dict[str, str]:
    return {"creationDate": iso(created), "mfaAuthenticated": mfa}


def iam_user(account: str, name: str, user_id: str, key: str, path: str = "/", partition: str = "aws") -> Identity:
    return {
        "type": "IAMUser",
        "principalId": user_id,
        "arn": f"arn:{partition}:iam::{account}:user{path}{name}",
        "accountId": account,
        "accessKeyId": key,
        "userName": name,
    }


def user_session(user: Identity, key: str, created: int, mfa: str = "false", *, console: bool = False) -> Identity:
    """GetSessionToken and console credentials of a user: the user's principalId, a temporary key, an empty sessionIssuer."""
    identity = {
        **user,
        "accessKeyId": key,
        "sessionContext": {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": attributes(created, mfa)},
    }
    return {**identity, "sessionCredentialFromConsole": "true"} if console else identity


def assumed_role(role: Role, session_name: str, key: str, created: int, mfa: str = "false", **context: Any) -> Identity:
    """A role session's identity; `context` adds to sessionContext (sourceIdentity, ec2RoleDelivery, ...)."""
    identity = {
        "type": "AssumedRole",
        "principalId": f"{role.unique_id}:{session_name}",
        "arn": role.session_arn(session_name),
        "accountId": role.account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role.unique_id,
                "arn": role.arn,
                "accountId": role.account,
                "userName": role.name,
            },
            "attributes": attributes(created, mfa),
            **context,
        },
    }
    if not key:
        del identity["accessKeyId"]
    return identity


def federated_user(caller: Identity, name: str, key: str, created: int) -> Identity:
    account = caller["accountId"]
    partition = caller["arn"].split(":")[1]
    issuer = {"type": caller["type"], "principalId": caller["principalId"], "arn": caller["arn"], "accountId": account}
    return {
        "type": "FederatedUser",
        "principalId": f"{account}:{name}",
        "arn": f"arn:{partition}:sts::{account}:federated-user/{name}",
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {**issuer, "userName": caller.get("userName", "")},
            "webIdFederationData": {},
            "attributes": attributes(created),
        },
    }


def root(account: str, key: str, created: int = 0, partition: str = "aws") -> Identity:
    identity: dict[str, Any] = {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:{partition}:iam::{account}:root",
        "accountId": account,
    }
    if key:
        identity["accessKeyId"] = key
    if created:
        identity["sessionContext"] = {"attributes": attributes(created)}
    return identity


def aws_account(principal_id: str, account: str) -> Identity:
    """The caller as the role's account sees it: a unique id and an account, no ARN and no key."""
    return {"type": "AWSAccount", "principalId": principal_id, "accountId": account}


def aws_service(name: str) -> Identity:
    return {"type": "AWSService", "invokedBy": name}


def saml_user(provider: str, subject: str, qualifier: str) -> Identity:
    return {
        "type": "SAMLUser",
        "principalId": f"{qualifier}:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }


def web_identity_user(issuer: str, audience: str, subject: str) -> Identity:
    return {
        "type": "WebIdentityUser",
        "principalId": f"{issuer}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": issuer,
    }


def identity_center_user(account: str, user_id: str, store: str, credential_id: str) -> Identity:
    return {
        "type": "IdentityCenterUser",
        "accountId": account,
        "onBehalfOf": {"userId": user_id, "identityStoreArn": store},
        "credentialId": credential_id,
    }
