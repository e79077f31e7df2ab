"""Each family of records becomes the observation that linking expects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage import ids
from roletrail.lineage.model import Activity, Issuance, Part
from tests.support import identities, sign_in
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential, Role
from tests.support.reduced import file_of, part_of, reduced, texts

DAY = at("2026-11-06", "10:00:00")
ONE, TWO = "111111111111", "222222222222"
ROLE = Role(ONE, "A", "AROAIEXAMPLEXXXXXXXXA", "/team/")
AWAY = Role(TWO, "B", "AROAIEXAMPLEXXXXXXXXB")


@pytest.fixture
def trail() -> Trail:
    return Trail(NamedIds())


@pytest.fixture
def alice(trail: Trail) -> Credential:
    return trail.user_key(ONE, "alice", key="ALICE")


def issuance(trail: Trail) -> Issuance:
    (found,) = part_of(trail.records).issuances
    return found


# --- issuances --------------------------------------------------------------------------------------------------------


def test_assumed_by_a_user(trail: Trail, alice: Credential) -> None:
    child = trail.assume(alice, DAY, ROLE, "work", external_id="x1", source_identity="alice")
    found = issuance(trail)
    assert found.family == "assume"
    assert (found.parent, found.parent_kind, found.parent_key) == (ids.key_id("aws", alice.key), "key", alice.key)
    assert found.child == ids.session_id("aws", child.principal_id, DAY)
    assert (found.child_key, found.child_principal, found.child_type) == (child.key, child.principal_id, "AssumedRole")
    assert (found.role_arn, found.role_account, found.role_name) == (ROLE.arn, ONE, "A")
    assert (found.session_name, found.expires) == ("work", DAY + 3600)
    assert (found.external_id, found.source_identity) == ("x1", "alice")
    assert json.loads(found.detail) == {"duration": 3600}


def test_assumed_by_a_session(trail: Trail, alice: Credential) -> None:
    session = trail.assume(alice, DAY, ROLE, "work")
    trail.assume(session, DAY + 10, AWAY, "on")
    first, own, foreign = part_of(trail.records).issuances
    assert (own.parent, own.parent_kind, own.parent_created) == (first.child, "session", DAY)
    assert (foreign.copy, foreign.parent, foreign.parent_kind) == ("foreign", "", "foreign")
    assert (foreign.parent_principal, foreign.parent_account) == (session.principal_id, ONE)
    assert own.shared_event_id == foreign.shared_event_id != ""
    assert own.child == foreign.child


@pytest.mark.parametrize("hidden", [None, "HIDDEN_DUE_TO_SECURITY_REASONS", "REDACTED", {}])
def test_answer_taken_out(trail: Trail, alice: Credential, hidden: Any) -> None:
    trail.assume(alice, DAY, ROLE, "work")
    trail.records[0]["responseElements"] = hidden
    found = issuance(trail)
    assert (found.child_key, found.child_principal) == ("", "")
    assert found.child == ids.alias_id("aws", ROLE.arn, "work", DAY)


def test_request_taken_out(trail: Trail, alice: Credential) -> None:
    trail.assume(alice, DAY, ROLE, "work")
    trail.records[0]["requestParameters"] = None
    found = issuance(trail)
    assert (found.role_arn, found.session_name) == (ROLE.arn, "work")  # from resources and assumedRoleUser
    del trail.records[0]["resources"]
    assert issuance(trail).role_arn == "arn:aws:iam::111111111111:role/A"  # which knows no path


@pytest.mark.parametrize(
    ("service", "name", "kind", "workload"),
    [
        ("ec2.amazonaws.com", "i-0123456789abcdef0", "instance", "i-0123456789abcdef0"),
        ("ec2.amazonaws.com", "no-instance", "service", "ec2.amazonaws.com"),
        ("lambda.amazonaws.com", "orders", "function", "orders"),
        ("ecs-tasks.amazonaws.com", "0123456789abcdef0123456789abcdef", "task", "0123456789abcdef0123456789abcdef"),
        ("rds.amazonaws.com", "RDSMonitoring", "service", "rds.amazonaws.com"),
    ],
)
def test_delivered_by_a_service(trail: Trail, service: str, name: str, kind: str, workload: str) -> None:
    trail.record(
        DAY, "sts.amazonaws.com", "AssumeRole", identities.aws_service(service), account=ONE, address=service, agent=service,
        request={"roleArn": ROLE.arn, "roleSessionName": name}, response={"credentials": trail.credentials("ASIAIEXAMPLEXXXXXXK1", DAY)},
        sharedEventID="s",
    )  # fmt: skip
    found = issuance(trail)
    assert (found.family, found.parent_kind, found.parent_label, found.invoked_by) == ("service", "origin", service, service)
    assert found.parent == ids.origin_id(kind, ONE, workload)
    assert found.child == ids.alias_id("aws", ROLE.arn, name, DAY)
    assert part_of(trail.records).callers == []


def test_a_name_like_an_instance_is_no_delivery(trail: Trail, alice: Credential) -> None:
    trail.assume(alice, DAY, ROLE, "i-0123456789abcdef0")
    assert issuance(trail).parent == ids.key_id("aws", alice.key)


def test_saml_and_web_identity(trail: Trail) -> None:
    sign_in.saml(trail, DAY, ROLE, "idp", "alice@example.com", "alice", address="203.0.113.9")
    sign_in.web_identity(
        trail, DAY, ROLE, "token.example.com/x", "sts.amazonaws.com", "repo:o/r:ref", "ci", address="203.0.113.9", agent="a"
    )
    saml, web = part_of(trail.records).issuances
    provider = "arn:aws:iam::111111111111:saml-provider/idp"
    assert (saml.family, saml.provider, saml.parent_label) == ("saml", provider, "alice@example.com")
    assert saml.parent == ids.origin_id("saml", provider, "alice@example.com")
    provider = "arn:aws:iam::111111111111:oidc-provider/token.example.com/x"
    assert (web.family, web.provider, web.parent_label) == ("web", provider, "repo:o/r:ref")
    assert json.loads(web.detail)["audience"] == "sts.amazonaws.com"


def test_session_token_and_federation(trail: Trail, alice: Credential) -> None:
    session = trail.get_session_token(alice, DAY, mfa=True)
    federated = trail.get_federation_token(alice, DAY, "admin")
    token, federation = part_of(trail.records).issuances
    assert (token.family, token.child) == ("session_token", ids.session_id("aws", alice.principal_id, DAY))
    assert (token.child_type, token.mfa_serial) == ("IAMUser", "arn:aws:iam::111111111111:mfa/alice")
    assert token.child_key == session.key
    assert (federation.family, federation.child_type) == ("federation", "FederatedUser")
    assert federation.child == ids.session_id("aws", federated.principal_id, DAY)


def test_root_task(trail: Trail, alice: Credential) -> None:
    session = trail.assume(alice, DAY, ROLE, "work")
    root = trail.assume_root(session, DAY + 5, TWO)
    trail.call(root, DAY + 6, "s3", "DeleteBucketPolicy", {"bucketName": "b"})
    part = part_of(trail.records)
    own, foreign = (found for found in part.issuances if found.family == "root_task")
    assert own.child == foreign.child == ids.session_id("aws", TWO, DAY + 5)
    assert own.child in {caller.id for caller in part.callers if caller.type == "Root"}
    assert json.loads(own.detail)["task_policy"].endswith("root-task/S3UnlockBucketPolicy")


def test_tags(trail: Trail, alice: Credential) -> None:
    tags = [{"key": "kubernetes-pod-name", "value": "web-0"}]
    trail.assume(alice, DAY, ROLE, "work", request={"tags": tags, "transitiveTagKeys": ["kubernetes-pod-name"]})
    detail = json.loads(issuance(trail).detail)
    assert detail["tags"] == {"kubernetes-pod-name": "web-0"}
    assert detail["transitive_tag_keys"] == ["kubernetes-pod-name"]


def test_refused(trail: Trail, alice: Credential) -> None:
    trail.denied_assume(alice, DAY, AWAY)
    part = part_of(trail.records)
    (found,) = part.attempts
    assert (found.target, found.error_code, found.identity) == (AWAY.arn, "AccessDenied", ids.key_id("aws", alice.key))
    assert part.issuances == []
    assert part.callers[0].errors == 1


# --- sign-ins ---------------------------------------------------------------------------------------------------------


def test_console_login_is_no_use(trail: Trail, alice: Credential) -> None:
    session = sign_in.console_session(trail, DAY, alice, address="203.0.113.4")
    trail.call(session, DAY + 9, "s3", "ListBuckets")
    part = part_of(trail.records)
    (found,) = part.sign_ins
    assert (found.event_name, found.identity, found.success, found.mfa) == ("ConsoleLogin", "", "true", "true")
    (caller,) = part.callers
    assert caller.id == ids.session_id("aws", alice.principal_id, DAY)
    assert caller.count == 1


def test_failed_console_login(trail: Trail, alice: Credential) -> None:
    sign_in.console_login(
        trail, DAY, alice.identity, ONE, address="203.0.113.4", response={"ConsoleLogin": "Failure"}, errorMessage="Failed"
    )
    assert part_of(trail.records).sign_ins[0].success == "false"


def test_switched_role(trail: Trail, alice: Credential) -> None:
    console = sign_in.console_session(trail, DAY, alice, address="203.0.113.4")
    sign_in.switch_role(trail, DAY + 5, console, AWAY, "alice")
    part = part_of(trail.records)
    (switched,) = (found for found in part.sign_ins if found.event_name == "SwitchRole")
    assert json.loads(switched.detail)["switch_from"] == alice.identity["arn"]
    assert [(found.parent_kind, found.copy) for found in part.issuances] == [("session", ""), ("foreign", "foreign")]


def test_sign_in_link_names_its_session(trail: Trail, alice: Credential) -> None:
    session = trail.assume(alice, DAY, ROLE, "work")
    trail.call(session, DAY + 5, "signin", "GetSigninToken")
    (found,) = part_of(trail.records).sign_ins
    assert (found.identity, found.access_key_id) == (ids.session_id("aws", session.principal_id, DAY), session.key)


# --- actions ----------------------------------------------------------------------------------------------------------


def test_created_key(trail: Trail, alice: Credential) -> None:
    made = trail.create_access_key(alice, DAY, "bob", "AIDAIEXAMPLEXXXXXXBOB", own=True)
    (found,) = part_of(trail.records).actions
    assert (found.category, found.target_kind, found.target) == ("persistence", "access_key", made.key)
    assert json.loads(found.detail)["user_name"] == "bob"


ACTIONS = [
    ("ec2", "RunInstances", {"iamInstanceProfile": {"name": "P"}},
     {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}, "workload", "i-1", {"instances": ["i-1", "i-2"]}),
    ("ssm", "SendCommand", {"instanceIds": ["i-1", "i-2"], "documentName": "AWS-RunShellScript"}, None,
     "lateral", "i-1", {"instances": ["i-1", "i-2"], "document": "AWS-RunShellScript"}),
    ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders"}, {"role": ROLE.arn}, "workload", "orders",
     {"passed_role": ROLE.arn}),
    ("lambda", "CreateFunction20150331", {"functionName": "orders", "role": ROLE.arn}, None, "workload", "orders",
     {"passed_role": ROLE.arn}),
    ("iam", "UpdateAssumeRolePolicy", {"roleName": "A", "policyDocument": "{}"}, None, "trust", "A", {"policy": "{}"}),
    ("iam", "AttachUserPolicy", {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, None,
     "privilege", "bob", {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ("cloudtrail", "StopLogging", {"name": "trail"}, None, "evasion", "trail", {"trail": "trail"}),
    ("ec2", "AssociateAddress", {"publicIp": "198.51.100.9", "instanceId": "i-1"}, None, "network", "198.51.100.9",
     {"instances": ["i-1"]}),
    ("secretsmanager", "GetSecretValue", {"secretId": "prod/db"}, None, "impact", "prod/db", {"secret": "prod/db"}),
    ("ec2", "ModifySnapshotAttribute",
     {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"userId": "999988887777"}]}}}, None,
     "impact", "snap-1", {"accounts": ["999988887777"]}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "name", "request_", "response", "category", "target", "detail"), ACTIONS)
def test_notable_action(
    trail: Trail,
    alice: Credential,
    service: str,
    name: str,
    request_: Any,
    response: Any,
    category: str,
    target: str,
    detail: Any,
) -> None:
    trail.call(alice, DAY, service, name, request_, response=response)
    (found,) = part_of(trail.records).actions
    assert (found.category, found.target) == (category, target)
    assert json.loads(found.detail).items() >= detail.items()


def test_refused_action_keeps_its_error(trail: Trail, alice: Credential) -> None:
    trail.denied(alice, DAY, "iam", "CreateUser", {"userName": "mallory"})
    assert part_of(trail.records).actions[0].error_code == "AccessDenied"


# --- callers, credentials, activities ---------------------------------------------------------------------------------


def activity(part: Part) -> Activity:
    (found,) = part.activities
    return found


def test_activity_key_and_fold(trail: Trail, alice: Credential) -> None:
    session = trail.assume(alice, DAY, ROLE, "work").at("2001:0db8:0000::0001")
    for second, service in ((60, "s3"), (61, "ec2"), (899, "s3")):
        trail.call(session, DAY + second, service, "ListThings")
    trail.denied(session, DAY + 62, "s3", "ListBuckets")
    found = activity(part_of(trail.records[1:]))
    assert (found.cell, found.address, found.agent) == (DAY, "2001:db8::1", "aws-cli/2 linux")
    assert (found.count, found.errors, found.sources) == (4, 1, "ec2.amazonaws.com=1 s3.amazonaws.com=3")
    assert (found.first_at, found.last_at) == (DAY + 60, DAY + 899)
    assert (found.first_event, found.last_event) == (trail.records[1]["eventID"], trail.records[3]["eventID"])


def test_ties_go_by_event_id(trail: Trail, alice: Credential) -> None:
    for number in (3, 1, 2):
        trail.call(alice, DAY, "s3", f"List{number}", eventID=f"e0000000-0000-4000-8000-00000000000{number}")
    found = activity(part_of(trail.records))
    assert (found.first_name, found.last_name) == ("List1", "List3")


def test_cells_are_fifteen_minutes(trail: Trail, alice: Credential) -> None:
    for second in (0, 899, 900):
        trail.call(alice, DAY + second, "s3", "ListBuckets")
    assert [(found.cell, found.count) for found in part_of(trail.records).activities] == [(DAY, 2), (DAY + 900, 1)]


def test_forward_access_keys_fold_into_their_session(trail: Trail, alice: Credential) -> None:
    session = trail.assume(alice, DAY, ROLE, "work")
    for number in range(5):
        forward = session.using(f"ASIAIEXAMPLEXXXXXF{number}").with_identity(invokedBy="cloudformation.amazonaws.com")
        trail.call(forward.at("cloudformation.amazonaws.com", "cloudformation.amazonaws.com"), DAY + 60, "s3", "ListBuckets")
    part = part_of(trail.records[1:])
    assert activity(part).count == 5
    assert activity(part).access_key_id == ""
    assert part.callers[0].internal == 5
    assert {found.kind for found in part.credentials} == {"forward"}
    assert len(part.credentials) == 5


def test_one_session_of_many_keys(trail: Trail, alice: Credential) -> None:
    for key in ("C1", "C2", "C3"):
        console = sign_in.console_key(trail, DAY, alice, address="203.0.113.4", key=key)
        trail.call(console, DAY + 5, "s3", "ListBuckets", sessionCredentialFromConsole="true")
    part = part_of(trail.records)
    assert len(part.callers) == 1
    assert [found.from_console for found in part.credentials] == ["true"] * 3


def test_instance_delivery_is_on_the_activity(trail: Trail) -> None:
    twin = Credential(
        identities.assumed_role(ROLE, "i-0123456789abcdef0", "ASIAIEXAMPLEXXXXXXK1", DAY, ec2RoleDelivery="2.0"), ONE
    )
    trail.call(twin, DAY, "s3", "ListBuckets", vpcEndpointId="vpce-1", vpcEndpointAccountId=ONE)
    found = activity(part_of(trail.records))
    assert (found.delivery, found.vpce_id, found.vpce_account) == ("2.0", "vpce-1", ONE)


def test_service_linked_role_without_key(trail: Trail) -> None:
    role = Role(ONE, "AWSServiceRoleForX", "AROAIEXAMPLEXXXXXXXSL", "/aws-service-role/x/")
    trail.call(
        Credential(identities.assumed_role(role, "x", "", DAY), ONE).with_identity(invokedBy="x"), DAY, "s3", "ListBuckets"
    )
    part = part_of(trail.records)
    assert [(caller.kind, caller.internal) for caller in part.callers] == [("session", 1)]
    assert part.credentials == []


@pytest.mark.parametrize(
    "identity",
    [
        identities.aws_account("AROAIEXAMPLEXXXXXXXXA:work", ONE),
        identities.aws_service("ec2.amazonaws.com"),
        {"type": "Unknown", "accountId": ONE, "principalId": "x"},
        {"accountId": ONE, "invokedBy": "x.amazonaws.com"},
        {},
    ],
)
def test_others_are_no_uses(trail: Trail, identity: Any) -> None:
    trail.record(DAY, "s3.amazonaws.com", "GetObject", identity, account=ONE, address="203.0.113.1", agent="x")
    found = reduced(file_of(trail.records))
    assert (found.part.callers, found.part.activities, found.part.taken) == ([], [], 1)
    assert texts(found, "identity") == [""]


@pytest.mark.parametrize("event_type", ["AwsVpceEvent", "AwsServiceEvent"])
def test_copies_and_service_events_are_no_uses(trail: Trail, alice: Credential, event_type: str) -> None:
    trail.call(alice, DAY, "s3", "GetObject", eventType=event_type)
    assert part_of(trail.records).callers == []


def test_masked_ids_make_strangers_not_one(trail: Trail) -> None:
    for name in ("A", "B"):
        role = Role(ONE, name, "AROA****************")
        session = Credential(identities.assumed_role(role, "user", "ASIA****************", DAY), ONE)
        trail.call(session, DAY, "s3", "ListBuckets")
    part = part_of(trail.records)
    assert len({caller.id for caller in part.callers}) == 2
    assert part.credentials == []


def test_long_term_key_with_a_session_context(trail: Trail, alice: Credential) -> None:
    odd = alice.with_identity(sessionContext={"attributes": identities.attributes(DAY)})
    trail.call(odd, DAY, "s3", "ListBuckets")
    (caller,) = part_of(trail.records).callers
    assert (caller.id, caller.kind, caller.created) == (ids.key_id("aws", alice.key), "key", 0)


def test_partitions_are_kept_apart(trail: Trail) -> None:
    for partition in ("aws", "aws-cn"):
        role = Role(ONE, "A", "AROAIEXAMPLEXXXXXXXXA", partition=partition)
        trail.call(Credential(identities.assumed_role(role, "s", "", DAY), ONE), DAY, "s3", "ListBuckets")
    assert len({caller.id for caller in part_of(trail.records).callers}) == 2


# --- archive, evidence, cells -----------------------------------------------------------------------------------------


def test_rows_and_evidence(trail: Trail, alice: Credential) -> None:
    session = trail.assume(alice, DAY, ROLE, "work")
    trail.call(session, DAY + 1, "s3", "ListBuckets", userAgent="x" * 900)
    trail.call(session, DAY + 2, "s3", "ListBuckets")
    trail.denied(session, DAY + 3, "s3", "ListBuckets")
    found = reduced(file_of(trail.records))
    assert texts(found, "event_id") == [record["eventID"] for record in trail.records]
    assert texts(found, "record") == [0, 1, 2, 3]
    assert texts(found, "identity")[1:] == [ids.session_id("aws", session.principal_id, DAY)] * 3
    assert texts(found, "error_code") == ["", "", "", "AccessDenied"]
    assert texts(found, "read_only") == [True] * 4
    assert len(texts(found, "agent")[1]) == 256
    assert [row[1] for row in found.evidence] == [trail.records[0]["eventID"]]


def test_cells_hold_every_event_once(trail: Trail, alice: Credential) -> None:
    trail.call(alice, DAY, "s3", "ListBuckets")
    trail.call(alice, DAY + 1, "iam", "CreateUser", {"userName": "b"})
    trail.call(alice, DAY + 3600, "s3", "GetObject", region="us-east-1")
    cells = part_of(trail.records).cells
    assert [(cell.region, cell.hour, cell.counts) for cell in cells] == [
        ("eu-central-1", DAY, {"management_read": 1}),
        ("us-east-1", DAY, {"management_write": 1}),
        ("us-east-1", DAY + 3600, {"data": 1}),
    ]
    hashes = [int.from_bytes(cell.hashes, "little") for cell in cells]
    assert hashes == [ids.event_hash(record["eventID"]) for record in trail.records]


def test_odd_event_ids_have_the_same_hash_alone_and_in_company(trail: Trail, alice: Credential) -> None:
    for event_id in ("not-a-uuid", "E0000000-0000-4000-8000-00000000000F", "e0000000-0000-4000-8000-00000000000a", "x" * 36):
        trail.call(alice, DAY, "s3", "ListBuckets", eventID=event_id)
    together = part_of(trail.records).cells[0].hashes
    alone = sorted(int.from_bytes(part_of([record]).cells[0].hashes, "little") for record in trail.records)
    assert [int.from_bytes(together[at_ : at_ + 8], "little") for at_ in range(0, 32, 8)] == alone


def test_doubles_and_hashes_to_skip(trail: Trail, alice: Credential) -> None:
    for second in range(4):
        trail.call(alice, DAY + second, "s3", "ListBuckets")
    twice = reduced(file_of(trail.records * 2))
    once = reduced(file_of(trail.records))
    assert twice.part._replace(object=once.part.object) == once.part._replace(doubles=4)
    skip = part_of(trail.records[:3]).cells[0].hashes
    rest = reduced(file_of(trail.records), skip=skip)
    assert (rest.part.taken, rest.part.doubles, texts(rest, "record")) == (1, 3, [3])
    assert reduced(file_of(trail.records), skip=once.part.cells[0].hashes).part.activities == []


def test_parts_of_a_large_object(trail: Trail, alice: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roletrail.ingest.records.PART_RECORDS", 3)
    for second in range(7):
        trail.call(alice, DAY + second, "s3", "ListBuckets")
    bodies = [file_of(trail.records), b"\n".join(json.dumps(record).encode() for record in trail.records)]
    for body in bodies:
        parts = [reduced(body, k) for k in range(3)]
        assert [(found.part.k, found.part.n, found.part.taken) for found in parts] == [(0, 3, 3), (1, 3, 3), (2, 3, 1)]
        assert [at_ for found in parts for at_ in texts(found, "record")] == list(range(7))
