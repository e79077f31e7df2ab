"""AssumeRole by users and roles: what one record proves, what copies prove, what a missing copy leaves open."""

from __future__ import annotations

import json
from typing import Any

from tests.scenarios.recipes import DATA, DAY, ELSEWHERE, HOME, PROD, STRANGER, Files, by_account, named_role, new_trail, scenario
from tests.support.cloudtrail import Record, Trail, at
from tests.support.identities import Credential, iso
from tests.support.workloads import deliver

A = named_role(HOME, "A")
B = named_role(PROD, "B")
C = named_role(DATA, "C")


def _one_assumption() -> Trail:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    session = trail.assume(key, at(DAY, "10:00:00"), A, "work", key="K1")
    trail.call(session, at(DAY, "10:01:00"), "s3", "ListBuckets")
    return trail


@scenario("t01-one-assumption")
def one_assumption() -> Files:
    return {"events.json": _one_assumption().records}


@scenario("t02-two-trails")
def two_trails() -> Files:
    """An organisation trail and an account trail deliver the same events."""
    records = _one_assumption().records
    return {"organisation-trail/events.json": records, "account-trail/events.json": list(reversed(records))}


@scenario("t03-use-before-issuance")
def use_before_issuance() -> Files:
    issuance, use = _one_assumption().records
    return {"issuance.json": [issuance], "use.json": [use]}


def three_accounts() -> Trail:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    a = trail.assume(key, at(DAY, "10:00:00"), A, "s", key="K1")
    trail.call(a, at(DAY, "10:00:30"), "s3", "ListBuckets")
    b = trail.assume(a, at(DAY, "10:05:00"), B, "s", key="K2")
    trail.call(b, at(DAY, "10:05:30"), "s3", "CreateBucket", {"bucketName": "hl-scratch"})
    c = trail.assume(b, at(DAY, "10:10:00"), C, "s", key="K3")
    trail.call(c, at(DAY, "10:10:30"), "s3", "CreateBucket", {"bucketName": "hl-exports"})
    return trail


@scenario("t04-three-accounts")
def t04() -> Files:
    return by_account(three_accounts().records)


@scenario("t05-middle-account-missing")
def t05() -> Files:
    return by_account(three_accounts().records)


@scenario("t20-claimed-instance-name")
def claimed_instance_name() -> Files:
    """Anybody may pass an instance id as a role session name."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    session = trail.assume(key, at(DAY, "10:00:00"), A, "i-0123456789abcdef0", key="K1")
    trail.call(session.at(ELSEWHERE), at(DAY, "10:20:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t21-denied-assumptions")
def denied_assumptions() -> Files:
    enumeration, propagation = new_trail(), new_trail(series=1)
    prober = enumeration.user_key(HOME, "mallory", key="AKIA1")
    for number, name in enumerate(("admin", "deploy", "audit", "backup")):
        enumeration.denied_assume(prober, at(DAY, "10:00:00") + number, named_role(PROD, name))
    builder = propagation.user_key(HOME, "alice", key="AKIA2")
    made = {
        "role": {"path": "/", "roleName": "fresh", "roleId": "AROAIEXAMPLEXXXFRESH", "arn": f"arn:aws:iam::{HOME}:role/fresh"}
    }
    propagation.call(builder, at(DAY, "11:00:00"), "iam", "CreateRole", {"roleName": "fresh"}, response=made)
    fresh = named_role(HOME, "fresh")
    for second in (2, 4, 6):
        propagation.denied_assume(builder, at(DAY, "11:00:00") + second, fresh)
    session = propagation.assume(builder, at(DAY, "11:00:09"), fresh, "first", key="K1")
    propagation.call(session, at(DAY, "11:00:12"), "s3", "ListBuckets")
    return {"enumeration.json": enumeration.records, "propagation.json": propagation.records}


def juggling(hops: int, minutes: int = 50) -> Trail:
    """Two roles that assume each other for ever, each credential before the last one ends."""
    trail = new_trail()
    here, there = named_role(HOME, "A"), named_role(HOME, "B")
    held = trail.user_key(HOME, "alice", key="AKIA1")
    for hop in range(hops):
        when = at(DAY) + hop * minutes * 60
        held = trail.assume(held, when, (here, there)[hop % 2], f"turn-{hop:04d}", key=f"J{hop:04d}")
    trail.call(held, at(DAY) + (hops - 1) * minutes * 60 + 60, "s3", "ListBuckets")
    return trail


@scenario("t22-juggling")
def t22() -> Files:
    return {"events.json": juggling(29).records}


@scenario("t23-own-key-as-child")
def own_key_as_child() -> Files:
    """AWS's documentation prints one EXAMPLE key for the caller and for what he gets."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="EXAMPLE")
    issued = {"credentials": {"accessKeyId": key.key, "expiration": iso(at(DAY, "11:00:00")), "sessionToken": "token"}}
    trail.assume(key, at(DAY, "10:00:00"), A, "sample", response=issued)
    return {"events.json": trail.records}


