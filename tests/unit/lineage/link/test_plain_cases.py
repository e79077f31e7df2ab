"""What is plain at first sight, and what else must be away for it to be so."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.lineage.ids import anchor
from roletrail.lineage.link import anchors, linked_plainly
from roletrail.lineage.link.plain import Plain, is_alone, plain
from roletrail.lineage.model import CredentialUse, Issuance, Seen
from tests.unit.lineage.link.made import AT, ONE, TWO, made, seen

INSTANCE = "i-0aaaaaaaaaaaaaaa1"
ROLE = f"arn:aws:iam::{ONE}:role/A"
SSO = "AWSReservedSSO_Admins_0123456789abcdef"
STRETCH = AT // 32


def issued(**facts: Any) -> Issuance:
    about: dict[str, Any] = {
        "event_id": "issued", "at": AT, "family": "assume", "partition": "aws", "request_id": "r", "parent": "p", "child": "me",
        "child_key": "K1", "child_principal": "AROA:work", "child_type": "AssumedRole", "role_arn": ROLE, "role_account": ONE,
        "role_name": "A", "session_name": "work",
    }  # fmt: skip
    return made(Issuance, **about | facts)


def use(key: str = "K1", kind: str = "issued") -> CredentialUse:
    return made(CredentialUse, access_key_id=key, kind=kind, first_at=AT + 5, first_event="use")


def used(*uses: CredentialUse, **facts: Any) -> Seen:
    about = {
        "partition": "aws",
        "type": "AssumedRole",
        "principal_id": "AROA:work",
        "account": ONE,
        "role_arn": ROLE,
        "name": "work",
    }
    return seen(*(uses or (use(),)), **about | facts)


def is_plain(one: Seen | None, *copies: Issuance) -> bool:
    return plain(one, copies) is not None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, True),
        ({"family": "saml"}, True),
        ({"family": "web"}, True),
        ({"family": "web", "detail": '{"web_identity_token_id":"w"}'}, False),
        ({"detail": '{"web_identity_token_id":"w"}'}, True),
        ({"family": "service", "parent_label": "ec2.amazonaws.com", "session_name": INSTANCE}, True),
        ({"family": "service", "invoked_by": "lambda.amazonaws.com"}, True),
        ({"family": "service", "parent_label": "ecs-tasks.amazonaws.com"}, False),
        ({"family": "service", "parent_label": "ec2.amazonaws.com"}, False),
        ({"family": "session_token"}, False),
        ({"child_type": "IAMUser"}, False),
        ({"child_principal": ""}, False),
        ({"child_key": ""}, False),
        ({"copy": "foreign"}, False),
        ({"parent_key": "K1"}, False),
        ({"parent_key": "K0"}, True),
        ({"detail": '{"was":["x"]}'}, False),
        ({"detail": '{"duration":900}'}, True),
    ],
)
def test_which_issuances_are_plain(facts: dict[str, Any], expected: bool) -> None:
    assert is_plain(None, issued(**facts)) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, True),
        ({"request_id": "s"}, False),
        ({"child": "other"}, False),
        ({"child_key": "K2"}, False),
        ({"at": AT + 1}, False),
        ({"family": "saml"}, False),
        ({"event_id": "other", "shared_event_id": "s", "copy": "foreign"}, True),
    ],
)
def test_which_copies_are_plainly_of_one_call(facts: dict[str, Any], expected: bool) -> None:
    assert is_plain(None, issued(), issued(**facts)) is expected
    assert is_plain(None, issued(request_id=""))
    assert not is_plain(None, issued(request_id=""), issued(**facts | {"request_id": ""}))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (used(), True),
        (used(use(), use("F1", "forward")), True),
        (used(use("F1", "forward"), use()), True),
        (used(use(), use("K2")), False),
        (used(use("K2")), False),
        (used(use("K1", "forward")), False),
        (used(use("K1", "forward"), use("K1", "forward")), False),
        (used(use("K1", "long_term")), False),
        (used(id="other"), False),
        (used(kind="key"), False),
        (used(created=AT + 1), False),
        (used(created=0), False),
        (used(principal_id="AROB:work"), False),
        (used(partition="aws-cn"), False),
        (used(name="other"), False),
        (used(role_arn=ROLE + "2"), False),
    ],
)
def test_which_sessions_are_plain(one: Seen, expected: bool) -> None:
    assert is_plain(one, issued()) is expected


def found(one: Seen | None, *copies: Issuance) -> Plain:
    case = plain(one, copies)
    assert case is not None
    return case


def test_what_a_plain_case_asks_to_be_alone() -> None:
    shared = (anchor("key", "K1"), anchor("moment", "A", "work", str(STRETCH - 1)), anchor("moment", "A", "work", str(STRETCH)))
    one = found(used(), issued(), issued(copy="foreign"))
    assert (one.own, one.shared, one.empty, one.eras) == (3, shared, (), anchors.eras("aws", "AROA:work", AT))
    assert (one.case.id, one.case.created, len(one.case.grants)) == ("me", AT, 1)
    assert one.case.seen == used()
    idle = found(None, issued())
    assert (idle.own, idle.shared, idle.empty, idle.case.seen) == (1, shared, (), None)
    in_scope = found(used(in_scope_of=f"AWS::EC2::Instance arn:aws:ec2:eu-central-1:{ONE}:instance/{INSTANCE}"), issued())
    assert in_scope.empty == (anchor("touched", "instance", INSTANCE), anchor("wrote", "me"))
    saml = found(None, issued(family="saml", provider="p", role_name=SSO))
    assert set(saml.empty) == {
        anchor("touched", "provider", "p"), anchor("touched", "permission_set", "Admins"),
        *(anchor("portal", ONE, "Admins", str(STRETCH + n)) for n in (-1, 0)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "before", "moment", "asked", "alone"),
    [
        (2, 0, 2, 0, True),
        (2, 2, 0, 0, True),
        (2, 1, 1, 0, True),
        (3, 0, 2, 0, False),
        (1, 0, 2, 0, False),
        (2, 1, 2, 0, False),
        (2, 0, 1, 0, False),
        (2, 0, 2, 1, False),
    ],
)
def test_a_case_is_alone_with_its_own_observations(key: int, before: int, moment: int, asked: int, alone: bool) -> None:
    one = found(used(in_scope_of=f"AWS::EC2::Instance arn:aws:ec2:eu-central-1:{ONE}:instance/{INSTANCE}"), issued())
    counts = zip((*one.shared, one.empty[1]), (key, before, moment, asked), strict=True)
    assert is_alone(one, {a: n for a, n in counts if n}) is alone


def test_a_case_without_a_trace_in_the_index_is_not_called_alone() -> None:
    idle = found(None, issued())
    key, _, moment = idle.shared
    assert [is_alone(idle, dict.fromkeys(known, 1)) for known in ((), (key,), (moment,), (key, moment))] == [
        False,
        False,
        False,
        True,
    ]


def test_what_is_said_of_a_plain_case() -> None:
    used_ = linked_plainly(found(used(), issued(parent_key="K0")))
    assert [(e.kind, e.parent, e.parent_key, e.child_key, e.rule, e.confidence) for e in used_.edges] == [
        ("ASSUMED", "p", "K0", "K1", "J1", 1.0)
    ]
    assert (used_.node.name, used_.node.account, used_.aliases, used_.origins) == ("work", ONE, (), ())
    assert linked_plainly(found(used(source_identity="a"), issued(source_identity="b"))).edges[0].confidence == 0.95
    delivered = linked_plainly(found(None, issued(family="service", parent_label="lambda.amazonaws.com", role_account=TWO)))
    assert [(o.kind, o.type, o.account) for o in delivered.origins] == [("origin", "function", TWO)]
    assert [(e.kind, e.parent) for e in delivered.edges] == [("DELIVERED", delivered.origins[0].id)]
