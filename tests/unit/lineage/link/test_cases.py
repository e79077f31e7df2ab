"""The case of an id: what it stands for, what more is asked about it, and which other ids it answers for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage.ids import anchor
from roletrail.lineage.link import anchors, asks_for, case_of, cases, linked_of, more
from roletrail.lineage.link.known import Known
from roletrail.lineage.model import CredentialUse, Issuance, Seen
from tests.unit.lineage.link.made import AT, ONE, asked, case, known, made, match, seen

ROLE = f"arn:aws:iam::{ONE}:role/team/A"
SSO = "AWSReservedSSO_Admins_0123456789abcdef"
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
IN_SCOPE = f"AWS::EC2::Instance arn:aws:ec2:eu-central-1:{ONE}:instance/{INSTANCE}"
ON_INSTANCE = (anchor("touched", "instance", INSTANCE), anchor("wrote", "me"))


def issued(**facts: Any) -> Issuance:
    about: dict[str, Any] = {
        "event_id": "issued", "at": AT, "family": "assume", "partition": "aws", "parent": "p", "child": "c", "child_key": "K1",
        "child_principal": "AROA:work", "child_type": "AssumedRole", "role_name": "A", "session_name": "work",
    }  # fmt: skip
    return made(Issuance, **about | facts)


def one(key: str = "K1", **facts: Any) -> Seen:
    use = made(CredentialUse, access_key_id=key, kind="issued", first_at=AT + 5, first_event="use")
    about = {
        "partition": "aws",
        "type": "AssumedRole",
        "principal_id": "AROA:work",
        "name": "work",
        "role_arn": ROLE,
        "first_at": AT + 5,
    }
    return seen(use, **about | facts)


def ids_of(around: Known, *touched: str) -> list[str]:
    return [c.id for c in cases(touched, around)]


def test_an_id_stands_for_a_caller_or_for_what_nobody_used() -> None:
    around = known(
        one(), issuances=[issued(), issued(child="idle", child_principal="AROA:idle", child_key="K2", request_id="r", at=AT - 9)]
    )
    assert ids_of(around, "idle", "me", "c", "nobody", "me") == ["idle", "me"]
    idle, used = case_of("idle", around), case_of("me", around)
    assert idle is not None
    assert used is not None
    assert (idle.seen, idle.created, [m.rule for m in idle.matches], len(idle.grants)) == (None, AT - 9, ["J1"], 1)
    assert (used.seen, used.created, [m.rule for m in used.matches], len(used.grants)) == (one(), AT, ["J1"], 1)
    assert used.known is idle.known is around


def test_when_a_session_began() -> None:
    def began(session: Seen, *issuances: Issuance) -> int:
        found = case_of("me", known(session, issuances=issuances))
        assert found is not None
        return found.created

    assert began(one(created=AT + 1), issued()) == AT + 1
    assert began(one(created=0), issued(at=AT + 1), issued(at=AT - 1, request_id="r")) == AT - 1
    assert began(one(created=0)) == AT + 5


def test_a_key_issued_to_somebody_else_made_nothing() -> None:
    found = case_of("me", known(one(principal_id="AROB:x"), issuances=[issued()]))
    assert found is not None
    assert ([m.rule for m in found.matches], found.grants) == (["J1x"], ())
    key = case_of("me", known(one(kind="key"), issuances=[issued()]))
    assert key is not None
    assert (key.matches, key.grants) == ((), ())


@pytest.mark.parametrize(
    ("others", "facts", "aliases"),
    [
        ((), {}, ("c",)),
        ((), {"child": "me"}, ()),
        ((), {"child": "me", "detail": json.dumps({"was": ["x", "other", "y"]})}, ("x", "y")),
        ((), {"detail": json.dumps({"was": ["x"]})}, ("c",)),
        ((one(id="c", principal_id="AROB:x", name="x"),), {}, ()),
        ((one(id="a"),), {}, ()),
        ((one(id="z"),), {}, ("c",)),
    ],
)
def test_the_ids_a_session_answers_for(others: tuple[Seen, ...], facts: dict[str, Any], aliases: tuple[str, ...]) -> None:
    """`x` and `y` stand for nothing else; `other` is seen in use itself."""
    around = known(one(), one(id="other", principal_id="AROC:x", name="o"), *others, issuances=[issued(**facts)])
    found = case_of("me", around)
    assert found is not None
    assert linked_of(found).aliases == aliases


def test_an_id_that_also_stands_for_an_unused_credential_stays() -> None:
    """Two credentials of one alias: the second was used a day later, so only the first is this session's."""
    own, idle = issued(), issued(request_id="r", child_key="K2", at=AT + 86_400)
    found = case_of("me", known(one(), issuances=[own, idle]))
    assert found is not None
    assert linked_of(found).aliases == ()
    both = case_of("me", known(one(), one("K2", id="late", created=AT + 86_400), issuances=[own, idle]))
    assert both is not None
    assert linked_of(both).aliases == ("c",)


