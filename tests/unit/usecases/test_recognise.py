"""What a pasted text is."""

from __future__ import annotations

import base64
import json

import pytest

from roletrail.usecases.recognise import Thing, hint, recognise

EVENT = "8d0f3c52-0000-4000-8000-00000000abcd"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIAEXAMPLE000000001", "access_key_id"),
        (" ASIAEXAMPLE000000001\n", "access_key_id"),
        ("AROAEXAMPLE000000001:deploy", "principal_id"),
        ("AROAEXAMPLE000000001", "principal_id"),
        ("123456789012:aws:ec2-instance:i-02854e4b", "principal_id"),
        ("arn:aws:iam::123456789012:role/ops/Admin", "role_arn"),
        ("arn:aws-cn:iam::123456789012:role/Admin", "role_arn"),
        ("arn:aws:sts::123456789012:assumed-role/Admin/x", "arn"),
        ("arn:aws:iam::123456789012:user/alice", "arn"),
        ("192.0.2.7", "address"),
        ("i-0123456789abcdef0", "instance"),
        (EVENT, "event"),
        (f"20260131.{EVENT}", "event"),
        ("123456789012", "account"),
        ("abcdefghijklmnopqrst", "id"),
        ("alice", "name"),
        ("<script>alert(1)</script>", "name"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    first, *rest = recognise(text)
    assert first.kind == kind
    assert {thing.kind for thing in rest} <= {"principal_id"}


def test_what_looks_like_an_event_or_an_arn_may_be_a_subject() -> None:
    for text in (EVENT, "arn:aws:iam::123456789012:oidc-provider/example.com:aud:sub"):
        assert recognise(text)[1] == Thing("principal_id", text, "principal id")


def test_addresses_are_compressed() -> None:
    assert recognise("2001:0db8:0000::0001") == [Thing("address", "2001:db8::1", "address")]


def test_a_reference_is_its_event() -> None:
    assert recognise(f"20260131.{EVENT}")[0].value == EVENT


def test_a_record_is_looked_up_by_event_then_key_then_principal() -> None:
    record = {"eventID": EVENT, "userIdentity": {"accessKeyId": "ASIAEXAMPLE000000001", "principalId": "AROAEXAMPLE000000001:x"}}
    assert [thing.kind for thing in recognise(json.dumps(record))] == ["event", "access_key_id", "principal_id"]
    assert [thing.kind for thing in recognise(json.dumps({"detail": record}))] == ["event", "access_key_id", "principal_id"]


@pytest.mark.parametrize(
    "text", ["", "  ", "ab", "{", "{}", '{"userIdentity": []}', '{"eventID": 7}', "[" * 100_000, "{" * 100_000]
)
def test_what_is_nothing_is_nothing_or_a_name(text: str) -> None:
    assert all(thing.kind == "name" for thing in recognise(text))


def test_a_key_id_hints_at_its_account() -> None:
    key = access_key("111122223333")
    assert "111122223333" in hint(Thing("access_key_id", key, "key"))
    assert hint(Thing("access_key_id", "AKIAIOSFODNN7EXAMPLE", "key")) == ""
    assert hint(Thing("name", "alice", "name")) == ""


def access_key(account: str) -> str:
    """A key id that encodes an account, put together as `lineage.arn.account_hint` takes it apart."""
    body = base64.b32encode((int(account) << 7).to_bytes(6, "big") + bytes(4)).decode()
    return "AKIA" + body


KEY, PRINCIPAL = "ASIAEXAMPLE000000001", "AROAEXAMPLE000000001:i-0abcdef0123456789"
API_FINDING = {
    "SchemaVersion": "2.0",
    "Type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "Resource": {"ResourceType": "AccessKey", "AccessKeyDetails": {"AccessKeyId": KEY, "PrincipalId": PRINCIPAL}},
    "Service": {"Action": {"AwsApiCallAction": {"RemoteIpDetails": {"IpAddressV4": "198.51.100.7"}}}},
}
BUS_FINDING = {
    "detail-type": "GuardDuty Finding",
    "detail": {
        "resource": {"instanceDetails": {"instanceId": "i-0abcdef0123456789"}},
        "service": {"action": {"networkConnectionAction": {"remoteIpDetails": {"ipAddressV4": "198.51.100.7"}}}},
    },
}
ASFF = {
    "ProductArn": "arn:aws:securityhub:::product/aws/guardduty",
    "Resources": [{"Details": {"AwsIamAccessKey": {"AccessKeyId": KEY}}}],
}


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        (API_FINDING, [("access_key_id", KEY), ("principal_id", PRINCIPAL), ("address", "198.51.100.7")]),
        ({"Findings": [API_FINDING]}, [("access_key_id", KEY), ("principal_id", PRINCIPAL), ("address", "198.51.100.7")]),
        (BUS_FINDING, [("instance", "i-0abcdef0123456789"), ("address", "198.51.100.7")]),
        (ASFF, [("access_key_id", KEY)]),
        ({"Records": [{"eventID": "e1", "userIdentity": {"accessKeyId": KEY}}]}, [("event", "e1"), ("access_key_id", KEY)]),
        ({"Resource": [], "Service": 7}, []),
        ({"Resource": {"AccessKeyDetails": {"AccessKeyId": 7}}, "Service": {"Action": "x"}}, []),
    ],
)
def test_findings_and_envelopes_are_taken_apart(pasted: dict, expected: list[tuple[str, str]]) -> None:
    assert [(thing.kind, thing.value) for thing in recognise(json.dumps(pasted, indent=2))] == expected