@scenario("t24-role-re-created")
def role_re_created() -> Files:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    for clock, generation, name in (("09:00:00", "FIRST", "K1"), ("10:06:00", "SECOND", "K2")):
        role = named_role(HOME, "A", generation=generation)
        session = trail.assume(key, at(DAY, clock), role, "x", key=name)
        trail.call(session, at(DAY, clock) + 60, "s3", "ListBuckets")
        if generation == "FIRST":
            trail.call(key, at(DAY, "10:00:00"), "iam", "DeleteRole", {"roleName": "A"})
            made = {"role": {"path": "/", "roleName": "A", "roleId": "AROAIEXAMPLEXXSECOND", "arn": A.arn}}
            trail.call(key, at(DAY, "10:05:00"), "iam", "CreateRole", {"roleName": "A"}, response=made)
    return {"events.json": trail.records}


@scenario("t25-same-name-same-second")
def same_name_same_second() -> Files:
    """Two users, one role, one session name, one second: one session with two parents."""
    files: Files = {}
    for file, used in (("issued-keys-used.json", ("K1", "K2")), ("other-key-used.json", ("K9",))):
        trail = new_trail()
        held = []
        for user, key, issued in (("alice", "AKIA1", "K1"), ("bob", "AKIA2", "K2")):
            held.append(trail.assume(trail.user_key(HOME, user, key=key), at(DAY, "10:00:00"), A, "shared", key=issued))
        for number, name in enumerate(used):
            trail.call(
                held[number].using(trail.ids.unique("ASIA", HOME, name)), at(DAY, "10:02:00") + number, "s3", "ListBuckets"
            )
        files[file] = trail.records
    return files


@scenario("t26-session-token-with-mfa")
def session_token_with_mfa() -> Files:
    trail = new_trail()
    token = trail.get_session_token(trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), mfa=True, key="K1")
    session = trail.assume(token, at(DAY, "10:03:00"), A, "work", key="K2")
    trail.call(session, at(DAY, "10:04:00"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t31-source-identity-changed")
def source_identity_changed() -> Files:
    """A source identity cannot change along a chain: a use that claims another one disagrees with its issuance."""
    files: Files = {}
    for file, used in (("same-key.json", "K2"), ("other-key.json", "K9")):
        trail = new_trail()
        a = trail.assume(
            trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), A, "s", key="K1", source_identity="alice"
        )
        b = trail.assume(a, at(DAY, "10:05:00"), named_role(HOME, "B"), "s", key="K2", source_identity="alice")
        claimed = b.using(trail.ids.unique("ASIA", HOME, used)).with_context(sourceIdentity="bob")
        trail.call(claimed, at(DAY, "10:06:00"), "s3", "ListBuckets")
        files[file] = trail.records
    return files


@scenario("t34-sanitised-export")
def sanitised_export() -> Files:
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    files: Files = {}
    for file, answer in (
        ("credentials-hidden.json", {"credentials": hidden}),
        ("credentials-null.json", {"credentials": None}),
        ("response-null.json", None),
    ):
        trail = new_trail()
        session = trail.assume(
            trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), A, "work", key="K1", response=answer
        )
        if answer is None:
            trail.records[-1]["responseElements"] = None
        trail.call(session, at(DAY, "10:01:00"), "s3", "ListBuckets")
        files[file] = trail.records
    return files


