"""Times, numbers and shares in words."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from roletrail.web import text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (33, "33 s"),
        (333, "5 min 33 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (86_400 + 60, "1 d"),
        (360_000, "4 d 4 h"),
    ],
)
def test_spans_name_the_two_greatest_units(seconds: int, words: str) -> None:
    assert text.span(seconds) == words


@pytest.mark.parametrize(
    ("number", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd"), (113, "113th")]
)
def test_ordinals(number: int, word: str) -> None:
    assert text.ordinal_word(number) == word


@pytest.mark.parametrize(("share", "words"), [(1.0, "100 %"), (0.9999, "99 %"), (0.75, "75 %"), (0.0, "0 %")])
def test_nothing_is_rounded_up_to_a_certainty(share: float, words: str) -> None:
    assert text.percent(share) == words


def test_unknown_times_have_no_span() -> None:
    assert text.seconds_between("", "2026-11-07T02:14:10Z") == 0
    assert text.seconds_between("2026-11-07T02:14:10Z", "2026-11-07T02:14:43Z") == 33
    assert text.seconds_between("2026-11-07T02:14:43Z", "2026-11-07T02:14:10Z") == 0


def test_plurals() -> None:
    assert [text.plural(n, "chain") for n in (0, 1, 1204)] == ["0 chains", "1 chain", "1,204 chains"]


def test_markup_of_our_own_is_left_alone() -> None:
    ours = Markup("<b>\u200b</b>")
    assert text.visible(ours) is ours
    assert text.visible("a\tb\n") == "a\tb\n"
    assert text.visible(None) == ""
    assert text.visible(7) == 7
