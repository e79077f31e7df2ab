"""Anchors are kept by stores: what each is made of may never change, or nothing that was indexed before is found again."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.lineage.ids import anchor
from roletrail.lineage.link import anchors
from roletrail.lineage.model import Action, Caller, CredentialUse, Issuance, Node, Seen, SignIn
from tests.unit.lineage.link.made import AT, ONE, made

WITHIN = AT + 5
"""Some seconds into a stretch: no quotient comes out even."""
STRETCH, HALF_HOUR, QUARTER, ERA = AT // 32, AT // 1800, AT // 900, AT // 345_600
ERA_BEGAN = ERA * 345_600
SSO = "AWSReservedSSO_Admins_0123456789abcdef"
WORK = ("A", "work")
TOKEN = '{"web_identity_token_id":"w1"}'
IN_SCOPE = f"AWS::EC2::Instance arn:aws:ec2:eu-central-1:{ONE}:instance/i-0aaaaaaaaaaaaaaa1"


def moment(n: int, group: tuple[str, str] = WORK) -> int:
    return anchor("moment", *group, str(STRETCH + n))


def era(n: int, principal: str = "AROA:work", partition: str = "aws") -> int:
    return anchor("era", partition, principal, str(n))


def acted(principal: str, days: int) -> int:
    return anchor("acted_for", "aws", principal, str(AT // 86_400 + days))


def issuance(**facts: Any) -> Issuance:
    return made(
        Issuance,
        **{"at": WITHIN, "partition": "aws", "child_type": "AssumedRole", "role_name": "A", "session_name": "work"} | facts,
    )


def sign_in(name: str, **facts: Any) -> SignIn:
    return made(SignIn, **{"event_name": name, "at": WITHIN, "partition": "aws", "principal_id": "P"} | facts)


def caller(**facts: Any) -> Caller:
    role = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ONE}:assumed-role/A/work", "name": "work", "principal_id": "AROA:work"}
    return made(Caller, **role | {"kind": "session", "partition": "aws", "created": WITHIN, "first_at": WITHIN} | facts)


def action(service: str, name: str, **facts: Any) -> Action:
    return made(Action, **{"at": WITHIN, "event_source": f"{service}.amazonaws.com", "event_name": name, "account": ONE} | facts)


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        (anchors.key("AKIA1"), ("key", "AKIA1")),
        (anchors.delivered_to("user", "x"), ("delivered", "user", "x")),
        (anchors.touched("user", "x"), ("touched", "user", "x")),
        (anchors.passed_role("A", AT + 1799), ("passed", "A", str(HALF_HOUR))),
        (anchors.on_role("A", AT + 1799), ("on_role", "A", str(HALF_HOUR))),
        (anchors.wrote("me"), ("wrote", "me")),
        (anchors.sign_in_url("aws", "P", AT + 899), ("sign_in_url", "aws", "P", str(QUARTER))),
        (anchors.portal(ONE, "Admins", AT + 31), ("portal", ONE, "Admins", str(STRETCH))),
        (anchors.federated(ONE, "Admins", AT + 31), ("federated", ONE, "Admins", str(STRETCH))),
        (anchors.web_token("w1"), ("web_token", "w1")),
        (anchors.with_token("w1"), ("with_token", "w1")),
        (anchors.logging_of(ONE), ("logging", ONE)),
        (anchors.contained(f"arn:aws:lambda:eu-central-1:{ONE}:function:web"), ("contained", "web")),
    ],
)
def test_what_an_anchor_is_made_of(found: int, parts: tuple[str, ...]) -> None:
    assert found == anchor(*parts)


def test_half_hours_and_quarters_reach_to_the_one_before_or_after() -> None:
    assert anchors.passed_roles("A", AT) == (anchor("passed", "A", str(HALF_HOUR)), anchor("passed", "A", str(HALF_HOUR - 1)))
    assert anchors.on_roles("A", AT) == (anchor("on_role", "A", str(HALF_HOUR)), anchor("on_role", "A", str(HALF_HOUR + 1)))
    assert anchors.sign_in_urls("aws", "P", AT) == tuple(anchor("sign_in_url", "aws", "P", str(QUARTER - n)) for n in (0, 1))


@pytest.mark.parametrize(("after", "stretches"), [(0, (-1, 0)), (7, (-1, 0)), (8, (0,)), (23, (0,)), (24, (0, 1)), (31, (0, 1))])
def test_eight_seconds_around_a_moment(after: int, stretches: tuple[int, ...]) -> None:
    assert anchors.around(WORK, AT + after) == tuple(moment(n) for n in stretches)


@pytest.mark.parametrize(
    ("after", "found"), [(1, (ERA - 1, ERA)), (2, (ERA,)), (345_600 - 129_601, (ERA,)), (345_600 - 129_600, (ERA, ERA + 1))]
)
def test_eras_last_as_long_as_the_credential(after: int, found: tuple[int, ...]) -> None:
    assert anchors.eras("aws", "AROA:work", ERA_BEGAN + after) == tuple(era(n) for n in found)
    assert anchors.eras("aws", "AIDA", ERA_BEGAN + after) == (era(0, "AIDA"),)


@pytest.mark.parametrize(("after", "stretches"), [(1, {-1, 0}), (2, {0}), (29, {0}), (30, {0, 1})])
def test_two_seconds_around_the_portals_call(after: int, stretches: set[int]) -> None:
    assert set(anchors.portals(ONE, "Admins", AT + after)) == {
        anchor("portal", ONE, "Admins", str(STRETCH + n)) for n in stretches
    }


def test_who_a_session_is() -> None:
    role = f"arn:aws:iam::{ONE}:role/team/A"
    assert anchors.session_group(role, "", "AROA:work", "work") == WORK
    assert anchors.session_group("", f"arn:aws:sts::{ONE}:assumed-role/A/work", "AROA:work", "work") == WORK
    assert anchors.session_group(role, "", "AROA", "") == ("AROA", "")
    assert anchors.session_group("", "", "AROA:work", "work") == ("AROA:work", "")
    assert anchors.caller_group(caller()) == WORK
    assert anchors.caller_group(caller(type="FederatedUser")) == ("AROA:work", "")
    assert anchors.issuance_group(issuance()) == WORK
    for less in ({"child_type": "IAMUser"}, {"role_name": ""}, {"session_name": ""}):
        assert anchors.issuance_group(issuance(child_principal="P", **less)) == ("P", "")
    node = made(Node, type="AssumedRole", role_name="A", name="work", principal_id="AROA:work")
    assert anchors.node_group(node) == WORK
    for less in ({"type": "IAMUser"}, {"role_name": ""}, {"name": ""}):
        assert anchors.node_group(node._replace(**less)) == ("AROA:work", "")
    by_role = sign_in("SwitchRole", arn=f"arn:aws:sts::{ONE}:assumed-role/A/work", principal_id="AROA:work")
    assert anchors.sign_in_group(by_role) == anchors.sign_in_group(by_role._replace(type="AssumedRole")) == WORK
    assert anchors.sign_in_group(by_role._replace(type="AssumedRole", arn="")) == ("AROA:work", "")
    assert anchors.sign_in_group(sign_in("ConsoleLogin", arn=f"arn:aws:iam::{ONE}:user/alice")) == ("P", "")


def test_names_within_details() -> None:
    assert [anchors.permission_set(name) for name in (SSO, "AWSReservedSSO_Read_Only_0123")] == ["Admins", "Read_Only"]
    asked = [sign_in("GetRoleCredentials", detail=f'{{"account_id":"{ONE}","role_name":"{role}"}}') for role in (SSO, "Admins")]
    assert [anchors.asked_at_portal(s) for s in asked] == [(ONE, "Admins")] * 2
    assert anchors.asked_at_portal(sign_in("GetRoleCredentials")) == ("", "")
    assert [anchors.token_of(detail) for detail in (TOKEN, "{}", "", f'{{"of":{TOKEN}}}')] == ["w1", "", "", ""]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (caller(), (moment(0),)),
        (caller(created=AT - 1), (moment(-1),)),
        (caller(created=0), (era(ERA),)),
        (caller(kind="key"), ()),
        (caller(in_scope_of=IN_SCOPE), (moment(0), anchor("delivered", "instance", "i-0aaaaaaaaaaaaaaa1"))),
        (caller(in_scope_of="AWS::Other::Thing x"), (moment(0),)),
        (caller(internal=1), (moment(0),)),
        (caller(type="IAMUser", principal_id="AIDA", internal=1), (moment(0, ("AIDA", "")), era(0, "AIDA"), acted("AIDA", 0))),
        (caller(type="Root", principal_id=ONE, internal=1), (moment(0, (ONE, "")), era(0, ONE), acted(ONE, 0))),
        (caller(type="Root", principal_id=ONE, internal=1, created=0), (era(ERA, ONE), era(0, ONE))),
        (caller(type="IAMUser", principal_id="AIDA"), (moment(0, ("AIDA", "")),)),
    ],
)
def test_where_a_caller_lies(one: Caller, found: tuple[int, ...]) -> None:
    assert anchors.of_caller(one) == found


def test_keys_of_forward_access_are_looked_up_nowhere() -> None:
    uses = tuple(
        made(CredentialUse, access_key_id=key, kind=kind) for key, kind in (("K1", "issued"), ("K2", "forward"), ("", "issued"))
    )
    assert [anchors.of_credential(use) for use in uses] == [(anchor("key", "K1"),), (), ()]
    assert anchors.needs(Seen(caller(), uses)) == (anchor("key", "K1"), moment(-1), moment(0))
    assert anchors.needs(Seen(caller(created=0), uses)) == (anchor("key", "K1"),)


@pytest.mark.parametrize(("keys", "asked"), [(256, 256), (257, 256)])
def test_many_keys_of_one_session_are_not_all_looked_up(keys: int, asked: int) -> None:
    uses = tuple(made(CredentialUse, access_key_id=f"K{n}", kind="issued") for n in range(keys))
    every = [anchor("key", f"K{n}") for n in range(keys)]
    assert anchors.keys_of(Seen(caller(), uses)) == (every if keys == asked else sorted(every)[:256])


STRANGER = {"copy": "foreign", "role_account": ONE, "role_arn": f"arn:aws:iam::{ONE}:role/A"}
TRUST = anchor("delivered", "trust", f"{ONE}:A")


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (issuance(), [moment(0)]),
        (issuance(child_key="K1"), [moment(0), anchor("key", "K1")]),
        (issuance(parent_principal="AROAV:scan", **STRANGER), [moment(0), era(ERA, "AROAV:scan"), TRUST]),
        (issuance(parent_principal="AIDAV", **STRANGER), [moment(0), era(0, "AIDAV"), TRUST]),
        (issuance(provider="arn:p"), [moment(0), anchor("delivered", "provider", "arn:p")]),
        (issuance(provider="p", detail=TOKEN), [moment(0), anchor("delivered", "provider", "p"), anchor("with_token", "w1")]),
        (
            issuance(provider="p", role_name=SSO, role_account=ONE),
            [
                moment(0, (SSO, "work")), anchor("delivered", "provider", "p"), anchor("delivered", "permission_set", "Admins"),
                anchor("federated", ONE, "Admins", str(STRETCH)),
            ],
        ),
        (
            issuance(family="service", parent_label="ec2.amazonaws.com", session_name="i-0aaaaaaaaaaaaaaa1", provider="p"),
            [moment(0, ("A", "i-0aaaaaaaaaaaaaaa1")), anchor("delivered", "instance", "i-0aaaaaaaaaaaaaaa1")],
        ),
        (
            issuance(family="service", invoked_by="lambda.amazonaws.com", session_name="orders"),
            [moment(0, ("A", "orders")), anchor("delivered", "function", "orders")],
        ),
        (issuance(family="service", parent_label="rolesanywhere.amazonaws.com"), [moment(0), anchor("delivered", "anywhere", "A")]),
        (issuance(family="service", parent_label="codebuild.amazonaws.com"), [moment(0), anchor("on_role", "A", str(HALF_HOUR))]),
        (
            issuance(family="service", parent_label="rds.amazonaws.com", role_arn=f"arn:aws:iam::{ONE}:role/aws-service-role/rds/A"),
            [moment(0)],
        ),
    ],
)  # fmt: skip
def test_where_an_issuance_lies(one: Issuance, found: list[int]) -> None:
    assert list(anchors.of_issuance(one)) == found


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (sign_in("ConsoleLogin"), [moment(0, ("P", ""))]),
        (
            sign_in("ConsoleLogin", type="IAMUser", account=ONE, arn=f"arn:aws:iam::{ONE}:user/ops/alice"),
            [moment(0, ("P", "")), anchor("delivered", "user", f"{ONE}:alice")],
        ),
        (sign_in("SwitchRole"), [moment(0, ("P", ""))]),
        (sign_in("GetSigninToken", identity="me"), [anchor("sign_in_url", "aws", "P", str(QUARTER))]),
        (
            sign_in("GetRoleCredentials", identity="me", detail=f'{{"account_id":"{ONE}","role_name":"Admins"}}'),
            [anchor("portal", ONE, "Admins", str(STRETCH))],
        ),
        (sign_in("GetWebIdentityToken", identity="me", detail=TOKEN), [anchor("web_token", "w1")]),
        (sign_in("GetWebIdentityToken", identity="me"), [anchor("signed_in", "me")]),
        (sign_in("Logout", identity="me", detail=TOKEN), [anchor("signed_in", "me")]),
        (sign_in("Logout"), []),
    ],
)
def test_where_a_sign_in_lies(one: SignIn, found: list[int]) -> None:
    assert list(anchors.of_sign_in(one)) == found


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (action("iam", "CreateAccessKey", identity="me", target="K1"), [anchor("key", "K1"), anchor("wrote", "me")]),
        (action("iam", "CreateAccessKey", target="K1"), [anchor("key", "K1")]),
        (action("iam", "CreateAccessKey", identity="me", target="K1", error_code="AccessDenied"), []),
        (action("sso", "DescribeUser", identity="me"), []),
        (action("cloudtrail", "StopLogging", target="t"), [anchor("logging", ONE)]),
        (action("cloudtrail", "StartLogging", target="x/t"), [anchor("logging", ONE), anchor("contained", "t")]),
        (action("cloudtrail", "StopLogging", target="t", error_code="AccessDenied"), []),
        (
            action("ecs", "RegisterTaskDefinition", detail='{"passed_role":"A"}'),
            [anchor("passed", "A", str(HALF_HOUR))],
        ),
        (action("ssm", "SendCommand", detail='{"instances":["i-1"]}'), [anchor("touched", "instance", "i-1")]),
    ],
)
def test_where_an_action_lies(one: Action, found: list[int]) -> None:
    assert list(anchors.of_action(one)) == found


def test_who_is_near_a_caller_and_who_may_refer_to_it() -> None:
    assert anchors.around_caller(caller()) == (moment(-1), moment(0))
    assert anchors.around_caller(caller(created=0)) == ()
    assert anchors.eras_of_caller(caller(created=ERA_BEGAN + 2)) == (era(ERA),)
    assert anchors.eras_of_caller(caller(kind="key", principal_id="AIDA")) == (era(0, "AIDA"),)
    first_uses = {0: (ERA - 1, ERA), 129_599: (ERA - 1, ERA), 129_600: (ERA,), 215_999: (ERA,), 216_000: (ERA, ERA + 1)}
    for after, found in first_uses.items():
        undated = caller(created=0, first_at=ERA_BEGAN + after)
        assert anchors.eras_of_caller(undated) == tuple(era(n) for n in found)


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (issuance(), [moment(-1), moment(0)]),
        (issuance(child_key="K1"), [moment(-1), moment(0), anchor("key", "K1")]),
        (sign_in("ConsoleLogin"), [moment(-1, ("P", "")), moment(0, ("P", ""))]),
        (sign_in("GetRoleCredentials"), []),
        # A link lives 15 minutes, 28 stretches and 4 seconds; 8 seconds are looked around it.
        (sign_in("GetSigninToken", at=AT), [moment(n, ("P", "")) for n in range(-1, 29)]),
        (sign_in("GetSigninToken", at=AT + 8), [moment(n, ("P", "")) for n in range(29)]),
        (sign_in("GetSigninToken", at=AT + 19), [moment(n, ("P", "")) for n in range(29)]),
        (sign_in("GetSigninToken", at=AT + 20), [moment(n, ("P", "")) for n in range(30)]),
        (action("iam", "CreateAccessKey", target="K1"), [anchor("key", "K1")]),
        (action("ssm", "SendCommand", detail='{"instances":["i-1"]}'), [anchor("delivered", "instance", "i-1")]),
        (action("lambda", "UpdateFunctionCode", target="web", target_kind="function"), [anchor("delivered", "function", "web")]),
        (action("iam", "CreateUser", target="bob"), []),
    ],
)
def test_whom_an_observation_may_explain(one: Any, found: list[int]) -> None:
    assert list(anchors.explains(one)) == found


def _on_role(*half_hours: int) -> list[int]:
    return [anchor("on_role", "A", str(HALF_HOUR + n)) for n in half_hours]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (issuance(), []),
        (issuance(family="service", parent_label="codebuild.amazonaws.com"), _on_role(0, -1, 1)),
        (issuance(family="service", parent_label="lambda.amazonaws.com"), []),
        (action("iam", "CreateAccessKey", target="K1"), []),
        (action("iam", "CreateUser", target="bob"), [anchor("delivered", "user", f"{ONE}:bob")]),
        (action("ecs", "RegisterTaskDefinition", detail='{"passed_role":"A"}'), _on_role(0, 1)),
        (sign_in("GetWebIdentityToken", detail=TOKEN), [anchor("with_token", "w1")]),
        (sign_in("GetWebIdentityToken"), []),
        (sign_in("ConsoleLogin", detail=TOKEN), []),
    ],
)
def test_what_an_observation_makes_worth_another_look(one: Any, found: list[int]) -> None:
    assert list(anchors.revisits(one)) == found


@pytest.mark.parametrize(("after", "stretches"), [(1, {-1, 0}), (2, {0}), (29, {0}), (30, {0, 1})])
def test_sessions_two_seconds_from_the_portals_call_are_looked_at_again(after: int, stretches: set[int]) -> None:
    asked = sign_in("GetRoleCredentials", at=AT + after, detail=f'{{"account_id":"{ONE}","role_name":"{SSO}"}}')
    assert set(anchors.revisits(asked)) == {anchor("federated", ONE, "Admins", str(STRETCH + n)) for n in stretches}
