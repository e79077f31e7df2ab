"""Refusals told apart (T21): trying doors, IAM's propagation, and the rest."""

from __future__ import annotations

import pytest

from roletrail.lineage import ids
from roletrail.lineage.link import attempt
from roletrail.lineage.link.attempt import Obtained
from roletrail.lineage.model import Attempt, Edge

T = 1_793_606_400
ROLE = "arn:aws:iam::111111111111:role/"


def refused(at: int, role: str, identity: str = "mallory") -> Attempt:
    return Attempt(
        event_id=f"{at}-{role}", at=at, identity=identity, access_key_id="AKIAIEXAMPLEXXXAKIA1", event_name="AssumeRole", target=ROLE + role,
        error_code="AccessDenied", account="111111111111", region="us-east-1", address="198.51.100.77", agent="aws-cli",
    )  # fmt: skip


def natures(attempts: list[Attempt], obtained: list[Obtained]) -> dict[str, str]:
    return {r.attempts[0].target.removeprefix(ROLE): r.nature for r in attempt.refusals(attempts, obtained)}


def test_several_roles_in_a_burst_are_doors_tried() -> None:
    tried = [refused(T + n * 20, role) for n, role in enumerate("ABCD")]
    assert natures(tried, []) == dict.fromkeys("ABCD", "enumeration")


def test_two_roles_are_no_burst_and_slow_ones_neither() -> None:
    assert natures([refused(T, "A"), refused(T + 5, "B")], []) == {"A": "refused", "B": "refused"}
    assert natures([refused(T + n * 400, role) for n, role in enumerate("ABCD")], []) == dict.fromkeys("ABCD", "refused")


def test_what_succeeds_within_seconds_is_propagation() -> None:
    tried = [refused(T + n, "fresh") for n in (0, 4, 8)] + [refused(T + n, role) for n, role in enumerate("AB")]
    got = [Obtained("mallory", ROLE + "fresh", T + 12), Obtained("somebody else", ROLE + "A", T + 3)]
    assert natures(tried, got) == {"fresh": "propagation retry", "A": "refused", "B": "refused"}


def test_a_success_much_later_is_no_propagation() -> None:
    assert natures([refused(T, "A")], [Obtained("mallory", ROLE + "A", T + 11)]) == {"A": "refused"}


@pytest.mark.parametrize(
    ("after", "nature"), [(-1, "refused"), (0, "propagation retry"), (10, "propagation retry"), (11, "refused")]
)
def test_a_retry_succeeds_within_ten_seconds_of_the_last_refusal(after: int, nature: str) -> None:
    tried = [refused(T, "A"), refused(T + 20, "A")]
    assert natures(tried, [Obtained("mallory", ROLE + "A", T + 20 + after)]) == {"A": nature}


def test_retries_are_no_part_of_a_burst() -> None:
    tried = [refused(T + n, role) for n, role in enumerate("ABC")]
    assert natures(tried, [Obtained("mallory", ROLE + "C", T + 5)]) == {"A": "refused", "B": "refused", "C": "propagation retry"}


@pytest.mark.parametrize(("last", "nature"), [(600, "enumeration"), (601, "refused")])
def test_a_burst_is_three_roles_in_ten_minutes(last: int, nature: str) -> None:
    tried = [refused(T, "A"), refused(T + 9, "B"), refused(T + last, "C")]
    assert natures(tried, []) == dict.fromkeys("ABC", nature)
    assert natures([a._replace(identity=f"i{n}") for n, a in enumerate(tried)], []) == dict.fromkeys("ABC", "refused")


def test_a_role_tried_again_and_again_is_one_role_of_the_burst() -> None:
    """A leaves the ten minutes only with its last refusal; what was tried long after is no part of it."""
    tried = [refused(T, "A"), refused(T + 300, "A"), refused(T + 590, "B"), refused(T + 601, "C"), refused(T + 2000, "D")]
    assert natures(tried, []) == {"A": "enumeration", "B": "enumeration", "C": "enumeration", "D": "refused"}
    tried = [refused(T, "A"), refused(T + 1, "A"), refused(T + 2, "A"), refused(T + 3, "B")]
    assert natures(tried, []) == {"A": "refused", "B": "refused"}


def test_a_burst_is_what_was_refused_in_order_of_time() -> None:
    """By order of arrival, or of the names of events, D would lie between the others."""
    tried = [refused(T + 900 * n, role) for n, role in enumerate("ABCD")]
    for n, one in enumerate(tried):
        tried[n] = one._replace(event_id=str(9 - n))
    assert natures(tried[::-1], []) == dict.fromkeys("ABCD", "refused")


def test_the_edge_of_a_refusal_whole() -> None:
    (found,) = attempt.refusals([refused(T, "A")], [])
    assert attempt.edge(found) == Edge(
        "ATTEMPTED", "mallory", ids.entity_id("role", ROLE + "A"), "AKIAIEXAMPLEXXXAKIA1", "", T, "ATTEMPT", 1.0,
        (f"20261102.{T}-A",), "", "", "refused, 1 x AccessDenied",
    )  # fmt: skip


def test_the_edge_names_the_role_and_proves_itself() -> None:
    (found,) = attempt.refusals([refused(T + 3, "A"), refused(T, "A")], [])
    edge = attempt.edge(found)
    assert (edge.kind, edge.parent, edge.at, edge.note) == ("ATTEMPTED", "mallory", T, "refused, 2 x AccessDenied")
    assert (edge.rule, edge.confidence, edge.parent_key) == ("ATTEMPT", 1.0, "AKIAIEXAMPLEXXXAKIA1")
    assert edge.child == ids.entity_id("role", ROLE + "A")
    assert edge.evidence == (f"20261102.{T}-A", f"20261102.{T + 3}-A")


def test_refusals_come_in_order_of_their_first_attempt() -> None:
    tried = [refused(T + 9, "A"), refused(T + 1, "C"), refused(T + 5, "B"), refused(T + 5, "A"), refused(T + 5, "A", "bob")]
    found = attempt.refusals(tried, [])
    doors = [(r.attempts[0].identity, r.attempts[0].target.removeprefix(ROLE)) for r in found]
    assert doors == [("mallory", "C"), ("mallory", "A"), ("bob", "A"), ("mallory", "B")]
    assert [a.at - T for a in found[1].attempts] == [5, 9]


def test_an_edge_has_twenty_proofs_at_most() -> None:
    (found,) = attempt.refusals([refused(T + n, "A") for n in range(25)], [])
    edge = attempt.edge(found)
    assert len(edge.evidence) == 20
    assert edge.note == "refused, 25 x AccessDenied"
