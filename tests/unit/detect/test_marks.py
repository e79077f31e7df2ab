"""How marks flow: down the lineage, along strands, until a nearer or a later word overrides them."""

from __future__ import annotations

from itertools import pairwise

from roletrail.detect.marks import Facts, Mark, Sides, Step, Use, side_of_use, sides

THIEF, CI, KALI, RUNNER = "198.51.100.77", "203.0.113.40", "aws-cli", "boto3"
STOLEN, OWN = Use(THIEF, KALI, 100, 200), Use(CI, RUNNER, 90, 250)


def facts(**more: list[Use]) -> Facts:
    """A key used by two; each issued a session, and the thief's went on twice."""
    return Facts(
        {"key": [STOLEN, OWN], "his": [Use(THIEF, KALI, 110, 120)], "ci": [Use(CI, RUNNER, 110, 120)], "next": [], **more},
        {
            "his": [Step("key", "his", 110, THIEF, KALI)],
            "ci": [Step("key", "ci", 100, CI, RUNNER)],
            "next": [Step("his", "next", 115, THIEF, KALI)],
        },
    )


def split(attacker: str = "", unclear: str = "", ours: str = "") -> Sides:
    return Sides(frozenset(attacker.split()), frozenset(unclear.split()), frozenset(ours.split()))


def test_nobody_is_on_a_side_without_a_mark() -> None:
    assert sides([], facts()) == split()


def test_a_strand_of_a_key_yields_its_own_sessions_and_a_key_of_two_hands_is_unclear() -> None:
    by_address = Mark("attacker", "key", addresses=frozenset({THIEF}))
    by_agent = Mark("attacker", "key", agents=frozenset({KALI}))
    for mark in (by_address, by_agent):
        assert sides([mark], facts()) == split("his next", "key")
    both = [by_address, Mark("ours", "key", addresses=frozenset({CI}))]
    assert sides(both, facts()) == split("his next", "key", "ci")


def test_a_whole_mark_flows_down_until_overridden() -> None:
    whole = Mark("attacker", "key", set_at=1)
    assert sides([whole], facts()) == split("key his ci next")
    assert sides([whole, Mark("ours", "ci", set_at=2)], facts()) == split("key his next", "", "ci")
    assert sides([whole, Mark("unclear", "his", set_at=2)], facts()) == split("key ci", "his next")


def test_of_two_equally_near_words_the_later_counts_in_any_order() -> None:
    first, second = Mark("attacker", "his", set_at=1), Mark("ours", "his", set_at=2)
    assert sides([first, second], facts()) == sides([second, first], facts()) == split("", "", "his next")


def test_a_strand_of_a_credential_is_nearer_than_the_credential_and_an_address_alone_is_farther() -> None:
    marks = [Mark("ours", "key", set_at=5), Mark("attacker", "key", addresses=frozenset({THIEF}), set_at=1)]
    assert sides(marks, facts()) == split("his next", "key", "ci")
    anywhere = [Mark("attacker", addresses=frozenset({THIEF}), set_at=9), Mark("ours", "his", set_at=1)]
    assert sides(anywhere, facts()).ours == {"his", "next"}


def test_an_address_alone_is_marked_wherever_it_turns_up() -> None:
    stranger = {"other": [Use(THIEF, KALI, 500, 600)]}
    assert sides([Mark("attacker", addresses=frozenset({THIEF}))], facts(**stranger)) == split("his next other", "key")


def test_a_range_of_time_has_two_ends() -> None:
    facts_ = Facts(
        {"key": [Use(CI, RUNNER, 0, 10), Use(CI, RUNNER, 100, 110)], "a": [], "b": [], "c": []},
        {name: [Step("key", name, at, CI, RUNNER)] for name, at in (("a", 50), ("b", 100), ("c", 200))},
    )
    assert sides([Mark("attacker", "key", from_=100, to=200)], facts_) == split("b", "key")


def test_what_was_issued_from_an_unknown_place_takes_the_side_of_all_uses() -> None:
    made = facts()._replace(steps={"next": [Step("key", "next", 0, "", "")]})
    assert "next" in sides([Mark("attacker", "key", addresses=frozenset({THIEF}))], made).unclear
    assert "next" in sides([Mark("attacker", "key")], made).attacker


def test_another_possible_parent_on_the_attackers_side_makes_it_unclear() -> None:
    steps = [Step("ci", "next", 1, CI, RUNNER), Step("his", "next", 1, THIEF, KALI, primary=False)]
    found = sides([Mark("attacker", "his"), Mark("ours", "ci")], facts()._replace(steps={"next": steps}))
    assert found == split("his", "next", "ci")


def test_a_circle_ends_and_a_long_lineage_needs_no_stack() -> None:
    circle = Facts({"a": [], "b": []}, {"a": [Step("b", "a", 1, "", "")], "b": [Step("a", "b", 1, "", "")]})
    assert sides([Mark("attacker", "a")], circle).attacker >= {"a"}
    names = [f"s{n}" for n in range(5000)]
    long = Facts(dict.fromkeys(names, ()), {b: [Step(a, b, 1, CI, RUNNER)] for a, b in pairwise(names)})
    assert len(sides([Mark("attacker", "s0")], long).attacker) == 5000


def test_the_side_of_one_strand() -> None:
    marks = [Mark("attacker", "key", addresses=frozenset({THIEF}))]
    assert side_of_use(marks, facts(), "key", STOLEN) == "attacker"
    assert side_of_use(marks, facts(), "key", OWN) is None
    assert side_of_use(marks, facts(), "his", facts().uses["his"][0]) == "attacker"
