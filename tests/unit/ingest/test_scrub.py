"""No secret survives, however it is written; everything else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest import scrub
from roletrail.ingest.scrub import DROPPED, SECRET_NAMES, rebuilt, scrubbed, scrubbed_each
from tests.support import sign_in
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import CANARY, Trail, at
from tests.support.identities import Role
from tests.support.reduced import file_of, reduced

SPELLINGS = {
    "as AWS writes it": '{"credentials":{"sessionToken":"CANARY","accessKeyId":"ASIAIEXAMPLEXXXXXXK1"}}',
    "with blanks": '{ "sessionToken" :\n\t"CANARY" }',
    "another case": '{"SESSIONTOKEN":"CANARY"}',
    "an escaped letter in the name": '{"session\\u0054oken":"CANARY"}',
    "a name all of escapes": '{"' + "".join(f"\\u{ord(letter):04x}" for letter in "password") + '":"CANARY"}',
    "an escape elsewhere": '{"note":"a\\"b","sessionToken":"CANARY"}',
    "an escape in the value": '{"sessionToken":"a\\"CANARY"}',
    "twice": '{"a":{"password":"CANARY"},"b":[{"password":"CANARY"},{"newPassword":"CANARY"}]}',
    "a value that is a number": '{"tokenCode":123456789, "x":"kept"}',
    "a value that is an object": '{"plaintext":{"text":"CANARY"}}',
    "a value that is a list": '{"secretString":["CANARY"]}',
    "JSON within a string": json.dumps({"requestParameters": json.dumps({"masterUserPassword": "CANARY"})}),
    "JSON within JSON within a string": json.dumps({"a": json.dumps({"b": json.dumps({"secretAccessKey": "CANARY"})})}),
    "broken JSON within a string": json.dumps({"a": '{"secretAccessKey": "CANARY'}),
    "a list within a string": json.dumps({"a": json.dumps([{"samlAssertion": "CANARY"}])}),
    "deep": '{"a":' * 150 + '{"clientSecret":"CANARY"}' + "}" * 150,
    "the name as a value first": '{"keys":["sessionToken","password"],"password":"CANARY"}',
    "a name that ends like one": '{"mySessionToken":"kept","sessionToken":"CANARY"}',
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_secret_is_dropped(spelling: str) -> None:
    found = scrubbed(SPELLINGS[spelling].encode())
    assert b"CANARY" not in found
    assert b"123456789" not in found
    assert DROPPED.encode() in found
    json.loads(found)


@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_every_name_is_found_by_the_quick_way(name: str) -> None:
    raw = json.dumps({"x": {name: "CANARY", "y": 1}}, separators=(",", ":")).encode()
    assert scrubbed(raw) == raw.replace(b"CANARY", DROPPED.encode())


KEPT = [
    {"nextToken": "abc", "clientToken": "abc", "sAMLAssertionID": "_a", "webIdentityTokenId": "w", "secretId": "prod/db"},
    {"policyDocument": json.dumps({"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue"}]})},
    {"password": None, "secretAccessKey": "", "plaintext": None},
    {"errorMessage": 'User: "x" \\ is not authorized', "list": [1, 2.5, True, None, {}]},
    {"value": "password", "passwordReused": "no"},
]


@pytest.mark.parametrize("record", KEPT)
def test_what_is_no_secret_stays(record: dict[str, Any]) -> None:
    raw = json.dumps(record).encode()
    assert json.loads(scrubbed(raw)) == record


NAMES = st.sampled_from(["password", "Password", "sessionToken", "tokenCode", "name", "x", 'a"b', "pass\\word", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\{[é', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(NAMES, VALUES, max_size=5), st.booleans())
def test_quick_and_slow_way_agree(record: dict[str, Any], ascii_: bool) -> None:
    raw = json.dumps(record, ensure_ascii=ascii_).encode()
    quick, slow = json.loads(scrubbed(raw)), json.loads(rebuilt(raw))
    assert quick == slow


UNREADABLE = b'{"a":"\\ud800\\","b":NaN}'


@given(st.lists(st.sampled_from([*SPELLINGS.values(), *map(json.dumps, KEPT), UNREADABLE.decode()])), st.integers(1, 300))
def test_many_are_cleaned_as_each_alone(texts: list[str], together: int) -> None:
    raws = [text.encode() for text in texts]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scrub, "_TOGETHER_BYTES", together)
        found = scrubbed_each(raws)
    for raw, clean in zip(raws, found, strict=True):
        if raw == UNREADABLE:
            assert clean == b'{"quarantined":"malformed_json"}'
        else:
            assert clean == scrubbed(raw)


def test_no_canary_in_anything_a_reduction_hands_on() -> None:
    trail = Trail(NamedIds())
    day = at("2026-11-06", "10:00:00")
    alice = trail.user_key("111111111111", "alice", key="ALICE")
    role = Role("111111111111", "A", "AROAIEXAMPLEXXXXXXXXA")
    trail.assume(alice, day, role, "work")
    trail.get_session_token(alice, day, mfa=True)
    trail.get_federation_token(alice, day, "admin")
    trail.assume_root(alice, day, "222222222222")
    sign_in.saml(trail, day, role, "idp", "alice@example.com", "alice", address="203.0.113.9")
    sign_in.web_identity(trail, day, role, "token.example.com", "sts", "repo:x", "ci", address="203.0.113.9", agent="x")
    trail.call(alice, day, "iam", "CreateLoginProfile", {"userName": "bob", "password": CANARY})
    trail.call(alice, day, "rds", "CreateDBInstance", {"masterUserPassword": CANARY})
    trail.call(alice, day, "signin", "CreateOAuth2Token", {"code_verifier": CANARY, "refresh_token": CANARY})
    assert CANARY in file_of(trail.records).decode()
    found = reduced(file_of(trail.records))
    assert found.part.taken == len(trail.records)
    assert len(found.evidence) == len(trail.records) - 1  # a database is made by an ordinary call
    assert CANARY not in repr(found)


def test_scrubbing_is_idempotent() -> None:
    raw = SPELLINGS["JSON within a string"].encode()
    assert scrub.scrubbed(scrubbed(raw)) == scrubbed(raw)
