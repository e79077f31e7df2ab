"""Sign-ins: console, switched roles, SAML, web identity, Identity Center, `aws login`."""

from __future__ import annotations

from typing import Any

from tests.support import identities
from tests.support.cloudtrail import Record, Trail, role_resource, role_session
from tests.support.identities import Credential, Identity, Role, iso

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
CONSOLE_AGENT = "AWS Internal"


def console_login(
    trail: Trail, at_: int, identity: Identity, account: str, *, address: str, mfa: bool = True, **more: Any
) -> Record:
    """ConsoleLogin issues no key; the keys of its session bear its second as creationDate (F1)."""
    bare = {name: value for name, value in identity.items() if name not in ("accessKeyId", "sessionContext")}
    fields = {
        "response": {"ConsoleLogin": "Success"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes" if mfa else "No",
        },
        "eventType": "AwsConsoleSignIn",
        "agent": BROWSER,
        **more,
    }
    return trail.record(
        at_, "signin.amazonaws.com", "ConsoleLogin", bare, account=account, address=address, readOnly=False, **fields
    )


def console_session(trail: Trail, at_: int, user: Credential, *, address: str, mfa: bool = True, key: str = "") -> Credential:
    """An IAM user signs in with a password; what comes back is one of the many keys of the console session."""
    console_login(trail, at_, user.identity, user.account, address=address, mfa=mfa)
    return console_key(trail, at_, user, address=address, mfa=mfa, key=key)


def console_key(
    trail: Trail, created: int, user: Credential, *, address: str, mfa: bool = True, key: str = "", marked: bool = True
) -> Credential:
    """Another key of the console session that began at `created`; only part of them says that it is one (`marked`)."""
    temporary = trail.ids.unique("ASIA", user.account, key)
    identity = identities.user_session(user.identity, temporary, created, "true" if mfa else "false", console=marked)
    return Credential(identity, user.account, address, BROWSER, user.region)


def switch_role(
    trail: Trail, at_: int, original: Credential, role: Role, session_name: str, *, issued: str = "", used: str = ""
) -> Credential:
    """The console's Switch Role: an AssumeRole with both copies and a SwitchRole in one second; another key is used (F2)."""
    asker = original.at("AWS Internal", CONSOLE_AGENT).with_identity(invokedBy="AWS Internal")
    child = trail.assume(asker, at_, role, session_name, key=issued)
    identity = {key: child.identity[key] for key in ("type", "principalId", "arn", "accountId")}
    trail.record(
        at_, "signin.amazonaws.com", "SwitchRole", identity,
        account=role.account, address=original.address, agent=BROWSER, region="us-east-1", readOnly=False,
        response={"SwitchRole": "Success"}, eventType="AwsConsoleSignIn",
        additionalEventData={"SwitchFrom": original.identity["arn"], "RedirectTo": "https://console.aws.amazon.com/s3/home"},
    )  # fmt: skip
    return child.using(trail.ids.unique("ASIA", role.account, used)).at(original.address, BROWSER)


def saml(
    trail: Trail, at_: int, role: Role, provider: str, subject: str, session_name: str,
    *, address: str, key: str = "", seconds: int = 3600, agent: str = BROWSER,
) -> Credential:  # fmt: skip
    """AssumeRoleWithSAML, logged in the role's account alone."""
    child_key = trail.ids.unique("ASIA", role.account, key)
    child = role_session(role, session_name, child_key, at_, Credential({}, role.account, address, agent))
    provider_arn = f"arn:aws:iam::{role.account}:saml-provider/{provider}"
    qualifier = "kQm3" + provider[:6]
    asked = {
        "principalArn": provider_arn,
        "roleArn": role.arn,
        "roleSessionName": session_name,
        "durationSeconds": seconds,
        "sAMLAssertionID": f"_assertion-{trail.ids.token()}",
    }
    answer = {
        "credentials": trail.credentials(child_key, at_ + seconds),
        "assumedRoleUser": {"assumedRoleId": child.principal_id, "arn": role.session_arn(session_name)},
        "subject": subject,
        "subjectType": "persistent",
        "issuer": f"https://idp.example.com/{provider}",
        "audience": "https://signin.aws.amazon.com/saml",
        "nameQualifier": qualifier,
    }
    trail.record(
        at_, "sts.amazonaws.com", "AssumeRoleWithSAML", identities.saml_user(provider_arn, subject, qualifier),
        account=role.account, address=address, agent=agent, request=asked, response=answer,
        resources=[role_resource(role), {"accountId": role.account, "type": "AWS::IAM::SAMLProvider", "ARN": provider_arn}],
    )  # fmt: skip
    return child


