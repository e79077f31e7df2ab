"""Chains that go on through something created: a key, an instance, a function, a command."""

from __future__ import annotations

from tests.scenarios.recipes import DAY, ELSEWHERE, HOME, PROD, Files, named_role, new_trail, scenario
from tests.support import workloads
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential

NEXT_DAY = "2026-11-03"
A = named_role(HOME, "A")
B = named_role(HOME, "B")


def _to_b(trail: Trail) -> Credential:
    key = trail.user_key(HOME, "alice", key="AKIA1")
    a = trail.assume(key, at(DAY, "10:00:00"), A, "s", key="K1")
    return trail.assume(a, at(DAY, "10:05:00"), B, "s", key="K2")


@scenario("t32-created-key")
def created_key() -> Files:
    """A session makes a key; the key is used the next day and assumes a third role. The same with one's own user."""
    other, own = new_trail(), new_trail()
    b = _to_b(other)
    user_id = other.ids.unique("AIDA", HOME, "u bob")
    made = other.create_access_key(b, at(DAY, "10:10:00"), "bob", user_id, key="AKIA2")
    _use_and_assume(other, made)
    key = own.user_key(HOME, "alice", key="AKIA1")
    _use_and_assume(own, own.create_access_key(key, at(DAY, "10:10:00"), "alice", key.principal_id, key="AKIA2", own=True))
    return {"for-another-user.json": other.records, "for-oneself.json": own.records}


def _use_and_assume(trail: Trail, made: Credential) -> None:
    trail.call(made, at(NEXT_DAY, "09:00:00"), "sts", "GetCallerIdentity")
    c = trail.assume(made, at(NEXT_DAY, "09:05:00"), named_role(HOME, "C"), "s", key="K3")
    trail.call(c, at(NEXT_DAY, "09:06:00"), "s3", "ListBuckets")


@scenario("t33-launched-instance")
def launched_instance() -> Files:
    trail = new_trail()
    a = trail.assume(trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), A, "s", key="K1")
    profile = {"arn": f"arn:aws:iam::{HOME}:instance-profile/worker"}
    instance = "i-0bbbbbbbbbbbbbbb2"
    started = {
        "instancesSet": {"items": [{"instanceId": instance, "privateIpAddress": "10.0.1.9", "iamInstanceProfile": profile}]}
    }
    asked = {"instancesSet": {"items": [{"imageId": "ami-01", "minCount": 1, "maxCount": 1}]}, "iamInstanceProfile": profile}
    trail.call(a, at(DAY, "10:02:00"), "ec2", "RunInstances", asked, response=started)
    key, _ = workloads.instance(
        trail, at(DAY, "10:02:40"), named_role(HOME, "worker"), instance, address="10.0.1.9", keys=("K2", "K3")
    )
    trail.call(key.at(ELSEWHERE), at(DAY, "10:20:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t42-through-workloads")
def through_workloads() -> Files:
    """A role goes through a function's role and an instance's role: three segments of one session each."""
    trail = new_trail()
    a = trail.assume(trail.user_key(PROD, "alice", key="AKIA1"), at(DAY, "10:00:00"), named_role(PROD, "A"), "s", key="K1")
    trail.call(a, at(DAY, "10:01:00"), "lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders"},
               response={"functionName": "orders", "role": f"arn:aws:iam::{PROD}:role/P",
                         "functionArn": f"arn:aws:lambda:eu-central-1:{PROD}:function:orders"})  # fmt: skip
    fn = workloads.function(trail, at(DAY, "10:02:00"), named_role(PROD, "P"), "orders", address="198.51.100.30", key="K2")
    instance = "i-0ccccccccccccccc3"
    held, _ = workloads.instance(
        trail, at(DAY, "09:00:00"), named_role(PROD, "Q"), instance, address="10.0.1.11", keys=("K3", "K4")
    )
    asked = {"instanceIds": [instance], "documentName": "AWS-RunShellScript", "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    trail.call(fn, at(DAY, "10:03:00"), "ssm", "SendCommand", asked)
    trail.create_user(held.at("198.51.100.9"), at(DAY, "10:06:00"), "svc-sync", user="NEWUSER")
    return {"events.json": trail.records}
