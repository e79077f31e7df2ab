"""Ids depend on one record alone and never change (ADR 0001): permalinks in tickets have to live for years."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from roletrail.lineage import ids

PRINCIPAL = "AROAEXAMPLEEXAMPLE01:alice"
ROLE = "arn:aws:iam::123456789012:role/team/Deploy"
KEY = "AKIAEXAMPLEEXAMPLE01"
MADE = {
    "session": ids.session_id("aws", PRINCIPAL, 1_790_000_000),
    "undated": ids.undated_session_id("aws", PRINCIPAL, KEY),
    "alias": ids.alias_id("aws", ROLE, "alice", 1_790_000_000),
    "key": ids.key_id("aws", KEY),
    "origin": ids.origin_id("service", "lambda.amazonaws.com", "orders"),
    "entity": ids.entity_id("role", ROLE),
}
FIRST_RELEASE = {
    "session": "nsv2i56fyinw44gjmln2",
    "undated": "7v6mdryvrm3tw2qduz72",
    "alias": "gr6dj7xetevzchjlzcmk",
    "key": "pyv3dznsk6axsfwb7dwn",
    "origin": "jmds73zlzjwerq74fpnb",
    "entity": "pj2gqnaufpc5pte5ki3c",
}


def test_an_id_is_what_it_was_in_the_first_release() -> None:
    assert MADE == FIRST_RELEASE


def test_ids_tell_nothing_and_stand_in_urls() -> None:
    assert all(re.fullmatch(r"[a-z2-7]{20}", id_) for id_ in MADE.values())


def test_kinds_of_ids_never_meet() -> None:
    same = ("aws", "x", "y")
    made = {ids.undated_session_id(*same), ids.alias_id("aws", "x", "y", 0), ids.session_id("aws", "x", 0), ids.origin_id(*same)}
    assert len(made | {ids.key_id("aws", "x"), ids.entity_id("aws", "x"), ids.unknown_parent_id("aws")}) == 7


TEXT = st.text(st.characters(exclude_characters="\x1f"), max_size=12)


@given(st.tuples(TEXT, TEXT, st.integers(0, 2**33)), st.tuples(TEXT, TEXT, st.integers(0, 2**33)))
def test_another_field_is_another_session(one: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    """Where a field ends matters: ("a", "bc") and ("ab", "c") are two."""
    assume(one != other)
    assert ids.session_id(*one) != ids.session_id(*other)
