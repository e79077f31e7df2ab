"""Where the windows of the rules begin and end, to the second, and which of several candidates wins."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.lineage.link import across, anchors, assume, federate, forward, root_task, sign_in, switch, undated
from roletrail.lineage.link.case import edge_of
from roletrail.lineage.model import Edge, Node, SignIn
from tests.unit.lineage.link.made import AT, FAR, ONE, TWO, asked, case, known, made, match, seen

SSO = "AWSReservedSSO_Admins_0123456789abcdef"


# --- sign-in links --------------------------------------------------------------------------------------------------


def opened(*tokens: SignIn, late: int = 0, **facts: Any) -> list[Edge]:
    """The edges of a console session whose sign-in was `late` seconds after it began."""
    login = asked("ConsoleLogin", AT + late, event_id="login")
    one = seen(type="FederatedUser", principal_id="P", first_at=AT + 9, first_event="use", **facts)
    return [f.edge for f in sign_in.from_link(case(one, around=known(one, sign_ins=[login, *tokens])))]


@pytest.mark.parametrize(("at", "joined"), [(-903, False), (-902, True), (0, True), (2, True), (3, False)])
def test_a_link_lives_fifteen_minutes(at: int, joined: bool) -> None:
    assert bool(opened(asked("GetSigninToken", AT + at))) is joined


@pytest.mark.parametrize(("late", "joined"), [(-3, False), (-2, True), (2, True), (3, False)])
def test_the_console_session_begins_with_its_sign_in(late: int, joined: bool) -> None:
    assert bool(opened(asked("GetSigninToken", AT - 60), late=late)) is joined


def test_the_latest_link_was_opened() -> None:
    tokens = [
        asked("GetSigninToken", AT - n, event_id=event, access_key_id=event)
        for n, event in ((60, "b"), (60, "c"), (60, "a"), (90, "d"))
    ]
    (edge,) = opened(*tokens, late=1)
    day = "20261102."
    assert edge == Edge(
        "SIGNED_IN", "maker", "me", "c", "", AT + 1, "J6", 0.95, (day + "c", day + "login", day + "use"), "", "", "through a sign-in link"
    )  # fmt: skip


def test_no_link_leads_from_a_session_to_itself_or_from_nobody() -> None:
    assert opened(asked("GetSigninToken", AT - 60, identity="me")) == []
    assert opened(asked("GetSigninToken", AT - 60, identity="")) == []
    assert opened(asked("GetSigninToken", AT - 60, principal_id="Q")) == []
    assert opened(asked("GetSigninToken", AT - 60, success="false")) == []
    one = seen(type="IAMUser", principal_id="P")
    around = known(one, sign_ins=[asked("ConsoleLogin", AT), asked("GetSigninToken", AT)])
    assert sign_in.from_link(case(one, around=around)) == []
    assert sign_in.from_link(case(None, around=around)) == []


def test_links_are_asked_for_where_somebody_signed_in() -> None:
    one = seen(type="FederatedUser", principal_id="P", partition="aws")
    around = known(one, sign_ins=[asked("ConsoleLogin", AT)])
    assert sign_in.link_anchors(case(one, around=around)) == anchors.sign_in_urls("aws", "P", AT)
    for other in (case(one), case(one, match(), around=around), case(None, around=around), case(None, match(), around=around)):
        assert sign_in.link_anchors(other) == ()


# --- tokens of another partition ------------------------------------------------------------------------------------

TOKEN = '{"web_identity_token_id":"w1"}'


def got_with_token(*calls: SignIn, detail: dict[str, Any] | None = None, rule: str = "J1", confidence: float = 1.0) -> Edge:
    m = match(
        rule,
        confidence,
        family="web",
        partition="aws-cn",
        detail=json.dumps({"web_identity_token_id": "w1"} | (detail or {})),
        provider="p",
    )
    (found,) = across.edges(case(seen(), m, around=known(sign_ins=calls)), m)
    return found.edge


def made_token(at: int = AT, **facts: Any) -> SignIn:
    return asked(
        "GetWebIdentityToken", at, **{"detail": TOKEN, "access_key_id": "K", "arn": f"arn:aws:iam::{ONE}:user/ops/alice"} | facts
    )


@pytest.mark.parametrize(("at", "joined"), [(-3600, True), (2, True), (3, False)])
def test_a_token_is_made_before_its_use(at: int, joined: bool) -> None:
    edge = got_with_token(made_token(AT + at))
    assert ((edge.parent, edge.parent_key, edge.note) == ("maker", "K", across.NOTE)) is joined


def test_the_latest_call_made_the_token() -> None:
    calls = [made_token(AT - n, event_id=event) for n, event in ((60, "b"), (60, "c"), (60, "a"), (90, "d"))]
    assert got_with_token(*calls).evidence == ("20261102.c", "20261102.issued")


def test_a_token_opens_nothing_in_its_own_partition_or_without_its_id() -> None:
    calls = (
        made_token(partition="aws-cn"),
        made_token(identity=""),
        made_token(detail='{"web_identity_token_id":"w2"}'),
        made_token(detail=""),
    )
    assert got_with_token(*calls).parent != "maker"
    m = match(family="web", partition="aws-cn")
    (found,) = across.edges(case(seen(), m, around=known(sign_ins=[made_token(detail="")])), m)
    assert found.edge.parent != "maker"
    assert got_with_token(made_token(), rule="J1x", confidence=0.5).parent != "maker"


USER, ROLE = f"arn:aws:iam::{ONE}:user/ops/alice", f"arn:aws:iam::{ONE}:role/team/A"
SESSION = f"arn:aws:sts::{ONE}:assumed-role/A/work"
SOMEBODY_ELSES = "the token is said to be somebody else's"


@pytest.mark.parametrize(
    ("said", "did", "named"),
    [
        (USER, USER, True),
        (f"arn:aws:iam::{ONE}:user/team/blue/alice", USER, True),
        (f"arn:aws:iam::{ONE}:user/ops/bob", USER, False),
        (f"arn:aws:iam::{TWO}:user/ops/alice", USER, False),
        (f"arn:aws-us-gov:iam::{ONE}:user/ops/alice", USER, False),
        (ROLE, SESSION, True),
        (f"arn:aws:iam::{ONE}:role/B", SESSION, False),
        ("no ARN", USER, True),
        (USER, "no ARN", True),
        (["a", "list"], USER, True),
        ("", USER, True),
    ],
)
def test_whose_token_the_destination_says_it_was(said: Any, did: str, named: bool) -> None:
    edge = got_with_token(made_token(arn=did), detail={"cross_partition": {"sourcePrincipalArn": said}})
    assert (edge.parent, edge.confidence, edge.conflict) == (("maker", 1.0, "") if named else ("maker", 0.5, SOMEBODY_ELSES))


def test_a_token_said_to_be_somebody_elses_makes_no_join_surer() -> None:
    edge = got_with_token(made_token(), detail={"cross_partition": {"sourcePrincipalArn": ROLE}}, rule="J2", confidence=0.4)
    assert (edge.rule, edge.confidence) == ("J2", 0.4)
    assert got_with_token(made_token()).conflict == ""


# --- what an edge may not be ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("began", "joined"), [(2, True), (3, False)])
def test_no_parent_begins_after_its_child(began: int, joined: bool) -> None:
    m = match(parent="p", parent_created=AT + began)
    assert (edge_of(case(seen(), m), m, "ASSUMED", "p") is not None) is joined


def test_an_edge_carries_its_match_and_proof() -> None:
    m = match(child="c", child_key="K1", at=AT - 1)._replace(use=(AT + 5, "use"), conflict="x")
    assert edge_of(case(seen(), m), m, "ASSUMED", "p") == Edge(
        "ASSUMED", "p", "me", "", "K1", AT - 1, "J1", 1.0, ("20261102.issued", "20261102.use"), "", "x", ""
    )
    assert edge_of(case(seen(), m), m, "ASSUMED", "c") is edge_of(case(seen(), m), m, "ASSUMED", "me") is None
    unproved = edge_of(case(seen(), m), m._replace(use=(0, "")), "ASSUMED", "p", parent_key="K0", note="n")
    assert unproved is not None
    assert (unproved.evidence, unproved.parent_key, unproved.note) == (("20261102.issued",), "K0", "n")


@pytest.mark.parametrize(
    ("policy", "note"),
    [("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy", "S3UnlockBucketPolicy"), ("Plain", "Plain"), ("", "")],
)
def test_a_root_task_is_named_by_the_last_part_of_its_policy(policy: str, note: str) -> None:
    m = match(family="root_task", parent="p", detail=json.dumps({"task_policy": policy} if policy else {}))
    (found,) = root_task.edges(case(seen(), m), m)
    assert (found.edge.kind, found.edge.note) == ("RAN_ROOT_TASK", note)


# --- switching, the portal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "kind"), [(-3, "ASSUMED"), (-2, "SWITCHED"), (2, "SWITCHED"), (3, "ASSUMED")])
def test_a_switch_is_told_within_two_seconds(after: int, kind: str) -> None:
    who = {"type": "AssumedRole", "arn": SESSION, "principal_id": "AROA:work"}
    m = match(role_name="A", session_name="work", child_principal="AROA:work")
    switched = asked("SwitchRole", AT + after, **who)
    assert switch.kind(case(seen(), m, around=known(sign_ins=[switched])), m) == kind
    for other in (switched._replace(principal_id="AROB:work"), switched._replace(success="false")):
        assert switch.kind(case(seen(), m, around=known(sign_ins=[other])), m) == "ASSUMED"
    untold = match(role_name="A", session_name="work")
    assert switch.kind(case(seen(), untold, around=known(sign_ins=[switched])), untold) == kind


@pytest.mark.parametrize(
    ("agent", "kind"),
    [("aws-signin", "SWITCHED"), ("signin.amazonaws.com", "SWITCHED"), ("aws-cli", "ASSUMED"), ("my aws-signin", "ASSUMED")],
)
def test_the_sign_in_service_switches(agent: str, kind: str) -> None:
    m = match(agent=agent)
    assert switch.kind(case(seen(), m), m) == kind


def at_portal(after: int, user: str, event_id: str = "") -> SignIn:
    detail = json.dumps({"account_id": ONE, "role_name": SSO, "user_id": user})
    return asked("GetRoleCredentials", AT + after, event_id=event_id or f"{after:+}", detail=detail)


def portal(*calls: SignIn, user: str = "") -> str | None:
    m = match(family="saml", role_account=ONE, role_name=SSO)
    found = federate.portal_call(case(seen(), m, around=known(sign_ins=calls)), m, user)
    return found.event_id if found else None


@pytest.mark.parametrize(("after", "found"), [(-3, None), (-2, "-2"), (2, "+2"), (3, None)])
def test_the_portal_was_asked_within_two_seconds(after: int, found: str | None) -> None:
    assert portal(at_portal(after, "u")) == found


def test_which_call_at_the_portal_counts() -> None:
    assert portal(at_portal(-2, "u"), at_portal(1, "u"), at_portal(-1, "u")) == "-1"
    assert portal(at_portal(1, "u", "b"), at_portal(1, "u", "a")) == "a"
    assert portal(at_portal(0, "u"), at_portal(1, "v")) is None
    assert portal(at_portal(0, "u"), at_portal(1, "v"), user="v") == "+1"
    assert portal(at_portal(0, "")) is None
    assert portal(at_portal(0, "u")._replace(detail=json.dumps({"account_id": ONE, "role_name": SSO}))) is None


# --- names alone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "forwarded"),
    [
        ({}, True),
        ({"type": "Root"}, True),
        ({"type": "AssumedRole"}, False),
        ({"kind": "key"}, False),
        ({"internal": 1}, False),
        ({"mfa": "false"}, True),
        ({"mfa": "true"}, False),
        ({"first_at": AT + 5}, True),
        ({"first_at": AT + 6}, False),
        ({"created": 0, "first_at": 3}, False),
        ({"created": 1, "first_at": 3}, True),
    ],
)
def test_what_looks_like_forward_access_of_a_key(facts: dict[str, Any], forwarded: bool) -> None:
    one = seen(**{"type": "IAMUser", "internal": 2, "count": 2, "first_at": AT, "partition": "aws", "account": ONE} | facts)
    assert (forward.looks_forwarded(one.caller), forward.applies(case(one))) == (forwarded, forwarded)
    assert not forward.applies(case(one, match()))


@pytest.mark.parametrize(
    ("issued", "expires", "valid"),
    [
        (AT + 2, 0, True), (AT + 3, 0, False), (AT - 43_202, 0, True), (AT - 43_203, 0, False), (AT - 60, AT - 2, True), (AT - 60, AT - 3, False),
    ],
)  # fmt: skip
def test_which_session_was_valid_when_an_undated_one_was_used(issued: int, expires: int, valid: bool) -> None:
    one = case(seen(created=0, first_at=AT, partition="aws"))
    node = made(Node, id="d", kind="session", partition="aws", issued_at=issued, expires=expires)
    assert undated.candidate(one, [node]) == (node if valid else None)


def test_an_undated_session_is_the_one_it_can_be() -> None:
    one = case(seen(created=0, first_at=AT, partition="aws"))
    node = made(Node, id="d", kind="session", partition="aws", issued_at=AT)
    others = [node._replace(partition="aws-cn"), node._replace(id="me"), node._replace(issued_at=0), node._replace(kind="key")]
    assert undated.candidate(one, [*others, node]) == node
    assert undated.candidate(one, [node, node._replace(id="e")]) is undated.candidate(one, others) is None
    assert undated.candidate(case(None), [node]) is None
    assert [undated.applies(c) for c in (one, case(seen()), case(seen(kind="key", created=0)), case(None), case(one.seen, match()))] == [
        True, False, False, False, False,
    ]  # fmt: skip


def test_an_undated_session_has_the_edges_that_issued_the_dated_one() -> None:
    one = case(seen(created=0, first_at=AT, first_event="use"))
    issued = Edge("ASSUMED", "p", "d", "K0", "K1", AT - 60, "J1", 0.4, ("20261102.a", "20261102.b"), "", "conflict", "n")
    its = {"d": [issued, issued._replace(confidence=1.0), issued._replace(pivot="instance"), issued._replace(parent="me")]}
    found = undated.edges(one, made(Node, id="d"), its)
    assert found == [
        Edge("ASSUMED", "p", "me", "K0", "", AT - 60, "J11", confidence, ("20261102.a", "20261102.use"), "", "", note)
        for confidence, note in ((0.4, found[0].note), (0.55, "joined through the one session of this name then valid"))
    ]
    assert undated.edges(one, made(Node, id="other"), its) == []
    assert undated.edges(case(None), made(Node, id="d"), its) == []


# --- strangers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "alive"),
    [
        ({"issued_at": AT + 2}, True),
        ({"issued_at": AT + 3}, False),
        ({"issued_at": 1, "expires": AT}, True),
        ({"issued_at": 0, "expires": AT}, False),
        ({"issued_at": AT - 43_202}, True),
        ({"issued_at": AT - 43_203}, False),
        ({"issued_at": AT - 60, "expires": AT - 2}, True),
        ({"issued_at": AT - 60, "expires": AT - 3}, False),
        ({"kind": "key"}, True),
        ({"kind": "origin", "issued_at": AT}, False),
        ({"issued_at": AT, "detail": '{"forward_access":true}'}, True),
        ({"issued_at": AT, "detail": '{"forward_access":true}', "type": "IAMUser"}, False),
        ({"issued_at": AT, "detail": '{"forward_access":true}', "type": "Root"}, False),
        ({"issued_at": AT, "type": "IAMUser"}, True),
        ({"issued_at": AT, "id": "me"}, False),
        ({"issued_at": AT, "partition": "aws-cn"}, False),
    ],
)
def test_who_was_alive_when_a_stranger_called(facts: dict[str, Any], alive: bool) -> None:
    node = made(Node, **{"id": "n", "kind": "session", "partition": "aws"} | facts)
    m = match(partition="aws", copy="foreign")
    found = assume.candidates(case(seen(), m), m, [node], lambda *_: {})
    assert [(e.kind, e.parent, e.rule, e.confidence, e.note) for e in found] == [("ASSUMED", "n", "J10", 0.7, "")] * alive


def test_of_several_candidates_the_one_used_from_the_same_place() -> None:
    nodes = [made(Node, id=id_, kind="key", partition="aws") for id_ in "abc"]
    m = match(
        confidence=0.65,
        family="root_task",
        partition="aws",
        copy="foreign",
        address="198.51.100.8",
        agent="cli",
        external_id="x-1",
    )
    asked_for: list[tuple[Any, ...]] = []

    def used(*asked: Any) -> dict[str, list[tuple[str, str]]]:
        asked_for.append(asked)
        return {"a": [("198.51.100.8", "other")], "b": [("198.51.100.8", "cli")]}

    found = assume.candidates(case(seen(), m), m, nodes, used)
    assert asked_for == [(["a", "b", "c"], AT - 43_200, AT + 43_201)]
    same = "external id x-1; used from the same address with the same agent"
    assert [(e.kind, e.parent, e.rule, e.confidence, e.note) for e in found] == [
        ("RAN_ROOT_TASK", "a", "J2m", 0.6, "external id x-1"),
        ("RAN_ROOT_TASK", "b", "J10", 0.65, same),
        ("RAN_ROOT_TASK", "c", "J2m", 0.6, "external id x-1"),
    ]
    both = assume.candidates(case(seen(), m), m, nodes, lambda *_: {key: [("198.51.100.8", "cli")] for key in "ab"})
    assert {e.rule for e in both} == {"J2m"}
    of_two = assume.candidates(case(seen(), m), m, nodes[:2], used)
    assert [(e.parent, e.rule) for e in of_two] == [("a", "J2m"), ("b", "J10")]
    assert assume.candidates(case(seen(), m), m, [], used) == []


@pytest.mark.parametrize(("rule", "said"), [("J1", "J10"), ("J3", "J3"), ("J1x", "J1x")])
def test_a_strangers_edge_starts_at_whom_the_copy_names(rule: str, said: str) -> None:
    m = match(rule, copy="foreign", parent_account=FAR, parent_principal="AROAV:scan", partition="aws")
    (found,) = assume.edges(case(seen(), m), m)
    assert (found.edge.rule, found.edge.kind, found.edge.note) == (said, "ASSUMED", "")
    assert found.origin is not None
    assert (found.origin.id, found.origin.label, found.origin.account) == (found.edge.parent, f"caller in {FAR}", FAR)
    assert (found.origin.principal_id, found.origin.name, found.origin.partition) == ("AROAV:scan", "AROAV:scan", "aws")
