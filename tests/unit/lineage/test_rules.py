"""Each rule of semantics section 3.2, and what keeps it from firing."""

from __future__ import annotations

import pytest

from roletrail.lineage.model import Edge
from tests.support import identities, sign_in, workloads
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, at, role_session
from tests.support.identities import Credential, Role
from tests.support.memory import Memory, linked, part_of

HOME, OTHER = "111111111111", "222222222222"
T = at("2026-11-02", "10:00:00")
PLACE = "198.51.100.77"


@pytest.fixture
def trail() -> Trail:
    return Trail(NamedIds())


def role(name: str, account: str = HOME, generation: str = "") -> Role:
    return Role(account, name, NamedIds().unique("AROA", account, generation or name))


A, B = role("A"), role("B")


def alice(trail: Trail) -> Credential:
    return trail.user_key(HOME, "alice")


def use(trail: Trail, by: Credential, at_: int = T + 60) -> None:
    trail.call(by, at_, "s3", "ListBuckets")


def edges(memory: Memory, thing: str) -> list[Edge]:
    return list(memory.linked[memory.find(thing)].edges)


def joins(memory: Memory, thing: str) -> list[tuple[str, str, float]]:
    return [(e.kind, e.rule, e.confidence) for e in edges(memory, thing)]


def test_the_key_that_was_issued_is_used(trail: Trail) -> None:
    use(trail, trail.assume(alice(trail), T, A, "work"))
    memory = linked(trail.records)
    (edge,) = edges(memory, "work")
    (issued,) = memory.linked[edge.child].node.access_key_ids
    assert (edge.rule, edge.confidence, edge.parent_key, edge.child_key) == ("J1", 1.0, "AKIAIEXAMPLEKEYALICE", issued)
    assert edge.evidence == tuple("20261102." + record["eventID"] for record in trail.records)


@pytest.mark.parametrize(("late", "expected"), [(2, [("ASSUMED", "J1", 1.0)]), (3, [("ASSUMED", "J1x", 0.5)])])
def test_an_issued_key_may_be_two_seconds_late(trail: Trail, late: int, expected: list[tuple[str, str, float]]) -> None:
    session = trail.assume(alice(trail), T, A, "work", key="K1")
    use(trail, session.with_context(attributes=identities.attributes(T + late)))
    memory = linked(trail.records)
    (found,) = [id_ for id_, one in memory.linked.items() if one.node.issued_at == T + late]
    assert [(e.kind, e.rule, e.confidence) for e in memory.linked[found].edges] == expected


def test_a_key_of_somebody_else_is_a_conflict(trail: Trail) -> None:
    trail.assume(alice(trail), T, A, "work", key="K1")
    stranger = role_session(B, "other", trail.ids.unique("ASIA", HOME, "K1"), T, alice(trail))
    use(trail, stranger)
    (edge,) = edges(linked(trail.records), "other")
    assert (edge.rule, edge.confidence, edge.conflict) == ("J1x", 0.5, "the key was issued to A/work")


@pytest.mark.parametrize(("shift", "rule", "confidence"), [(0, "J2", 0.95), (1, "J4", 0.80), (-2, "J4", 0.80)])
def test_another_key_of_the_same_principal_and_second(trail: Trail, shift: int, rule: str, confidence: float) -> None:
    session = trail.assume(alice(trail), T, A, "work", key="K1")
    use(trail, session.using(trail.ids.unique("ASIA", HOME, "K2")).with_context(attributes=identities.attributes(T + shift)))
    memory = linked(trail.records)
    assert joins(memory, "work") == [("ASSUMED", rule, confidence)]
    assert memory.linked[memory.find("work")].node.issued_at == T + shift


def test_a_second_off_is_no_join_where_somebody_fits_exactly(trail: Trail) -> None:
    session = trail.assume(alice(trail), T, A, "work", key="K1")
    use(trail, session)
    use(trail, session.using(trail.ids.unique("ASIA", HOME, "K2")).with_context(attributes=identities.attributes(T + 1)))
    memory = linked(trail.records)
    (late,) = [one for one in memory.linked.values() if one.node.issued_at == T + 1]
    assert late.edges == ()


