"""Pivots: when an action still counts, whose it was, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest

from roletrail.lineage.ids import anchor
from roletrail.lineage.link import pivot
from roletrail.lineage.model import Action, CredentialUse, Edge, Issuance
from tests.unit.lineage.link.made import AT, FAR, ONE, TWO, action, case, known, made, match, seen

INSTANCE = "i-0aaaaaaaaaaaaaaa1"
IN_SCOPE = f"AWS::EC2::Instance arn:aws:ec2:eu-central-1:{ONE}:instance/{INSTANCE}"
ROLE = f"arn:aws:iam::{ONE}:role/team/A"
SSO = "AWSReservedSSO_Admins_0123456789abcdef"


def into_instance(*actions: Action, delivered: bool = True) -> list[tuple[str, float, tuple[str, ...]]]:
    m = match(family="service", parent_label="ec2.amazonaws.com", session_name=INSTANCE, role_name="A")
    one = seen(in_scope_of="" if delivered else IN_SCOPE, first_at=AT, first_event="use")
    found = pivot.edges(case(one, *([m] if delivered else []), around=known(one, actions=actions)))
    return [(f.edge.pivot, f.edge.confidence, tuple(ref.partition(".")[2] for ref in f.edge.evidence)) for f in found]


def on_instance(name: str, after: int, service: str = "ssm", **detail: Any) -> Action:
    return action(service, name, AT + after, detail={"instances": [INSTANCE]} | detail)


@pytest.mark.parametrize(
    ("detail", "confidence"), [({}, 0.7), ({"instance_profile": "p"}, 0.95), ({"launch_template": "t"}, 0.95)]
)
def test_who_started_an_instance_with_a_role(detail: dict[str, str], confidence: float) -> None:
    assert into_instance(on_instance("RunInstances", 2, "ec2", **detail)) == [("instance", confidence, ("+2", "use"))]
    assert into_instance(on_instance("RunInstances", 3, "ec2", **detail)) == []


@pytest.mark.parametrize(("after", "found"), [(-1801, False), (-1800, True), (0, True), (23_400, True), (23_401, False)])
def test_commands_on_an_instance_while_its_credentials_live(after: int, found: bool) -> None:
    for delivered in (True, False):
        expected = [("command", 0.55, (f"{after:+}", "use"))] if found else []
        assert into_instance(on_instance("SendCommand", after), delivered=delivered) == expected


@pytest.mark.parametrize(("after", "sure"), [(59, False), (60, True), (960, True), (961, False)])
def test_a_command_that_is_followed_by_a_change_in_iam(after: int, sure: bool) -> None:
    wrote = [action("iam", "CreateUser", AT + n, identity="me", target="x", event_id=f"w{n}") for n in (after, after + 1)]
    command = on_instance("SendCommand", 60)
    if after == 59:
        wrote = wrote[:1]
    expected = ("command", 0.85, ("+60", f"w{after}", "use")) if sure else ("command", 0.55, ("+60", "use"))
    assert into_instance(command, *wrote) == [expected]
    assert into_instance(command, *[w._replace(error_code="AccessDenied") for w in wrote]) == [("command", 0.55, ("+60", "use"))]


def test_code_of_a_function_is_created_or_updated() -> None:
    """The latest code, and beside it the latest configuration; not what came after."""
    m = match(family="service", parent_label="lambda.amazonaws.com", session_name="orders", role_name="A")
    names = {
        -90: "CreateFunction",
        -60: "UpdateFunctionCode",
        -50: "UpdateFunctionConfiguration",
        2: "UpdateFunctionConfiguration",
        3: "CreateFunction",
    }
    made_by = [
        action("lambda", name, AT + n, identity=f"m{n}", target="orders", target_kind="function") for n, name in names.items()
    ]
    found = pivot.edges(case(seen(), m, around=known(actions=made_by)))
    assert sorted((f.edge.parent, f.edge.confidence, f.edge.note) for f in found) == [
        ("m-60", 0.85, "UpdateFunctionCode"), ("m2", 0.85, "UpdateFunctionConfiguration"),
    ]  # fmt: skip


SERVICE: dict[str, Any] = {"family": "service", "role_name": "A", "role_arn": ROLE, "parent_label": "ecs-tasks.amazonaws.com"}


def passed(
    *others: dict[str, Any], source: str = "ecs", before: int = 60, target: str = "", session: str = "task-1"
) -> list[float]:
    m = match(**SERVICE, child="me", session_name=session)
    issuances = [
        m.grant.told,
        *(made(Issuance, **{"event_id": f"o{n}", "at": AT, "child": f"o{n}"} | SERVICE | o) for n, o in enumerate(others)),
    ]
    handed = action(source, "RegisterTaskDefinition", AT - before, target=target, detail={"passed_role": ROLE})
    found = pivot.edges(case(seen(), m, around=known(issuances=issuances, actions=[handed])))
    return [f.edge.confidence for f in found]


@pytest.mark.parametrize(("before", "found"), [(-3, []), (-2, [0.85]), (1800, [0.85]), (1801, [])])
def test_a_service_uses_a_role_it_was_handed_within_half_an_hour(before: int, found: list[float]) -> None:
    assert passed(before=before) == found


@pytest.mark.parametrize(
    ("source", "found"), [("ecs", [0.85]), ("batch", [0.85]), ("ecs-tasks", [0.85]), ("eks", []), ("glue", [])]
)
def test_a_role_is_handed_to_the_service_that_uses_it(source: str, found: list[float]) -> None:
    assert passed(source=source) == found


@pytest.mark.parametrize(
    ("other", "confidence"),
    [
        ({}, 0.7),
        ({"at": AT - 62}, 0.7),
        ({"at": AT - 63}, 0.85),
        ({"at": AT + 1740}, 0.7),
        ({"at": AT + 1741}, 0.85),
        ({"family": "assume"}, 0.85),
        ({"role_arn": ROLE + "2"}, 0.85),
        ({"parent_label": "glue.amazonaws.com"}, 0.85),
        ({"parent_label": "", "invoked_by": "ecs-tasks.amazonaws.com"}, 0.7),
        ({"invoked_by": "glue.amazonaws.com"}, 0.7),
        ({"child": "me"}, 0.85),
    ],
)
def test_a_service_with_one_session_on_the_role_surely_used_it(other: dict[str, Any], confidence: float) -> None:
    assert passed(other) == [confidence]


@pytest.mark.parametrize(
    ("target", "session", "confidence"),
    [
        ("orders", "orders-1", 0.85),
        ("arn:aws:x:::a/b/task", "my-task-1", 0.85),
        ("b/task/abcde", "task-1", 0.7),
        ("task/x y", "my-y-1", 0.7),
        ("abc", "abc", 0.7),
        ("abcd", "abcd", 0.85),
        ("abcde", "x-abcd", 0.7),
        ("task/job1/", "task-job1", 0.7),
    ],
)
def test_a_session_named_after_what_was_handed_the_role(target: str, session: str, confidence: float) -> None:
    assert passed({}, target=target, session=session) == [confidence]


@pytest.mark.parametrize(
    ("policy", "account", "opened_to"),
    [
        (f'{{"AWS":"arn:aws:iam::{FAR}:root"}}', FAR, True),
        (f'{{"AWS":"{TWO}"}}', FAR, False),
        ('{"AWS":"*"}', FAR, True),
        ('{"AWS":["*"]}', FAR, True),
        ('{"AWS":"arn:aws:iam::*"}', FAR, False),
        ('{"AWS":"*"}', "", False),
        (None, FAR, False),
        (None, "None", False),
        ("", "XXXX", False),
    ],
)
def test_whom_a_trust_policy_lets_in(policy: str | None, account: str, opened_to: bool) -> None:
    m = match(copy="foreign", role_account=ONE, role_arn=ROLE, parent_account=account)
    detail = {} if policy is None else {"policy": policy}
    changed = action("iam", "UpdateAssumeRolePolicy", AT - 60, target="A", detail=detail)
    found = pivot.edges(case(seen(), m, around=known(actions=[changed])))
    assert [(f.edge.pivot, f.edge.confidence) for f in found] == ([("trust", 0.85)] if opened_to else [])


@pytest.mark.parametrize(
    ("name", "status", "confidence"),
    [
        ("CreateAccessKey", "", 1.0), ("UpdateAccessKey", "Active", 0.9), ("UpdateAccessKey", "Inactive", 0.0), ("UpdateAccessKey", "", 0.0),
    ],
)  # fmt: skip
def test_how_sure_it_is_who_gave_a_key(name: str, status: str, confidence: float) -> None:
    assert pivot.key_confidence(action("iam", name, detail={"status": status} if status else {})) == confidence


def _half_hours(kind: str, *n: int) -> list[int]:
    return [anchor(kind, "A", str(AT // 1800 + one)) for one in n]


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"family": "assume"}, []),
        (
            {"family": "service", "parent_label": "ec2.amazonaws.com", "session_name": INSTANCE},
            [anchor("touched", "instance", INSTANCE), anchor("wrote", "me")],
        ),
        (
            {"family": "service", "parent_label": "lambda.amazonaws.com", "session_name": "f"},
            [anchor("touched", "function", "f")],
        ),
        (
            {"family": "service", "parent_label": "glue.amazonaws.com"},
            [*_half_hours("passed", 0, -1), *_half_hours("on_role", 0, 1, -1, 0), anchor("touched", "anywhere", "A")],
        ),
        (
            {"family": "login", "child_type": "IAMUser", "account": ONE, "session_name": "bob"},
            [anchor("touched", "user", f"{ONE}:bob")],
        ),
        ({"family": "login", "child_type": "Root", "account": ONE, "session_name": "bob"}, []),
        ({"copy": "foreign", "role_account": ONE, "role_arn": ROLE}, [anchor("touched", "trust", f"{ONE}:A")]),
        ({"family": "saml", "provider": "p"}, [anchor("touched", "provider", "p")]),
        ({"family": "web", "provider": "p"}, [anchor("touched", "provider", "p")]),
        ({"family": "saml"}, []),
        ({"family": "assume", "provider": "p"}, []),
        (
            {"family": "saml", "provider": "p", "role_name": SSO},
            [anchor("touched", "provider", "p"), anchor("touched", "permission_set", "Admins")],
        ),
    ],
)
def test_what_is_asked_for_because_it_may_be_a_pivot(facts: dict[str, Any], asked: list[int]) -> None:
    about: dict[str, Any] = {"role_name": "A"} | facts
    assert list(pivot.touches_of(case(seen(), match(**about)))) == asked


def test_what_is_asked_for_of_a_session_in_scope_of_a_workload() -> None:
    in_instance = seen(in_scope_of=IN_SCOPE)
    assert pivot.touches_of(case(in_instance)) == (anchor("touched", "instance", INSTANCE), anchor("wrote", "me"))
    in_task = seen(in_scope_of=f"AWS::ECS::Task arn:aws:ecs:eu-central-1:{ONE}:task/c/t1")
    assert pivot.touches_of(case(in_task)) == (anchor("touched", "anywhere", ""),)


def pivots(*actions: Action, **facts: Any) -> list[tuple[str, str, float]]:
    """Pivot, event and confidence of the edges into a session that this issuance made."""
    found = pivot.edges(case(seen(), match(**facts), around=known(actions=actions)))
    return [(f.edge.pivot, f.edge.evidence[0].partition(".")[2], f.edge.confidence) for f in found]


def bobs(name: str, after: int, **facts: Any) -> Action:
    return action("iam", name, AT + after, target="bob", **facts)


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        ([bobs("CreateLoginProfile", 2)], [("login_profile", "+2", 0.85)]),
        ([bobs("CreateLoginProfile", 3)], []),
        ([bobs("UpdateLoginProfile", -9)], [("login_profile", "-9", 0.7)]),
        ([bobs("UpdateLoginProfile", -9), bobs("CreateUser", -99)], [("login_profile", "-9", 0.85)]),
        ([bobs("CreateUser", -99)], []),
        ([bobs("ChangePassword", -9)], []),
        (
            [bobs("CreateLoginProfile", -9, event_id="b"), bobs("CreateLoginProfile", -9, event_id="a")],
            [("login_profile", "b", 0.85)],
        ),
        ([bobs("CreateLoginProfile", -99), bobs("UpdateLoginProfile", -9)], [("login_profile", "-9", 0.7)]),
        ([bobs("CreateLoginProfile", -9, identity="")], []),
        ([bobs("CreateLoginProfile", -9, identity="me")], []),
    ],
)
def test_who_gave_a_user_its_password(actions: list[Action], found: list[tuple[str, str, float]]) -> None:
    assert pivots(*actions, family="login", child_type="IAMUser", account=ONE, session_name="bob") == found
    assert pivots(*actions, family="login", child_type="Root", account=ONE, session_name="bob") == []


@pytest.mark.parametrize(("used", "found"), [(-3, []), (-2, ["K1"]), (9, ["K1"])])
def test_a_key_is_no_gift_that_was_used_before(used: int, found: list[str]) -> None:
    one = seen(made(CredentialUse, access_key_id="K1"), kind="key", created=0, first_at=AT + used, first_event="use")
    gift = action("iam", "CreateAccessKey", target="K1")
    edges = [f.edge for f in pivot.edges(case(one, around=known(one, actions=[gift])))]
    assert [e.child_key for e in edges] == found
    assert [e.evidence for e in edges] == [("20261102.+0", "20261102.use")] * len(found)
    refused = gift._replace(event_name="UpdateAccessKey", detail='{"status":"Inactive"}')
    assert pivot.edges(case(one, around=known(one, actions=[refused]))) == []


def test_of_one_makers_pivots_the_surest_and_then_the_latest_stays() -> None:
    one = seen(made(CredentialUse, access_key_id="K1"), kind="key", created=0, first_at=AT)
    on = {"target": "K1", "detail": {"status": "Active"}}
    actions = [action("iam", "CreateAccessKey", AT - 90, target="K1"), action("iam", "UpdateAccessKey", AT - 60, **on)]
    actions += [action("iam", "UpdateAccessKey", AT - n, **on, identity="other") for n in (50, 30, 40)]
    edges = [f.edge for f in pivot.edges(case(one, around=known(one, actions=actions)))]
    assert [(e.parent, e.confidence, e.at - AT) for e in edges] == [("maker", 1.0, -90), ("other", 0.9, -30)]
    assert {e.pivot for e in edges} == {"access_key"}


def test_changes_of_a_provider_and_of_a_permission_set() -> None:
    changed = [action("iam", "UpdateSAMLProvider", AT + n, target="p", target_kind="saml_provider") for n in (-60, 2, 3)]
    given = action("sso", "CreatePermissionSet", AT - 9, target_kind="permission_set", detail={"name": "Admins"})
    provider, permissions = ("provider", "+2", 0.9), ("permission_set", "-9", 0.75)
    assert pivots(*changed, given, family="saml", provider="p", role_name=SSO) == [provider, permissions]
    assert pivots(*changed, given, family="web", provider="p", role_name="A") == [provider]
    assert pivots(*changed, given, family="assume", provider="p", role_name=SSO) == []
    assert pivots(*changed, given, family="saml", role_name=SSO) == []


@pytest.mark.parametrize(("after", "found"), [(2, [("trust_anchor", "+2", 0.8)]), (3, [])])
def test_a_certificates_role_was_put_into_a_profile(after: int, found: list[tuple[str, str, float]]) -> None:
    profile = action("rolesanywhere", "CreateProfile", AT + after, detail={"passed_roles": [ROLE]})
    assert (
        pivots(profile, family="service", parent_label="rolesanywhere.amazonaws.com", session_name="0a", role_name="A") == found
    )


def test_the_edge_to_a_key_nobody_used() -> None:
    assert pivot.of_created_key("k", action("iam", "CreateAccessKey", target="K1")) == Edge(
        "CREATED", "maker", "k", "K", "K1", AT, "PIVOT", 1.0, ("20261102.+0",), "access_key", "", "CreateAccessKey"
    )


def test_the_edge_of_a_pivot_whole() -> None:
    one = seen(first_at=AT + 9, first_event="use")
    m = match(family="login", child_type="IAMUser", account=ONE, session_name="bob")
    (found,) = pivot.edges(case(one, m, around=known(one, actions=[bobs("CreateLoginProfile", -9)])))
    evidence = ("20261102.-9", "20261102.use")
    assert found.edge == Edge(
        "CREATED", "maker", "me", "K", "", AT - 9, "PIVOT", 0.85, evidence, "login_profile", "", "CreateLoginProfile"
    )


def test_everybody_who_had_a_hand_in_it_is_told() -> None:
    """One edge each: of who started an instance and who gave it its profile, of two who handed a role over."""
    detail = {"instances": [INSTANCE]}
    started = action("ec2", "RunInstances", AT - 90, detail=detail)
    given = action("ec2", "AssociateIamInstanceProfile", AT - 60, detail=detail, identity="other")
    instance = {"family": "service", "parent_label": "ec2.amazonaws.com", "session_name": INSTANCE}
    assert pivots(started, given, **instance) == [("instance", "-60", 0.7), ("instance", "-90", 0.7)]
    handed = [action("ecs", "RunTask", AT - n, detail={"passed_role": ROLE}, identity=f"m{n}") for n in (60, 30)]
    assert pivots(*handed, **SERVICE, session_name="t") == [("task", "-60", 0.85), ("task", "-30", 0.85)]


def test_nobody_is_known_to_have_handed_over_a_role_that_no_record_names() -> None:
    in_task = seen(in_scope_of=f"AWS::ECS::Task arn:aws:ecs:eu-central-1:{ONE}:task/c/t1")
    handed = action("ecs", "RunTask", AT - 60, detail={"passed_role": ROLE})
    assert pivot.edges(case(in_task, around=known(actions=[handed]))) == []


def test_a_role_that_is_named_without_its_arn_is_the_accounts_own() -> None:
    opened = action("iam", "UpdateAssumeRolePolicy", AT - 60, target="A", detail={"policy": FAR})
    about: dict[str, Any] = {"copy": "foreign", "role_arn": "team/A", "parent_account": FAR}
    assert pivots(opened, **about, role_account=ONE) == [("trust", "-60", 0.85)]
    assert pivots(opened, **about, role_account=TWO) == []
    assert pivot.touches_of(case(seen(), match(**about, role_account=ONE))) == (anchor("touched", "trust", f"{ONE}:A"),)


def test_every_credential_of_a_session_may_have_been_somebodys_making() -> None:
    """One session, four ways in: two providers, a stranger's and a password, each changed by another hand."""
    changed = [
        action("iam", "UpdateSAMLProvider", AT - n, target=p, target_kind="saml_provider", identity=p)
        for n, p in ((9, "p"), (8, "q"))
    ]
    opened = action("iam", "UpdateAssumeRolePolicy", AT - 7, target="A", detail={"policy": FAR}, identity="r")
    password = bobs("CreateLoginProfile", -6, identity="s")
    ways = [
        match(family="saml", provider="p", event_id="1"),
        match(copy="foreign", role_arn="A", role_account=ONE, parent_account=FAR, event_id="2"),
        match(family="login", child_type="IAMUser", account=ONE, session_name="bob", event_id="3"),
        match(family="saml", provider="q", event_id="4"),
    ]
    for turn in range(4):
        around = known(actions=[*changed, opened, password])
        found = pivot.edges(case(seen(), *ways[turn:], *ways[:turn], around=around))
        assert sorted(f.edge.parent for f in found) == ["p", "q", "r", "s"]
