"""What an identity and an origin look like, field by field, where the stories of `told` leave a choice open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage import ids
from roletrail.lineage.link import created_key_id, created_keys, node, ordered, origins
from roletrail.lineage.link.detail import detail_of, detail_text
from roletrail.lineage.model import CredentialUse, Edge, Issuance, Node, Seen
from tests.unit.lineage.link.made import AT, FAR, ONE, TWO, action, case, grant, made, match, seen

ROLE = f"arn:aws:iam::{ONE}:role/team/A"
LINKED = f"arn:aws:iam::{ONE}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"


def of(one: Seen | None = None, *issued: dict[str, Any], edges: tuple[Edge, ...] = ()) -> Node:
    return node.of_case(case(one, *(match(**facts) for facts in issued)), edges)


def use(key: str, kind: str = "issued") -> CredentialUse:
    return made(CredentialUse, access_key_id=key, kind=kind)


# --- long-term keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "said", "who"), [("IAMUser", "IAMUser", "alice"), ("", "IAMUser", "alice"), ("Root", "Root", "root")]
)
def test_a_long_term_key(type_: str, said: str, who: str) -> None:
    facts = {"partition": "aws", "principal_id": "AIDA", "account": ONE, "name": "alice", "type": type_, "arn": "arn:u"}
    assert of(seen(use("K2"), use(""), use("K1"), kind="key", **facts)) == made(
        Node, id="me", kind="key", type=said, partition="aws", principal_id="AIDA", account=ONE, name=who, label=f"{who} K1",
        access_key_ids=("K1",), key_count=1, detail='{"arn":"arn:u"}',
    )  # fmt: skip
    bare = of(seen(use(""), kind="key", **facts))
    assert (bare.label, bare.access_key_ids, bare.key_count) == (who, (), 0)


@pytest.mark.parametrize(("region", "partition"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn")])
@pytest.mark.parametrize(("user", "label"), [("bob", "bob K1"), (None, "K1")])
def test_a_key_nobody_used(region: str, partition: str, user: str | None, label: str) -> None:
    maker = action("iam", "CreateAccessKey", target="K1", region=region, detail={"user_name": user} if user else {})
    key = ids.key_id(partition, "K1")
    (linked,) = created_keys({key}, {}, [maker])
    assert linked.node == made(
        Node, id=key, kind="key", type="IAMUser", partition=partition, account=ONE, name=user or "", label=label,
        access_key_ids=("K1",), key_count=1,
    )  # fmt: skip
    assert [(e.parent, e.child, e.child_key) for e in linked.edges] == [("maker", key, "K1")]
    assert (linked.aliases, linked.origins) == ((), ())


def test_which_action_made_a_key() -> None:
    key = ids.key_id("aws", "K1")
    maker = action("iam", "CreateAccessKey", target="K1", event_id="b")
    makers = [maker, maker._replace(event_id="a"), maker._replace(at=AT + 1, event_id="0"), maker._replace(event_id="c")]
    assert [linked.edges[0].evidence for linked in created_keys({key}, {}, makers)] == [("20261102.a",)]
    assert created_keys({"other"}, {}, makers) == created_keys({key}, {key: seen()}, makers) == []
    assert created_keys({key}, {}, [maker._replace(identity="")]) == []
    assert created_key_id(maker) == key
    assert created_key_id(maker._replace(event_name="UpdateAccessKey")) == created_key_id(maker._replace(target="")) == ""
    assert created_keys({key}, {}, [maker._replace(event_name="UpdateAccessKey")]) == []


# --- sessions -------------------------------------------------------------------------------------------------------


def role(*uses: CredentialUse, **facts: Any) -> Seen:
    about = {
        "type": "AssumedRole",
        "partition": "aws",
        "principal_id": "AROA:work",
        "role_id": "AROA",
        "account": ONE,
        "name": "work",
    }
    return seen(*uses, **about | {"role_arn": ROLE} | facts)


def test_a_session_whole() -> None:
    one = role(use("K2"), use("F1", "forward"), use("K1"), source_identity="a", mfa="true", on_behalf_of="u")
    issued = {"child_key": "K3", "expires": AT + 9, "source_identity": "z", "at": AT - 1, "external_id": "x"}
    assert of(one, issued) == made(
        Node, id="me", kind="session", type="AssumedRole", partition="aws", principal_id="AROA:work", account=ONE, role_id="AROA",
        role_arn=ROLE, role_name="A", name="work", label="A", issued_at=AT, expires=AT + 9, access_key_ids=("K3", "K1", "K2"),
        key_count=3, source_identity="a", mfa="true", on_behalf_of="u", counts=True, detail='{"external_id":"x"}',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "field", "said"),
    [
        ({"role_arn": "", "arn": f"arn:aws:sts::{ONE}:assumed-role/B/work"}, "role_name", "B"),
        ({"role_arn": "", "arn": "", "name": "n"}, "label", "n"),
        ({"role_arn": "", "arn": "", "name": ""}, "label", "AROA:work"),
        ({"type": "IAMUser"}, "label", "session of work"),
        ({"type": "IAMUser", "name": ""}, "label", "session of AROA:work"),
        ({"type": "FederatedUser"}, "label", "federated session of work"),
        ({"type": "Root"}, "label", "root"),
        ({"type": "IAMUser"}, "role_name", ""),
        ({"role_arn": LINKED}, "service_linked", True),
        ({"role_arn": LINKED, "type": "IAMUser"}, "service_linked", False),
        ({"role_arn": LINKED}, "counts", False),
        ({"type": "IAMUser"}, "counts", False),
        ({"principal_id": f"{ONE}:aws:ec2-instance:i-0"}, "counts", False),
        ({"role_arn": f"arn:aws:iam::{ONE}:role/aws:ec2-infrastructure"}, "counts", False),
        ({"created": 0}, "issued_at", 0),
        ({}, "expires", 0),
        ({}, "source_identity", ""),
        ({"in_scope_of": f"AWS::Lambda::Function arn:aws:lambda:eu-central-1:{ONE}:function:f"}, "workload", "function"),
        ({"in_scope_of": f"AWS::Lambda::Function arn:aws:lambda:eu-central-1:{ONE}:function:f"}, "workload_id", "f"),
        ({}, "workload", ""),
    ],
)
def test_what_is_said_of_a_session_alone(facts: dict[str, Any], field: str, said: object) -> None:
    assert getattr(of(role(**facts)), field) == said


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"type": "IAMUser", "arn": "a", "count": 1}, {"arn": "a"}),
        ({"arn": "a"}, {}),
        ({"internal": 2, "count": 2}, {"made_by_services": True}),
        ({"internal": 2, "count": 3}, {}),
        ({"type": "Root", "internal": 2, "count": 2, "first_at": AT}, {"made_by_services": True, "forward_access": True}),
        ({"provider": "p"}, {"provider": "p"}),
        ({"type": "FederatedUser", "arn": "a", "provider": "p"}, {"arn": "a", "provider": "p"}),
        ({"in_scope_of": "s"}, {"in_scope_of": "s"}),
        ({"sign_in_session": "s"}, {"sign_in_session": "s"}),
        ({"assumed_root": "true"}, {"assumed_root": "true"}),
        ({"provider": "p", "in_scope_of": "s", "sign_in_session": "l", "assumed_root": "true"},
         {"provider": "p", "in_scope_of": "s", "sign_in_session": "l", "assumed_root": "true"}),
    ],
)  # fmt: skip
def test_what_else_is_known_of_a_session(facts: dict[str, Any], said: dict[str, Any]) -> None:
    assert detail_of(of(role(**facts)).detail) == said


def test_what_was_asked_for_with_a_session() -> None:
    asked = {"tags": [1], "policy": "p", "policy_arns": ["a"], "task_policy": "t", "audience": "u", "saml_issuer": "i"}
    first = {
        "detail": json.dumps(asked | {"duration": 900, "incoming_transitive_tags": ["x"]}),
        "external_id": "x",
        "event_id": "a",
    }
    second = {"detail": json.dumps({"policy": "other"}), "external_id": "y", "event_id": "b"}
    for one in (role(), None):
        assert detail_of(of(one, first, second).detail) == asked | {"incoming_transitive_tags": ["x"], "external_id": "x"}
    assert of(role(), {"family": "login", "detail": json.dumps(asked)}).detail == ""
    forwarded = seen(type="IAMUser", internal=2, count=2, first_at=AT)
    assert "forward_access" not in of(forwarded, {}).detail


@pytest.mark.parametrize(
    ("uses", "issued", "keys"),
    [
        ([], [], ()),
        ([use("K1")], [], ("K1",)),
        ([use("F1", "forward")], [], ()),
        ([use("F1", "forward")], ["K1"], ("K1",)),
        ([use("K1")], ["K1"], ("K1",)),
        ([use("K1")], ["K2"], ("K2", "K1")),
        ([use("K1")], ["K3", "K2"], ("K2", "K3", "K1")),
        ([use("K1"), use("")], ["K2"], ("K2", "K1")),
        ([use("K4"), use("K1"), use("F1", "forward"), use("K2")], ["K2"], ("K2", "K1", "K4")),
        ([use(f"U{n:02}") for n in range(21)], [], tuple(f"U{n:02}" for n in range(20))),
    ],
)
def test_the_keys_of_a_session(uses: list[CredentialUse], issued: list[str], keys: tuple[str, ...]) -> None:
    found = of(role(*uses), *({"child_key": key} for key in issued))
    assert (found.access_key_ids, found.key_count) == (keys, 21 if len(uses) == 21 else len(keys))


def test_facts_of_several_issuances() -> None:
    several = [{"expires": AT + n, "source_identity": f"s{n}", "role_arn": ROLE, "at": AT - n} for n in (1, 3, 2)]
    used = of(role(created=0, role_arn=""), *several)
    assert (used.expires, used.source_identity, used.role_arn, used.issued_at) == (AT + 3, "s3", ROLE, AT - 3)
    idle = of(None, *several)
    assert (idle.expires, idle.source_identity, idle.role_arn, idle.issued_at) == (AT + 3, "s3", ROLE, AT - 1)


def edge(kind: str = "SIGNED_IN", parent_key: str = "K", pivot: str = "") -> Edge:
    return made(Edge, kind=kind, parent="p", parent_key=parent_key, pivot=pivot)


@pytest.mark.parametrize(
    ("edges", "counts"),
    [
        ((), True),
        ((edge(),), False),
        ((edge(parent_key=""),), True),
        ((edge("ASSUMED"),), True),
        ((edge(), edge("ASSUMED")), True),
        ((edge("ASSUMED", pivot="instance"),), True),
        ((edge(), edge("ASSUMED", pivot="instance")), False),
    ],
)
def test_a_session_a_sign_in_link_carried_into_the_console_counts_once(edges: tuple[Edge, ...], counts: bool) -> None:
    assert of(role(), edges=edges).counts is counts
    assert of(seen(type="IAMUser"), edges=edges).counts is False
    assert of(seen(type="Root"), edges=(*edges, edge("RAN_ROOT_TASK"))).counts is True


# --- sessions nobody used -------------------------------------------------------------------------------------------


def test_a_session_nobody_used_whole() -> None:
    facts = {
        "partition": "aws", "child_principal": "AROA:work", "role_account": ONE, "account": TWO, "role_arn": ROLE, "role_name": "A",
        "session_name": "work", "child_key": "K1", "expires": AT + 9, "source_identity": "s",
    }  # fmt: skip
    assert of(None, facts) == made(
        Node, id="me", kind="session", type="AssumedRole", partition="aws", principal_id="AROA:work", account=ONE, role_id="AROA",
        role_arn=ROLE, role_name="A", name="work", label="A", issued_at=AT, expires=AT + 9, access_key_ids=("K1",), key_count=1,
        source_identity="s", counts=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "field", "said"),
    [
        ({"role_account": "", "parent_account": ONE, "account": TWO}, "account", ONE),
        ({"account": TWO}, "account", TWO),
        ({"account": TWO, "family": "root_task", "child_principal": ONE, "parent_account": TWO}, "account", ONE),
        ({"child_type": "IAMUser", "child_principal": "AIDA:x"}, "role_id", ""),
        ({"child_type": "IAMUser", "session_name": "bob", "role_name": "A"}, "label", "session of bob"),
        ({"child_type": "FederatedUser", "session_name": "bob"}, "label", "federated session of bob"),
        ({"child_type": "Root"}, "label", "root"),
        ({"child_type": "Root"}, "counts", False),
        ({"child_type": "Root", "family": "root_task"}, "counts", True),
        ({"role_arn": LINKED}, "counts", False),
        ({"role_arn": LINKED}, "service_linked", True),
        ({"family": "service", "parent_label": "ecs-tasks.amazonaws.com", "session_name": "t"}, "workload", "task"),
        ({"family": "service", "invoked_by": "ecs-tasks.amazonaws.com", "session_name": "t"}, "workload_id", "t"),
        ({"family": "service", "parent_label": "rds.amazonaws.com", "session_name": "t"}, "workload", ""),
        ({"parent_label": "ecs-tasks.amazonaws.com", "session_name": "t"}, "workload", ""),
    ],
)
def test_what_is_said_of_a_session_nobody_used(facts: dict[str, Any], field: str, said: object) -> None:
    assert getattr(of(None, facts), field) == said


def test_a_session_nobody_used_has_twenty_keys_at_most() -> None:
    found = of(None, *({"child_key": f"K{n:02}"} for n in range(20, -1, -1)), {"child_key": "K00"}, {})
    assert (found.access_key_ids, found.key_count) == (tuple(f"K{n:02}" for n in range(20)), 21)


# --- origins --------------------------------------------------------------------------------------------------------


def told(**facts: Any) -> Issuance:
    return grant(**{"partition": "aws-cn", "account": ONE} | facts).told


def test_origins_whole() -> None:
    def origin(kind: str, parts: tuple[str, ...], **facts: Any) -> Node:
        return made(Node, id=ids.origin_id(kind, "aws-cn", *parts), kind="origin", type=kind, partition="aws-cn", **facts)

    service = told(parent_label="rds.amazonaws.com", role_account=TWO, session_name="s")
    assert origins.of_service(service) == origin(
        "service", (TWO, "rds.amazonaws.com"), account=TWO, name="rds.amazonaws.com", label="rds.amazonaws.com"
    )
    task = told(invoked_by="ecs-tasks.amazonaws.com", session_name="t")
    assert origins.of_service(task) == origin(
        "task",
        (ONE, "t"),
        account=ONE,
        name="t",
        label="t",
        workload="task",
        workload_id="t",
        detail='{"service":"ecs-tasks.amazonaws.com"}',
    )
    for family, kind, word in (("saml", "saml", "SAML"), ("web", "web", "OIDC"), ("assume", "web", "OIDC")):
        subject = told(family=family, provider="p", parent_principal="sub", parent_label="alice")
        assert origins.of_subject(subject) == origin(
            kind,
            ("p", "sub", "alice"),
            name="alice",
            principal_id="sub",
            label=f"{word} subject alice",
            detail='{"provider":"p"}',
        )
    assert origins.of_subject(told(family="web", parent_principal="sub")).name == "sub"
    assert origins.of_subject(told(family="web", parent_label="alice")).principal_id == "alice"
    assert origins.of_directory_user("u", "aws-cn") == origin("identity_center", ("u",), name="u", label="Identity Center user u")
    password = {"account": ONE, "principal_id": "P"}
    assert origins.of_password(told(child_principal="P", session_name="bob")) == origin(
        "console", ("P", "bob"), name="bob", label="console sign-in as bob", **password
    )
    assert origins.of_password(told(child_principal="P")) == origin(
        "console", ("P", "root"), name="root", label="console sign-in as root", **password
    )
    stranger = told(parent_account=FAR, parent_principal="AROAV:x")
    assert origins.of_stranger(stranger) == origin(
        "foreign", (FAR, "AROAV:x"), account=FAR, name="AROAV:x", label=f"caller in {FAR}", principal_id="AROAV:x"
    )
    assert origins.of_stranger(told(parent_principal="x")).label == "foreign caller"


def test_the_id_a_record_gave_its_origin_stays() -> None:
    facts = {"parent": "given", "session_name": "t"}
    for one in (
        origins.of_service(told(parent_label="rds.amazonaws.com", **facts)),
        origins.of_service(told(parent_label="ecs-tasks.amazonaws.com", **facts)),
        origins.of_subject(told(family="saml", **facts)),
    ):
        assert one.id == "given"


# --- details, the order of edges ------------------------------------------------------------------------------------


def test_details_are_read_and_written() -> None:
    assert [detail_of(text) for text in ("", "[1]", '{"a":1}')] == [{}, {}, {"a": 1}]
    assert detail_text({"b": "é", "a": {"d": 1, "c": [2, 3]}, "x": "", "y": None, "z": 0, "l": [], "m": {}}) == (
        '{"a":{"c":[2,3],"d":1},"b":"\\u00e9"}'
    )
    assert detail_text({"x": ""}) == detail_text({}) == ""


def test_edges_come_best_first_and_once() -> None:
    best = Edge("ASSUMED", "p", "c", "K", "L", AT, "J1", 0.9, ("e",), "", "", "")
    rest = [
        best._replace(parent="q"),
        best._replace(parent="q", parent_key="L"),
        best._replace(parent="q", parent_key="L", child_key="M"),
        best._replace(parent="r", confidence=0.5),
        best._replace(parent="a", confidence=1.0, pivot="instance"),
    ]
    weaker = [
        best._replace(confidence=0.8),
        best._replace(at=AT + 1),
        best._replace(evidence=("f",)),
        best._replace(pivot="x", confidence=1.0),
    ]
    assert ordered([*rest[::-1], *weaker, best]) == (best, *rest)
    assert ordered([best]) == (best,)
    assert ordered([weaker[0], best]) == (best,)
    assert ordered([]) == ()