def test_three_seconds_off_is_no_join(trail: Trail) -> None:
    session = trail.assume(alice(trail), T, A, "work", key="K1")
    use(trail, session.using(trail.ids.unique("ASIA", HOME, "K2")).with_context(attributes=identities.attributes(T + 3)))
    memory = linked(trail.records)
    assert sorted((one.node.issued_at, len(one.edges)) for one in memory.linked.values() if one.node.name == "work") == [
        (T, 1),
        (T + 3, 0),
    ]


def test_an_issuance_without_the_role_id_joins_by_role_name_and_second(trail: Trail) -> None:
    session = workloads.deliver(trail, T, "ec2", A, "i-0aaaaaaaaaaaaaaa1", key="K1")
    use(trail, session.using(trail.ids.unique("ASIA", HOME, "K2")))
    memory = linked(trail.records)
    assert joins(memory, "i-0aaaaaaaaaaaaaaa1") == [("DELIVERED", "J3", 0.92)]
    assert len(memory.linked[memory.find("A")].aliases) == 1


def test_nobody_is_joined_to_a_role_of_the_same_name_in_another_account(trail: Trail) -> None:
    workloads.deliver(trail, T, "ec2", role("A", OTHER), "i-0aaaaaaaaaaaaaaa1", key="K1")
    use(trail, role_session(A, "i-0aaaaaaaaaaaaaaa1", trail.ids.unique("ASIA", HOME, "K2"), T, alice(trail)))
    memory = linked(trail.records)
    assert [one.edges for one in memory.linked.values() if one.node.account == HOME] == [()]


def test_a_session_token_whose_key_is_hidden(trail: Trail) -> None:
    use(trail, trail.get_session_token(alice(trail), T).using(trail.ids.unique("ASIA", HOME, "K2")))
    memory = linked(trail.records)
    (session,) = [one for one in memory.linked.values() if one.node.kind == "session"]
    assert [(e.kind, e.rule, e.confidence) for e in session.edges] == [("GOT_SESSION_TOKEN", "J5", 0.95)]


@pytest.mark.parametrize("late", [0, 2])
def test_a_console_session_begins_with_its_sign_in(trail: Trail, late: int) -> None:
    user = alice(trail)
    sign_in.console_login(trail, T, user.identity, HOME, address=PLACE)
    use(trail, sign_in.console_key(trail, T + late, user, address=PLACE))
    memory = linked(trail.records)
    (session,) = [one for one in memory.linked.values() if one.node.kind == "session"]
    assert [(e.kind, e.rule, e.confidence, memory.origins[e.parent].type) for e in session.edges] == [
        ("SIGNED_IN", "J6", 0.95, "console")
    ]


def test_a_failed_sign_in_makes_no_session(trail: Trail) -> None:
    sign_in.console_login(trail, T, alice(trail).identity, HOME, address=PLACE, response={"ConsoleLogin": "Failure"})
    assert linked(trail.records).linked == {}


def test_a_stranger_is_one_of_several_sessions_of_its_name(trail: Trail) -> None:
    for second in (0, 60):
        use(trail, trail.assume(alice(trail), T + second, A, "vendor"), T + 100)
    stranger = role_session(A, "vendor", "", T, alice(trail))
    trail.assume(stranger, T + 120, role("R", OTHER), "scan", copies="role")
    memory = linked(trail.records)
    found = edges(memory, "scan")
    assert sorted((e.rule, e.confidence) for e in found) == [("J10", 1.0), ("J2m", 0.6), ("J2m", 0.6)]
    assert memory.places[memory.find("scan")].sessions == 2


def test_a_stranger_is_no_session_that_had_expired(trail: Trail) -> None:
    use(trail, trail.assume(alice(trail), T, A, "vendor", seconds=900))
    stranger = role_session(A, "vendor", "", T, alice(trail))
    trail.assume(stranger, T + 903, role("R", OTHER), "scan", copies="role")
    assert [e.rule for e in edges(linked(trail.records), "scan")] == ["J10"]


@pytest.mark.parametrize(("sessions", "rules"), [(1, ["J11"]), (2, [])])
def test_a_session_without_a_creation_time(trail: Trail, sessions: int, rules: list[str]) -> None:
    issued = [trail.assume(alice(trail), T + n * 10, A, "work") for n in range(sessions)]
    undated = issued[-1].using(trail.ids.unique("ASIA", HOME, "K9")).with_context(attributes={"mfaAuthenticated": "false"})
    use(trail, undated)
    memory = linked(trail.records)
    (found,) = [one for one in memory.linked.values() if one.node.name == "work" and not one.node.issued_at]
    assert [(e.rule, e.confidence) for e in found.edges] == [(rule, 0.55) for rule in rules]