@pytest.mark.parametrize(
    ("session", "facts", "wanted"),
    [
        (seen(), {"family": "assume"}, ()),
        (seen(in_scope_of=IN_SCOPE), {"family": "assume"}, ON_INSTANCE),
        (None, {"family": "assume"}, ()),
        (seen(), {"copy": "foreign", "role_account": ONE, "role_arn": ROLE}, (anchor("touched", "trust", f"{ONE}:A"),)),
        (
            seen(),
            {"family": "web", "provider": "p", "detail": '{"web_identity_token_id":"w"}'},
            (anchor("touched", "provider", "p"), anchor("web_token", "w")),
        ),
        (seen(), {"family": "saml", "detail": '{"web_identity_token_id":"w"}'}, ()),
        (seen(), {"family": "web"}, ()),
    ],
)
def test_what_more_is_asked_about_a_case(session: Seen | None, facts: dict[str, Any], wanted: tuple[int, ...]) -> None:
    assert more(case(session, match(**facts))) == wanted


def test_what_more_is_asked_about_a_reserved_role_and_a_sign_in_link() -> None:
    portal = more(case(seen(), match(family="saml", role_name=SSO, role_account=ONE)))
    assert set(portal) == {anchor("portal", ONE, "Admins", str(AT // 32 + n)) for n in (-1, 0)}
    console = seen(type="FederatedUser", principal_id="P", partition="aws")
    around = known(console, sign_ins=[asked("ConsoleLogin", AT)])
    assert more(case(console, around=around)) == anchors.sign_in_urls("aws", "P", AT)
    two = (match(family="assume"), match(copy="foreign", role_account=ONE, role_arn=ROLE))
    assert more(case(seen(), *two)) == (anchor("touched", "trust", f"{ONE}:A"),)


@pytest.mark.parametrize(
    ("session", "facts", "principals"),
    [
        (seen(created=0, principal_id="AROA:work"), None, {"AROA:work"}),
        (seen(type="IAMUser", principal_id="AIDA", first_at=AT), None, {"AIDA"}),
        (seen(type="IAMUser", principal_id="AIDA", first_at=AT, count=1), None, set()),
        (seen(principal_id="AROA:work"), None, set()),
        (None, {"copy": "foreign", "parent_principal": "AROAV:x"}, {"AROAV:x"}),
        (seen(created=0), {"copy": "foreign", "parent_principal": "AROAV:x"}, {"AROAV:x"}),
        (None, {"copy": "foreign"}, set()),
        (None, {"parent_principal": "AROAV:x"}, set()),
    ],
)
def test_whose_sessions_may_be_the_parent(session: Seen | None, facts: dict[str, Any] | None, principals: set[str]) -> None:
    assert asks_for(case(session, *([match(**facts)] if facts else []))) == principals
