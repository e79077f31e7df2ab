"""The quick reading of a role session's userIdentity says what the slow one says, and times, agents and addresses are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest import addresses, agents, clock
from roletrail.ingest.identity import Identities, facts_of
from tests.support import identities
from tests.support.identities import Role

ROLE = Role("111111111111", "A", "AROAIEXAMPLEXXXXXXXXA", "/team/")
DAY = 1793959200

TEXT = st.sampled_from(
    ["", "a", "AROAIEXAMPLEXXXXXXXXA:work", "arn:aws-cn:sts::111111111111:assumed-role/A/work", "x*y", "REDACTED"]
)
OPTIONAL = st.one_of(st.just(None), TEXT)


@st.composite
def elements(draw: st.DrawFn) -> dict[str, Any]:
    element = dict(identities.assumed_role(ROLE, "work", "ASIAIEXAMPLEXXXXXXK1", DAY))
    context = dict(element["sessionContext"])
    for holder, names in (
        (element, ["principalId", "arn", "accountId", "accessKeyId", "invokedBy", "userName"]),
        (context, ["sourceIdentity", "ec2RoleDelivery", "assumedRoot", "signInSessionArn"]),
    ):
        for name in names:
            if draw(st.booleans()):
                holder[name] = draw(OPTIONAL)
    if draw(st.booleans()):
        context["sessionIssuer"] = draw(st.sampled_from([{}, None, {"arn": "a"}, {"principalId": 5}]))
    if draw(st.booleans()):
        context["attributes"] = draw(
            st.sampled_from([{}, None, {"creationDate": "no"}, {"creationDate": "2026-11-06T10:00:00Z"}])
        )
    return {**element, "sessionContext": context}


@given(elements())
def test_quick_and_slow_reading_agree(element: dict[str, Any]) -> None:
    assert Identities().facts(json.dumps(element).encode()) == facts_of(element)


def test_facts_of_a_role_session() -> None:
    element = identities.assumed_role(ROLE, "work", "ASIAIEXAMPLEXXXXXXK1", DAY, sourceIdentity="alice", ec2RoleDelivery="2.0")
    element = {**element, "inScopeOf": {"issuerType": "AWS::EC2::Instance", "credentialsIssuedTo": "arn:i"}}
    facts = Identities().facts(json.dumps({**element, "onBehalfOf": {"userId": "u-1"}}).encode())
    assert (facts.created, facts.role_id, facts.role_arn, facts.name) == (DAY, ROLE.unique_id, ROLE.arn, "work")
    assert (facts.source_identity, facts.delivery, facts.on_behalf_of) == ("alice", "2.0", "u-1")
    assert facts.in_scope_of == "AWS::EC2::Instance arn:i"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Sep 14, 2026, 7:01:26 AM", "2026-09-14T07:01:26Z"),
        ("Sep 17, 2026 8:04:10 PM", "2026-09-17T20:04:10Z"),
        ("Oct 2, 2026 11:12:29\u202fPM", "2026-10-02T23:12:29Z"),
        ("Nov 30, 2026, 8:43:17\u00a0PM", "2026-11-30T20:43:17Z"),
        ("Jan 1, 2026, 12:00:00 AM", "2026-01-01T00:00:00Z"),
        ("Jan 1, 2026, 12:00:00 PM", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"),
    ],
)
def test_expiration_spellings(text: str, iso: str) -> None:
    assert clock.iso(clock.expiration(text)) == iso


@pytest.mark.parametrize(
    "text", ["", "soon", "Feb 31, 2026, 1:00:00 AM", "Jan 1, 2026, 25:00:00 AM", "Jan 1, 2026, 1:00:00 XM", "Jan 1, x, 1:0:0 AM"]
)
def test_no_expiration(text: str) -> None:
    assert clock.expiration(text) == 0


@given(st.lists(st.integers(clock.EARLIEST, clock.LATEST - 1), min_size=1, max_size=20), st.sampled_from([1, clock.FEW]))
def test_times_at_once_and_one_by_one(some: list[int], times: int) -> None:
    seconds = some * times
    texts = [clock.iso(second) for second in seconds]
    found = clock.epochs(texts)
    assert found is not None
    assert found.tolist() == [clock.epoch(text) for text in texts] == seconds


ODD = st.sampled_from(["", " ", "0", "7", "-", "+", ":", "T", "Z", "\u202f", ","])


@given(st.integers(clock.EARLIEST, clock.LATEST + 90), st.integers(0, 24), ODD)
def test_a_remembered_minute_says_what_the_whole_text_says(second: int, place: int, odd: str) -> None:
    us = datetime.fromtimestamp(second, UTC).strftime("%b %d, %Y, %I:%M:%S %p")
    for text in (clock.iso(second), us):
        for written in (text, text[:place] + odd + text[place + 1 :], text[:place] + odd + text[place:]):
            assert clock.epoch(written) == clock._epoch(written)
            assert clock.expiration(written) == clock._expiration(written)
    if second < clock.LATEST:
        assert clock.expiration(us) == clock.epoch(clock.iso(second)) == second


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T10:00:00Z",
        "2026-11-06T24:00:00Z",
        "2026-11-06T10:00:60Z",
        "2026-11-06 10:00:00Z",
        "2026-11-06T10:00:0xZ",
        "1999-01-01T00:00:00Z",
        "2026-11-06T10:00:00é",
        "2026-11-06T10:00:00Z\n",
    ],
)
def test_times_at_once_take_nothing_odd(text: str) -> None:
    for usual in (1, clock.FEW):
        assert clock.epochs(["2026-11-06T10:00:00Z"] * usual) is not None
        assert clock.epochs([*["2026-11-06T10:00:00Z"] * usual, text]) is None


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("aws-cli/2.17.40 md/awscrt#0.21.2 os/linux#6.8.0 lang/python#3.11", "aws-cli/2 linux"),
        ("aws-cli/1.18 Python/3.8 Darwin/19.6.0 botocore/1.17", "aws-cli/1 macos"),
        ("Boto3/1.34 os/linux exec-env/AWS_Lambda_python3.12 Botocore/1.34", "boto3 linux lambda"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/120 Safari/537", "chrome windows"),
        ("Mozilla/5.0 (Macintosh; Mac OS X) Version/17 Safari/605", "safari macos"),
        ("aws-sdk-go/1.44 (go1.19; linux; amd64) amazon-ssm-agent/", "amazon-ssm-agent linux"),
        ("APN/1.0 HashiCorp/1.0 Terraform/1.5 aws-sdk-go-v2/1.2 os/linux", "terraform linux"),
        ("ec2.amazonaws.com", "ec2.amazonaws.com"),
        ("curl/8.4.0", "curl"),
        ("<script>alert(1)</script>", "script"),
        ("", ""),
        ("\u2603", "other"),
    ],
)
def test_agent_families(agent: str, family: str) -> None:
    assert agents.family(agent) == family


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("ec2.amazonaws.com", "ec2.amazonaws.com"),
        ("AWS Internal/3", "AWS Internal/3"),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", ""),
        ("no:address", "no:address"),
    ],
)
def test_addresses(source: str, address: str) -> None:
    assert addresses.normal(source) == address
