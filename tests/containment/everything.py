"""One incident in which a session makes every call that a plan has an answer to, with names that try to be commands."""

from __future__ import annotations

from typing import Any

from roletrail.ingest.actions import NOTABLE
from tests.scenarios.recipes import DAY, HOME, named_role, new_trail
from tests.support.cloudtrail import Record, at
from tests.support.workloads import deliver

_REQUESTS: dict[str, dict[str, Any]] = {
    "iam": {
        "userName": "made", "roleName": "made", "groupName": "admins", "policyName": "extra", "policyArn": "arn:aws:iam::111111111111:policy/p",
        "accessKeyId": "AKIAIEXAMPLEXXXAKIA7", "status": "Active", "serialNumber": "arn:aws:iam::111111111111:mfa/made", "versionId": "v3",
        "sAMLProviderArn": "arn:aws:iam::111111111111:saml-provider/idp", "instanceProfileName": "profile", "name": "idp",
        "openIDConnectProviderArn": "arn:aws:iam::111111111111:oidc-provider/issuer.example.com", "policyDocument": "{}",
        "assumeRolePolicyDocument": "{}",
    },
    "cloudtrail": {"name": "hl-trail", "trailName": "hl-trail", "eventDataStore": "arn:aws:cloudtrail:eu-central-1:111111111111:eventdatastore/0123abcd-0000-4000-8000-000000000000"},
    "guardduty": {"detectorId": "12abc34d567e8fa901bc2d34e56789f0", "enable": False},
    "config": {"configurationRecorderName": "default"},
    "lambda": {"functionName": "orders", "role": "arn:aws:iam::111111111111:role/made"},
    "scheduler": {"name": "nightly"},
    "cloudformation": {"stackName": "stack"},
    "rolesanywhere": {"trustAnchorId": "a1b2c3d4-0000-4000-8000-000000000000", "profileId": "a1b2c3d4-0000-4000-8000-000000000001"},
}  # fmt: skip
_ANSWERS: dict[tuple[str, str], dict[str, Any]] = {
    ("iam", "CreateAccessKey"): {"accessKey": {"accessKeyId": "AKIAIEXAMPLEXXXAKIA7", "userName": "made", "status": "Active"}},
    ("iam", "CreatePolicy"): {"policy": {"arn": "arn:aws:iam::111111111111:policy/p"}},
    ("iam", "CreatePolicyVersion"): {"policyVersion": {"versionId": "v3"}},
    ("iam", "CreateSAMLProvider"): {"sAMLProviderArn": "arn:aws:iam::111111111111:saml-provider/idp"},
    ("iam", "CreateOpenIDConnectProvider"): {
        "openIDConnectProviderArn": "arn:aws:iam::111111111111:oidc-provider/issuer.example.com"
    },
    ("rolesanywhere", "CreateTrustAnchor"): {
        "trustAnchor": {
            "trustAnchorArn": "arn:aws:rolesanywhere:eu-central-1:111111111111:trust-anchor/a1b2c3d4-0000-4000-8000-000000000000"
        }
    },
    ("ec2", "RunInstances"): {"instancesSet": {"items": [{"instanceId": "i-0dddddddddddddd4d"}]}},
}


def certificates() -> tuple[list[Record], str]:
    """A chain that begins with a certificate, through Roles Anywhere."""
    trail = new_trail()
    delivered = deliver(
        trail, at(DAY, "10:00:00"), "rolesanywhere", named_role(HOME, "laptops"), "0a1b2c", key="K1", knows_role=True
    )
    trail.call(delivered, at(DAY, "10:01:00"), "s3", "ListBuckets")
    return trail.records, delivered.key


def everything() -> tuple[list[Record], str]:
    """Records, and the key that made the calls. Names that could run in a shell are among what was created."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    session = trail.assume(key, at(DAY, "10:00:00"), named_role(HOME, "web"), "s", key="K1")
    when = at(DAY, "10:01:00")
    for n, (source, name) in enumerate(sorted(NOTABLE)):
        service = source.partition(".")[0]
        if service in _REQUESTS or (service, name) in _ANSWERS:
            request = _REQUESTS.get(service, {})
            trail.call(session, when + n, service, name, request, responseElements=_ANSWERS.get((service, name)))
    for n, hostile in enumerate(
        ("x; rm -rf ~", "$(id)", "`id`", "--debug", "a'b", 'a"b', "JSON\nid", "../../etc/passwd", "\u202egnp")
    ):
        trail.call(session, when + 900 + n, "iam", "CreateUser", {"userName": hostile})
        trail.call(
            session,
            when + 950 + n,
            "iam",
            "AttachUserPolicy",
            {"userName": hostile, "policyArn": f"arn:aws:iam::aws:policy/{hostile}"},
        )
        trail.call(session, when + 990 + n, "lambda", "CreateFunction20150331", {"functionName": hostile, "role": hostile})
    return trail.records, session.key
