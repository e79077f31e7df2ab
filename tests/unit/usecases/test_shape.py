"""The shape strip says what was done, what was only tried, and where there is no evidence."""

from __future__ import annotations

from roletrail.usecases.chains.strip import shape
from roletrail.usecases.chains.views import ActionView, PathNode

PATH = [PathNode(kind="key"), PathNode(kind="session", ordinal=1), PathNode(kind="session", ordinal=2)]


def action(name: str, category: str, error: str = "") -> ActionView:
    return ActionView(
        "e", "20260101.e", "", name, "iam.amazonaws.com", category, "user", "u", "111111111111", "us-east-1", error, ""
    )


def test_stages() -> None:
    seen = shape(PATH, [action("CreateUser", "persistence"), action("StopLogging", "evasion", "AccessDenied")])
    assert seen[:2] == ["origin: long-term key", "role sessions: 2"]
    assert "persistence: CreateUser" in seen
    assert "evasion: StopLogging (refused)" in seen
    assert "impact: no evidence" in seen


def test_impact_that_no_log_could_show_is_not_called_absent() -> None:
    assert shape(PATH, [], data_events=False)[-1] == "impact: not collected"
    assert "impact: GetSecretValue" in shape(PATH, [action("GetSecretValue", "impact")], data_events=False)


def test_what_succeeded_once_was_done() -> None:
    tries = [action("StopLogging", "evasion", "AccessDenied"), action("StopLogging", "evasion")]
    assert "evasion: StopLogging" in shape(PATH, tries)


def test_many_names_are_cut_and_counted() -> None:
    seen = shape(PATH, [action(f"Create{n}", "persistence") for n in range(5)])
    assert "persistence: Create0, Create1, Create2 and 2 more" in seen


def test_an_unknown_origin_and_no_session_say_so() -> None:
    assert shape([PathNode(kind="unknown")], [])[:2] == ["origin: unknown", "role sessions: no evidence"]
