"""Launch links, sign-in sessions and tokens over a real app database."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from roletrail.appdb import AppDatabase
from roletrail.auth import access as rooms
from roletrail.auth.access import Access
from roletrail.auth.secrets import is_token
from roletrail.errors import InvalidRequest, SchemaMismatch, StoreUnavailable

DAY = 86_400


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(tmp_path: Path, clock: Clock) -> Iterator[Access]:
    found = Access(AppDatabase(tmp_path / "s.sqlite.app", clock))
    yield found
    found.close()


def test_a_launch_link_opens_one_session_once(access: Access) -> None:
    secret = access.new_launch()
    session = access.redeem_launch(secret)
    actor = access.session_actor(session)
    assert actor is not None
    assert (actor.name, actor.role, actor.kind) == ("local", "admin", "session")
    assert access.redeem_launch(secret) == ""


def test_a_launch_link_dies_after_ten_minutes(access: Access, clock: Clock) -> None:
    early, late = access.new_launch(), access.new_launch()
    clock.now += rooms.LAUNCH_SECONDS - 1
    assert access.redeem_launch(early)
    clock.now += 1
    assert access.redeem_launch(late) == ""


def test_a_session_slides_and_then_ends(access: Access, clock: Clock) -> None:
    session = access.redeem_launch(access.new_launch())
    for _ in range(3):
        clock.now += rooms.SESSION_SECONDS - 1
        assert access.session_actor(session) is not None
    clock.now += rooms.SESSION_SECONDS
    assert access.session_actor(session) is None


def test_an_ended_session_opens_nothing(access: Access) -> None:
    session = access.redeem_launch(access.new_launch())
    access.end_session(session)
    assert access.session_actor(session) is None


def test_a_token_carries_its_scopes_until_it_expires(access: Access, clock: Clock) -> None:
    token = access.new_token("t", ["read"], "viewer", DAY)
    actor = access.token_actor(token)
    assert actor is not None
    assert actor.scopes == {"read"}
    assert actor.role == "viewer"
    clock.now += DAY
    assert access.token_actor(token) is None


def test_a_revoked_token_opens_nothing(access: Access) -> None:
    token = access.new_token("t", ["read"], "viewer", DAY)
    (info,) = access.tokens()
    assert access.revoke_token(info.id)
    assert access.token_actor(token) is None
    assert not access.revoke_token(info.id)


def test_the_use_of_a_token_is_written_down(access: Access, clock: Clock) -> None:
    token = access.new_token("t", ["read"], "viewer", DAY)
    clock.now += 3600
    access.token_actor(token)
    assert access.tokens()[0].used_at == int(clock.now)


@pytest.mark.parametrize(("scopes", "seconds"), [(["root"], DAY), ([], DAY), (["read"], 0), (["read"], 400 * DAY)])
def test_tokens_with_strange_scopes_or_lives_are_not_made(access: Access, scopes: list[str], seconds: int) -> None:
    with pytest.raises(InvalidRequest):
        access.new_token("t", scopes, "viewer", seconds)


def test_the_form_of_a_token_tells_typos(access: Access) -> None:
    token = access.new_token("t", ["read"], "viewer", DAY)
    assert token.startswith("rtt_")
    assert is_token(token)
    swapped = token[:10] + ("A" if token[10] != "A" else "B") + token[11:]
    assert not is_token(swapped)
    assert not is_token("rtt_")
    assert not is_token("rtt_" + "é" * 49)


def test_no_secret_is_in_the_file(access: Access, tmp_path: Path) -> None:
    launch, token = access.new_launch(), access.new_token("t", ["read"], "viewer", DAY)
    session = access.redeem_launch(access.new_launch())
    access.close()
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    for secret in (launch, token, session):
        assert not any(secret.encode() in content for content in files)


def test_the_file_is_its_owners_alone(access: Access, tmp_path: Path) -> None:
    access.app.claim_server()
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_one_server_a_database(access: Access, tmp_path: Path) -> None:
    access.app.claim_server()
    other = AppDatabase(tmp_path / "s.sqlite.app")
    with pytest.raises(StoreUnavailable, match="Another Roletrail server"):
        other.claim_server()
    access.close()
    other.claim_server()
    other.close()


def test_what_the_server_says_of_itself_is_there_for_other_commands(access: Access, tmp_path: Path) -> None:
    assert access.app.recall("url") == ""
    access.app.remember("url", "http://127.0.0.1:1")
    access.app.remember("url", "http://127.0.0.1:2")
    other = AppDatabase(tmp_path / "s.sqlite.app")
    assert other.recall("url") == "http://127.0.0.1:2"
    other.close()


def test_a_newer_app_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.app"
    first = AppDatabase(path)
    first.recall("url")
    first.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(SchemaMismatch, match="999"):
        AppDatabase(path).recall("url")