def web_identity(
    trail: Trail, at_: int, role: Role, issuer: str, audience: str, subject: str, session_name: str,
    *, address: str, key: str = "", seconds: int = 3600, agent: str, claims: dict[str, str] | None = None,
) -> Credential:  # fmt: skip
    """AssumeRoleWithWebIdentity (GitHub, IRSA, any OIDC provider), logged in the role's account alone."""
    child_key = trail.ids.unique("ASIA", role.account, key)
    provider = f"arn:{role.partition}:iam::{role.account}:oidc-provider/{issuer}"
    place = Credential({}, role.account, address, agent)
    child = role_session(
        role, session_name, child_key, at_, place,
        webIdFederationData={"federatedProvider": provider, "attributes": claims or {}},
    )  # fmt: skip
    answer = {
        "credentials": trail.credentials(child_key, at_ + seconds),
        "assumedRoleUser": {"assumedRoleId": child.principal_id, "arn": role.session_arn(session_name)},
        "subjectFromWebIdentityToken": subject,
        "provider": provider,
        "audience": audience,
    }
    trail.record(
        at_, "sts.amazonaws.com", "AssumeRoleWithWebIdentity", identities.web_identity_user(provider, audience, subject),
        account=role.account, address=address, agent=agent, response=answer, resources=[role_resource(role)],
        request={"roleArn": role.arn, "roleSessionName": session_name, "durationSeconds": seconds},
    )  # fmt: skip
    return child


def identity_center(
    trail: Trail, at_: int, directory: Directory, user_id: str, email: str, role: Role,
    *, address: str, issued: str = "", used: str = "", agent: str = BROWSER,
) -> Credential:  # fmt: skip
    """Identity Center: GetRoleCredentials in the directory's account, then AssumeRoleWithSAML by it; another key is used (F2, F9)."""
    store = f"arn:aws:identitystore::{directory.account}:identitystore/{directory.store}"
    person = identities.identity_center_user(directory.account, user_id, store, trail.ids.request())
    trail.record(
        at_, "sso.amazonaws.com", "GetRoleCredentials", person,
        account=directory.account, address=address, agent=agent, eventType="AwsServiceEvent",
        serviceEventDetails={"role_name": permission_set(role), "account_id": role.account},
    )  # fmt: skip
    provider = f"AWSSSO_{directory.store.removeprefix('d-')}_DO_NOT_DELETE"
    session = saml(trail, at_, role, provider, user_id, email, address=address, key=issued, seconds=43200, agent=agent)
    session = session.with_identity(onBehalfOf={"userId": user_id, "identityStoreArn": store})
    return session.using(trail.ids.unique("ASIA", role.account, used))


class Directory:
    """An Identity Center instance: the account it lives in and its identity store."""

    def __init__(self, account: str, store: str) -> None:
        self.account = account
        self.store = store


def permission_set(role: Role) -> str:
    """AWSReservedSSO_ReadOnly_0123456789abcdef -> ReadOnly."""
    return role.name.removeprefix("AWSReservedSSO_").rpartition("_")[0]


def reserved_role(account: str, name: str, unique_id: str, suffix: str, region: str = "eu-central-1") -> Role:
    path = f"/aws-reserved/sso.amazonaws.com/{region}/"
    return Role(account, f"AWSReservedSSO_{name}_{suffix}", unique_id, path)


def aws_login(trail: Trail, at_: int, console: Credential, *, key: str = "") -> Credential:
    """`aws login`: a token grant by the console session; the CLI's credentials keep that session's creationDate."""
    asker = console.with_identity(accessKeyId=None)
    asked = {"client_id": "arn:aws:signin:::devtools/same-device", "grant_type": "authorization_code"}
    trail.call(asker, at_, "signin", "CreateOAuth2Token", asked, readOnly=True, additionalEventData={"grantedAt": iso(at_)})
    cli = "aws-cli/2.32.1 md/awscrt#0.28.4 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7"
    return console.using(trail.ids.unique("ASIA", console.account, key)).at(console.address, cli)


def get_signin_token(trail: Trail, at_: int, by: Credential, agent: str = "python-requests/2.32.3") -> Record:
    """A temporary credential turned into a console URL; the response repeats the caller's OWN key (F17)."""
    answer = {"credentials": {"accessKeyId": by.key}, "GetSigninToken": "Success"}
    return trail.call(
        by.at(by.address, agent, "us-east-1"), at_, "signin", "GetSigninToken", response=answer, eventType="AwsConsoleSignIn"
    )
