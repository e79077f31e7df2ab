"""Which grants made a session, which of several fit, and whom a grant belongs to."""

from __future__ import annotations

import random
from typing import Any

import pytest

from roletrail.lineage.link import match as rules
from roletrail.lineage.link.grant import is_login, logins, merged
from roletrail.lineage.link.known import agrees, compatible
from roletrail.lineage.link.match import matches, unused
from roletrail.lineage.model import CredentialUse, Issuance, Seen, SignIn
from tests.unit.lineage.link.made import AT, ONE, TWO, asked, grant, known, made, seen

ROLE = f"arn:aws:iam::{ONE}:role/team/A"
WHO: dict[str, Any] = {"partition": "aws", "type": "AssumedRole", "principal_id": "AROA:work", "account": ONE, "name": "work"}
MADE: dict[str, Any] = {
    "partition": "aws", "child_type": "AssumedRole", "role_account": ONE, "role_name": "A", "session_name": "work", "family": "assume",
    "child": "me", "child_principal": "AROA:work", "child_key": "K1", "event_id": "issued",
}  # fmt: skip


def use(key: str = "K1", kind: str = "issued") -> CredentialUse:
    return made(CredentialUse, access_key_id=key, kind=kind, first_at=AT + 9, first_event="use of " + key)


def one(*uses: CredentialUse, **facts: Any) -> Seen:
    return seen(*uses, **WHO | {"role_arn": ROLE, "first_at": AT + 5, "first_event": "first"} | facts)


def issued(**facts: Any) -> Issuance:
    return made(Issuance, **{"at": AT} | MADE | facts)


def found(session: Seen, *issuances: Issuance, others: tuple[Seen, ...] = ()) -> list[tuple[str, float]]:
    return [(m.rule, m.confidence) for m in matches(session, known(session, *others, issuances=issuances))]


@pytest.mark.parametrize(
    ("facts", "fits"),
    [
        ({}, True),
        ({"partition": "aws-cn"}, False),
        ({"principal_id": "AROB:work"}, False),
        ({"type": "IAMUser"}, False),
        ({"account": TWO, "name": "x", "role_arn": ""}, True),
    ],
)
def test_the_unique_id_says_whose_grant_it_is(facts: dict[str, Any], fits: bool) -> None:
    assert compatible(one(**facts).caller, grant(**MADE)) is fits
    assert compatible(one(**{"type": "Root"} | facts).caller, grant(**MADE | {"child_type": ""})) is (
        fits or facts == {"type": "IAMUser"}
    )


@pytest.mark.parametrize(
    ("facts", "fits"),
    [
        ({}, True),
        ({"principal_id": "AROB:work"}, True),
        ({"role_arn": "", "arn": f"arn:aws:sts::{ONE}:assumed-role/A/work"}, True),
        ({"role_arn": "", "arn": f"arn:aws:sts::{ONE}:assumed-role/B/work"}, False),
        ({"role_arn": ROLE + "2"}, False),
        ({"account": TWO}, False),
        ({"name": "x"}, False),
        ({"type": "FederatedUser"}, False),
        ({"partition": "aws-cn"}, False),
    ],
)
def test_without_a_unique_id_role_and_name_say_it(facts: dict[str, Any], fits: bool) -> None:
    assert compatible(one(**facts).caller, grant(**MADE | {"child_principal": ""})) is fits


@pytest.mark.parametrize(("created", "fits"), [(AT - 3, False), (AT - 2, True), (AT + 2, True), (AT + 3, False), (0, True)])
def test_a_key_agrees_with_its_session_within_two_seconds(created: int, fits: bool) -> None:
    assert agrees(one(created=created).caller, grant(**MADE)) is fits
    assert not agrees(one(created=created, principal_id="x").caller, grant(**MADE))


@pytest.mark.parametrize(
    ("session", "facts", "expected"),
    [
        (one(use()), {}, [("J1", 1.0)]),
        (one(use("K2")), {}, [("J2", 0.95)]),
        (one(use("K2")), {"family": "session_token"}, [("J5", 0.95)]),
        (one(use("K2")), {"child_principal": ""}, [("J3", 0.92)]),
        (one(use("K2")), {"at": AT - 2}, [("J4", 0.8)]),
        (one(use("K2")), {"at": AT + 1}, [("J4", 0.8)]),
        (one(use("K2")), {"at": AT + 3}, []),
        (one(use("K2"), created=0), {}, []),
        (one(use(), created=0), {}, [("J1", 1.0)]),
        (one(use(), principal_id="x"), {}, [("J1x", 0.5)]),
        (one(use(), principal_id="x"), {"copy": "foreign"}, []),
        (one(use(kind="forward"), principal_id="x"), {}, []),
        (one(use(kind="forward")), {}, [("J1", 1.0)]),
        (one(use(kind="forward"), created=0), {}, []),
        (one(use("K2")), {"parent_key": "K1"}, [("J2", 0.5)]),
        (one(use(), source_identity="a"), {"source_identity": "a"}, [("J1", 1.0)]),
        (one(use(), source_identity="a"), {"source_identity": "b"}, [("J1", 0.95)]),
        (one(use(), source_identity="a"), {}, [("J1", 1.0)]),
        (one(use()), {"source_identity": "b"}, [("J1", 1.0)]),
        (one(use("K2"), source_identity="a"), {"source_identity": "a"}, [("J2", 0.98)]),
        (one(use("K2"), source_identity="a"), {"source_identity": "a", "at": AT + 1}, [("J4", 0.83)]),
        (one(use("K2"), source_identity="a"), {"source_identity": "b"}, [("J2", 0.4)]),
        (one(use("K2"), source_identity="a"), {"source_identity": "a", "parent_key": "K1"}, [("J2", 0.5)]),
    ],
)
def test_the_first_rule_that_fires(session: Seen, facts: dict[str, Any], expected: list[tuple[str, float]]) -> None:
    assert found(session, issued(**facts)) == expected


