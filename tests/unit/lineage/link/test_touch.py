"""What a notable action makes usable later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage.link.touch import Touch, base_name, contained, last_part, role_key, touches, user_key
from roletrail.lineage.model import Action

ONE = "111111111111"
ROLE = f"arn:aws:iam::{ONE}:role/team/A"


def action(call: str, target: str = "", kind: str = "", error: str = "", **detail: Any) -> Action:
    service, name = call.split()
    source = f"{service}.amazonaws.com"
    return Action("e", 0, "i", "", source, name, ONE, "eu-central-1", "c", kind, target, error, "", "", json.dumps(detail))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (action("iam CreateAccessKey", "AKIA1"), [("access_key", "AKIA1")]),
        (action("iam UpdateAccessKey", "AKIA1"), [("access_key", "AKIA1")]),
        (action("iam CreateAccessKey"), []),
        (action("iam CreateAccessKey", "AKIA1", error="AccessDenied"), []),
        (action("iam CreateUser", "x", user_name="bob"), [("user", f"{ONE}:bob")]),
        (action("iam CreateLoginProfile", "team/bob"), [("user", f"{ONE}:bob")]),
        (action("iam UpdateLoginProfile"), []),
        (action("iam ChangePassword", "bob"), [("user", f"{ONE}:bob")]),
        (action("identitystore CreateUser", "bob"), []),
        (action("ec2 RunInstances", instances=["i-1", "i-2", "i-1"]), [("instance", "i-1"), ("instance", "i-2")]),
        (action("ssm SendCommand", instances="i-1"), [("instance", "i-1")]),
        (action("ssm SendCommand"), []),
        (action("ec2 DescribeInstances", instances=["i-1"]), []),
        (action("lambda UpdateFunctionCode20150331v2", "orders", "function"), [("function", "orders")]),
        (action("lambda CreateFunction", f"arn:aws:lambda:eu-central-1:{ONE}:function:orders:live", "function"), [("function", "orders")]),
        (action("lambda CreateFunction", "", "function"), []),
        (action("iam UpdateSAMLProvider", "corp", "saml_provider", provider_arn="arn:p"), [("provider", "arn:p")]),
        (action("iam ChangePassword", "other", user_name="team/bob"), [("user", f"{ONE}:bob")]),
        (action("iam CreateUser", "a b/x y/z w"), [("user", f"{ONE}:z w")]),
        (action("iam UpdateAssumeRolePolicy", "a b/x y/z w"), [("trust", f"{ONE}:z w")]),
        (action("x AnyCall", passed_role="a b/x y/z w"), [("passed", "z w")]),
        (action("lambda UpdateFunctionUrlConfig", "f:live", "function"), [("function", "f")]),
        (action("x AnyCall", execution_role_arn=ROLE), [("passed", "A")]),
        (action("x AnyCall", passed_role=ROLE, passed_roles=["B"], execution_role_arn="C"), [("passed", "A"), ("passed", "B"), ("passed", "C")]),
        (action("x AnyCall", role=ROLE), []),
        (action("x AnyCall", "x", "permission_set", name=["a", "b", 3]), [("permission_set", "a"), ("permission_set", "b")]),
        (action("iam CreateOpenIDConnectProvider", "", "oidc_provider"), []),
        (action("iam CreateOpenIDConnectProvider", "arn:o", "oidc_provider"), [("provider", "arn:o")]),
        (action("iam DeleteSAMLProvider", "arn:p", "saml_provider"), []),
        (action("iam UpdateAssumeRolePolicy", "team/A", "role"), [("trust", f"{ONE}:A")]),
        (action("iam CreateRole", "A", "role", role_arn="arn:aws:iam::222222222222:role/A"), [("trust", "222222222222:A")]),
        (action("sso CreatePermissionSet", "x", "permission_set", name="Admins"), [("permission_set", "Admins")]),
        (action("ecs RegisterTaskDefinition", "f", "task", passed_role=ROLE), [("passed", "A")]),
        (action("glue CreateJob", "j", "job", passed_roles=[ROLE, "team/B", ""], execution_role_arn="A"), [("passed", "A"), ("passed", "B")]),
        (action("rolesanywhere CreateProfile", "p", "x", passed_roles=[ROLE]), [("anywhere", "A")]),
        (action("iam CreateServiceLinkedRole", "r", "role", passed_role=ROLE), []),
        (action("iam CreateRole", "A", "role", passed_role=ROLE), [("trust", f"{ONE}:A")]),
        (
            action("lambda CreateFunction20150331", "orders", "function", passed_role=ROLE),
            [("function", "orders"), ("passed", "A")],
        ),
    ],
)  # fmt: skip
def test_what_an_action_touches(told: Action, found: list[tuple[str, str]]) -> None:
    assert list(touches(told)) == [Touch(*one) for one in found]


def test_names() -> None:
    assert [base_name(n) for n in ("CreateFunction20150331", "UpdateFunctionCode20150331v2", "Get2015")] == [
        "CreateFunction", "UpdateFunctionCode", "Get2015",
    ]  # fmt: skip
    assert (user_key(ONE, "arn:aws:iam::1:user/ops/alice"), user_key(ONE, "alice")) == (f"{ONE}:alice", f"{ONE}:alice")
    assert (role_key(ONE, "A"), role_key(ONE, "x/A"), role_key("2", ROLE)) == (f"{ONE}:A", f"{ONE}:A", f"{ONE}:A")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (f"arn:aws:lambda:eu-central-1:{ONE}:function:web", "web"),
        ("team/blue/web", "web"),
        ("a b/c d:e f:g h", "g h"),
        (f"arn:aws:iam::{ONE}:role/team/blue/A", "A"),
        ("web", "web"),
    ],
)
def test_the_last_part_of_a_target(target: str, name: str) -> None:
    assert last_part(target) == name
    assert contained(action("lambda DeleteFunction20150331", target)) == name


def test_what_contains_nothing() -> None:
    assert contained(action("lambda DeleteFunction20150331", "web", error="AccessDenied")) == ""
    assert contained(action("lambda DeleteFunction20150331")) == ""
    assert contained(action("lambda CreateFunction20150331", "web")) == ""