@scenario("t36-regional-endpoint")
def regional_endpoint() -> Files:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1").at(ELSEWHERE, region="eu-west-3")
    session = trail.assume(key, at(DAY, "10:00:00"), A, "work", key="K1")
    trail.call(session.at(ELSEWHERE, region="us-east-1"), at(DAY, "10:01:00"), "s3", "ListBuckets")
    trail.call(trail.user_key(HOME, "bob", key="AKIA2"), at(DAY, "09:00:00"), "sts", "GetCallerIdentity", region="us-east-1")
    return {"eu-west-3.json": trail.records[:1], "us-east-1.json": trail.records[1:]}


@scenario("t37-expiration-spellings")
def expiration_spellings() -> Files:
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    for number, spelling in enumerate(
        ("Nov 2, 2026 11:00:00 AM", "Nov 2, 2026, 11:10:00 AM", "Nov 2, 2026, 11:20:00\u202fAM", "2026-11-02T11:30:00Z")
    ):
        issued = trail.ids.unique("ASIA", HOME, f"K{number + 1}")
        answer = {"credentials": {"accessKeyId": issued, "sessionToken": "token", "expiration": spelling}}
        when = at(DAY, f"10:{number}0:00")
        session = trail.assume(key, when, A, f"spelling-{number + 1}", response=answer).using(issued)
        trail.call(session, when + 60, "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t38-partitions")
def partitions() -> Files:
    """The same unique id text in three partitions; nothing may join across them."""
    files: Files = {}
    homes = (("aws", "eu-central-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"))
    for series, (partition, region) in enumerate(homes):
        trail = new_trail(region, series)
        role = named_role(HOME, "A", partition=partition)
        key = trail.user_key(HOME, "alice", key="AKIA1").with_identity(arn=f"arn:{partition}:iam::{HOME}:user/alice")
        session = trail.assume(key, at(DAY, "10:00:00"), role, "work", key="K1")
        trail.call(session, at(DAY, "10:01:00"), "s3", "ListBuckets")
        if partition == "aws-cn":
            deliver(
                trail, at(DAY, "10:30:00"), "ec2", named_role(HOME, "web", partition=partition), "i-0cn00000000000001", key="K5"
            )
        files[f"{partition}.json"] = trail.records
    return files


@scenario("t40-updated-record")
def updated_record() -> Files:
    """An addendum repeats an earlier record with the sharedEventID that record lacked."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    session = trail.assume(key, at(DAY, "10:00:00"), B, "work", key="K1")
    trail.call(session, at(DAY, "10:01:00"), "s3", "ListBuckets")
    caller = trail.records[0]
    addendum: Record = {
        **caller,
        "eventID": trail.ids.event(),
        "addendum": {
            "reason": "UPDATED_DATA",
            "updatedFields": "sharedEventID",
            "originalRequestID": caller["requestID"],
            "originalEventID": caller["eventID"],
        },
    }
    del caller["sharedEventID"]
    return {"events.json": trail.records, "addendum.json": [addendum]}


@scenario("t41-athena-rows")
def athena_rows() -> Files:
    """What `SELECT * FROM cloudtrail_logs` gives: lower-case names, structures as JSON text."""
    rows = [_athena(record) for record in three_accounts().records]
    return {"rows.ndjson": "".join(json.dumps(row) + "\n" for row in rows).encode()}


def _athena(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in record.items():
        text = value
        if isinstance(value, dict | list):
            lowered = _lowered(value) if name == "userIdentity" else value
            text = json.dumps(lowered)
        elif isinstance(value, bool):
            text = "true" if value else "false"
        row[name.lower()] = text
    return row


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lowered(inner) for name, inner in value.items()}
    return value


@scenario("t51-vendor-and-its-external-id")
def vendor() -> Files:
    """A vendor's sessions come from an account whose trail is not ours; one comes without its external id."""
    trail = new_trail()
    role = named_role(PROD, "vendor-scan")
    caller = Credential({"principalId": "AROAIEXAMPLEXXVENDOR:collector"}, STRANGER, "192.0.2.200", "posture-collector/4.2")
    for number, external_id in enumerate(("hl-7f21", "hl-7f21", "hl-7f21", "")):
        when = at(f"2026-11-{number + 2:02d}", "04:00:00")
        scan = trail.assume(
            caller, when, role, f"scan-{number + 1}", key=f"K{number + 1}", copies="role", external_id=external_id
        )
        trail.call(scan, when + 30, "iam", "GetAccountSummary")
    return {"events.json": trail.records}