def test_what_a_match_carries() -> None:
    (by_key,) = matches(one(use("K0"), use()), known(one(use("K0"), use()), issuances=[issued()]))
    assert (by_key.child_key, by_key.use, by_key.conflict) == ("K1", (AT + 9, "use of K1"), "")
    (by_second,) = matches(one(use("K2")), known(one(use("K2")), issuances=[issued()]))
    assert (by_second.child_key, by_second.use, by_second.conflict) == ("K1", (AT + 5, "first"), "")


@pytest.mark.parametrize(
    ("facts", "whose"),
    [({}, "A/work"), ({"role_name": ""}, "AROA:work/work"), ({"session_name": ""}, "A"), ({"session_name": "/x"}, "A//x")],
)
def test_a_key_of_somebody_else_says_whose_it_was(facts: dict[str, str], whose: str) -> None:
    session = one(use("K0"), use(), principal_id="x", source_identity="s")
    (m,) = matches(session, known(session, issuances=[issued(**facts)]))
    assert (m.rule, m.child_key, m.use, m.conflict) == ("J1x", "K1", (AT + 9, "use of K1"), f"the key was issued to {whose}")
    assert matches(session, known(session, issuances=[issued(**facts, source_identity="t")]))[0].conflict == m.conflict


def test_a_changed_source_identity_is_told() -> None:
    session = one(use(), source_identity="a")
    (m,) = matches(session, known(session, issuances=[issued(source_identity="b")]))
    assert m.conflict == "sourceIdentity was set to 'b' and is 'a'"
    assert rules.by_key(session, grant(**MADE | {"source_identity": "b"})).conflict == m.conflict
    assert rules.by_key(one(use()), grant(**MADE | {"source_identity": "b"})).conflict == ""


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ([{"parent": "p"}, {"parent": "q"}], [("J2m", 0.6)] * 2),
        ([{"parent": "p"}, {"parent": "p"}], [("J2", 0.95)] * 2),
        ([{"parent_principal": "p"}, {"parent_principal": "q"}], [("J2m", 0.6)] * 2),
        ([{"parent_label": "p"}, {"parent_label": "q"}], [("J2m", 0.6)] * 2),
        ([{"provider": "p"}, {"provider": "q"}], [("J2m", 0.6)] * 2),
        ([{"parent": "p", "parent_principal": "x"}, {"parent": "p", "parent_principal": "y"}], [("J2", 0.95)] * 2),
    ],
)
def test_several_possible_parents_are_told_as_such(parents: list[dict[str, str]], expected: list[tuple[str, float]]) -> None:
    issuances = [issued(child_key=f"L{n}", request_id=f"r{n}", **parent) for n, parent in enumerate(parents)]
    assert found(one(use("K9")), *issuances) == expected
    assert found(one(use("K9"), use("L0")), *issuances) == [("J1", 1.0), ("J2", 0.95)]


@pytest.mark.parametrize(("grants", "expected"), [(16, 16), (17, 0)])
def test_a_key_that_many_were_given_is_a_placeholder(grants: int, expected: int) -> None:
    issuances = [issued(child=f"c{n}", request_id=f"r{n}", child_principal=f"p{n}") for n in range(grants)]
    assert found(one(use()), *issuances) == [("J1x", 0.5)] * expected


def test_a_grant_a_second_off_is_nobody_elses() -> None:
    """One of its very second, or with its key, keeps it; one of another name or second does not."""
    late = one(use("K2"), id="late", created=AT + 1)
    for other, expected in (
        (one(use("K3"), id="exact"), []),
        (one(use(), id="keyed", created=AT + 2), []),
        (one(use("K3"), id="else", principal_id="AROB:work"), [("J4", 0.8)]),
        (one(use("K3"), id="later", created=AT + 2), [("J4", 0.8)]),
        (one(use(), id="too late", created=AT + 3), [("J4", 0.8)]),
    ):
        assert found(late, issued(), others=(other,)) == expected