def test_equal_source_identity_supports_a_join(trail: Trail) -> None:
    session = trail.assume(alice(trail), T, A, "work", key="K1", source_identity="alice")
    use(trail, session.using(trail.ids.unique("ASIA", HOME, "K2")))
    assert joins(linked(trail.records), "work") == [("ASSUMED", "J2", 0.98)]


def test_a_role_may_assume_itself(trail: Trail) -> None:
    first = trail.assume(alice(trail), T, A, "one")
    use(trail, trail.assume(first, T + 30, A, "two"))
    memory = linked(trail.records)
    assert (memory.places[memory.find("two")].sessions, memory.places[memory.find("two")].hops) == (2, 1)


def test_a_session_is_not_its_own_parent(trail: Trail) -> None:
    """The same session asks for itself: name and second are its own."""
    session = trail.assume(alice(trail), T, A, "work", key="K1")
    trail.assume(session, T, A, "work", key="K2")
    memory = linked(trail.records)
    assert {memory.linked[e.parent].node.kind for e in edges(memory, "work")} == {"key"}


def test_a_parent_that_began_later_is_rejected(trail: Trail) -> None:
    """Two hostile records: each session would have issued the other. Time leaves one of the two joins."""
    early = trail.assume(alice(trail), T, A, "early")
    late = trail.assume(early, T + 600, B, "late")
    trail.assume(late, T, A, "early", key="again")
    use(trail, late, T + 700)
    memory = linked(trail.records)
    assert [memory.linked[e.parent].node.kind for e in edges(memory, "early")] == ["key"]
    assert memory.places[memory.find("late")].sessions == 2


def test_a_circle_of_one_second_is_cut_once(trail: Trail) -> None:
    """Sessions of one second that issued each other: one join goes, the same one in any order."""
    one, two = (role_session(role_, "s", "", T, alice(trail)) for role_ in (A, B))
    trail.assume(one, T, B, "s", key="K1")
    trail.assume(two, T, A, "s", key="K2")
    use(trail, one)
    use(trail, two)
    forward, backward = linked(trail.records), linked(*[[record] for record in reversed(trail.records)])
    assert forward.graph() == backward.graph()
    assert sorted(forward.places[id_].sessions for id_ in forward.linked) == [1, 2]


def test_an_instance_that_commands_itself_is_no_circle(trail: Trail) -> None:
    instance = workloads.instance(trail, T, A, "i-0aaaaaaaaaaaaaaa1", address="10.0.1.5")[0]
    use(trail, instance)
    operator = trail.assume(instance, T + 60, B, "automation")
    trail.call(operator, T + 90, "ssm", "SendCommand", {"instanceIds": ["i-0aaaaaaaaaaaaaaa1"]})
    memory = linked(trail.records)
    assert memory.places[memory.find("automation")].sessions == 2
    assert memory.places[memory.find("i-0aaaaaaaaaaaaaaa1")].pivots == 0


def test_late_records_move_whole_subtrees(trail: Trail) -> None:
    """The first hop arrives last: everything below is counted anew."""
    a = trail.assume(alice(trail), T, A, "a")
    first = list(trail.records)
    b = trail.assume(a, T + 10, B, "b")
    use(trail, trail.assume(b, T + 20, A, "c"))
    rest = trail.records[len(first) :]
    memory = linked(rest, first)
    assert memory.graph() == linked(trail.records).graph()
    assert [memory.places[memory.find(name)].sessions for name in ("a", "b", "c")] == [1, 2, 3]


def test_linking_asks_for_what_changed_alone(trail: Trail) -> None:
    """One late event among four hundred sessions of one key: the others are not looked at."""
    for n in range(400):
        use(trail, trail.assume(alice(trail), T + n * 60, A, f"run-{n}"), T + n * 60 + 5)
    memory = linked(trail.records)
    before = memory.asked
    late = Trail(NamedIds(series=7))
    use(late, late.assume(alice(late), T + 90_000, B, "late"))
    memory.commit(part_of(late.records, "late.json"))
    summary = memory.link()
    assert (summary.identities <= 3, summary.standings) == (True, 1)
    assert memory.asked - before < 20