@pytest.mark.parametrize(
    ("sessions", "claim"),
    [
        ([one(id="b"), one(id="a")], ["a", "b"]),
        ([one(id="b"), one(use(), id="a", created=AT + 1)], ["b", "a"]),
        (
            [one(use(), id="a", created=0), one(use(), id="b", created=AT + 2), one(use(), id="c", created=AT - 1)],
            ["c", "b", "a"],
        ),
        ([one(id="a", created=AT + 2), one(id="b", created=AT - 1)], ["b", "a"]),
        ([one(id="a", created=AT - 2), one(id="b", created=AT + 1), one(id="c", created=AT + 3)], ["b", "a"]),
        ([one(id="a", principal_id="x")], []),
        ([one(id="a", created=AT + 1), one(id="b", created=AT + 1, principal_id="x")], ["a"]),
        ([one(use(), id="a", principal_id="x")], []),
    ],
)
def test_who_claims_a_grant(sessions: list[Seen], claim: list[str]) -> None:
    around = known(*sessions, issuances=[issued()])
    assert around.claimants(around.grants[0]) == claim


def test_a_session_with_a_grant_of_its_own_claims_no_other() -> None:
    session = one(use("K2"), created=AT + 1)
    around = known(session, issuances=[issued(), issued(at=AT + 1, child="own", child_key="K5", request_id="r")])
    assert [around.claimants(g) for g in around.grants] == [[], ["me"]]
    around = known(session, issuances=[issued(), issued(at=AT + 3, child="own", child_key="K2", request_id="r")])
    assert [around.claimants(g) for g in around.grants] == [[], ["me"]]


def test_what_proves_itself_when_nobody_used_it() -> None:
    assert unused(grant(**MADE))[1:] == ("J1", 1.0, "K1", (0, ""), "")
    assert unused(grant(**MADE | {"parent_key": "K1"}))[1:] == (
        "J1",
        0.5,
        "",
        (0, ""),
        "the record gives parent and child one access key id",
    )
    (login,) = logins([sign_in()])
    assert unused(login)[1:] == ("J6", 0.95, "", (0, ""), "")


def sign_in(**facts: Any) -> SignIn:
    return asked("ConsoleLogin", AT, **{"success": "true", "type": "IAMUser"} | facts)


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        ({}, True),
        ({"type": "Root"}, True),
        ({"type": "AssumedRole"}, False),
        ({"success": "false"}, False),
        ({"success": ""}, False),
        ({"event_name": "SwitchRole"}, False),
        ({"principal_id": ""}, False),
    ],
)
def test_what_is_a_sign_in_with_a_password(facts: dict[str, str], is_one: bool) -> None:
    assert is_login(sign_in(**facts)) is is_one
    assert len(logins([sign_in(**facts)])) == is_one


def test_grants_come_in_order_of_time() -> None:
    told = [issued(event_id=event, at=AT + n, request_id=event) for event, n in (("b", 0), ("a", 0), ("c", -1), ("d", 1))]
    assert [g.told.event_id for g in merged(told)] == ["c", "a", "b", "d"]
    entered = [sign_in(event_id=event, at=AT + n) for event, n in (("b", 0), ("a", 0), ("c", -1), ("d", 1))]
    assert [g.told.event_id for g in logins(entered)] == ["c", "a", "b", "d"]


def test_a_strangers_copy_goes_to_one_call_in_any_order() -> None:
    """Two calls handed the key to one child: the stranger's copy belongs to one of them, whichever was read first."""
    told = [
        issued(event_id="b", request_id="r1"),
        issued(event_id="a", request_id="r2"),
        issued(event_id="f", request_id="r0", copy="foreign"),
    ]
    for seed in range(6):
        shuffled = random.Random(seed).sample(told, 3)
        assert [g.evidence for g in merged(shuffled)] == [("20261102.a",), ("20261102.b", "20261102.f")]
    assert [g.foreign for g in merged([told[2], told[0]._replace(child="other")])] == [False, True]
    assert [len(g.evidence) for g in merged([told[2], told[0]._replace(child="other")])] == [1, 1]


def test_copies_of_one_call_are_known_by_their_ids() -> None:
    for ids_ in ({"request_id": "r"}, {"shared_event_id": "s"}):
        assert len(merged([issued(event_id="a", **ids_), issued(event_id="b", **ids_)])) == 1
        assert len(merged([issued(event_id="a", **ids_), issued(event_id="b", **ids_, child_key="K2")])) == 2
    assert len(merged([issued(event_id="a"), issued(event_id="b")])) == 2


def test_every_key_a_session_used_is_looked_at() -> None:
    """Two calls may tell of one key, or of one each; neither hides the other."""
    twice = [issued(request_id=f"r{n}", event_id=f"e{n}") for n in range(2)]
    assert found(one(use()), *twice) == [("J1", 1.0)] * 2
    assert found(one(use("K2"), use()), *twice, issued(child_key="K2", request_id="r2")) == [("J1", 1.0)] * 3
    elsewhere = issued(child_key="K2", request_id="r2", child_principal="AROB:x", child="other")
    assert found(one(use("K2"), use()), issued(), elsewhere) == [("J1", 1.0)]
