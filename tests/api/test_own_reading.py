"""What Roletrail itself reads from AWS is counted in lists, not listed: pages, API and commands alike, until somebody asks."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from roletrail import cli
from roletrail.detect.own import SESSION_NAME
from tests.support import layout
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role
from tests.support.loading import Loaded
from tests.support.served import Served, ingest, serving

ONE, TWO = "111111111111", "222222222222"
START = at("2026-11-06", "10:00:00")
HOURS = 3


def logs(folder: Path) -> tuple[Path, str]:
    """Three hours of our reading, in our account and on into another; a deploy like it; and one of our name that did more."""
    log = Trail(SeededIds("reading"))
    host = log.user_key(ONE, "collector")
    reader, member, deploy = (
        Role(account, name, log.ids.unique("AROA", account, name))
        for account, name in ((ONE, "roletrail-reader"), (TWO, "roletrail-reader"), (TWO, "deploy"))
    )
    for hour in range(HOURS):
        when = START + hour * 3_600
        own = log.assume(host, when, reader, SESSION_NAME, source_identity=SESSION_NAME)
        log.call(own, when + 1, "sts", "GetCallerIdentity")
        far = log.assume(own, when + 2, member, SESSION_NAME, source_identity=SESSION_NAME)
        for number in range(40):
            log.call(far, when + 3 + number, "iam", "ListUsers" if number % 2 else "GetAccountAuthorizationDetails")
    first = log.assume(host, START + 60, Role(ONE, "ci", log.ids.unique("AROA", ONE, "ci")), "run")
    log.call(log.assume(first, START + 70, deploy, "run"), START + 80, "ecs", "UpdateService")
    busy = log.assume(host, START + 90, reader, SESSION_NAME, source_identity=SESSION_NAME)
    busy = log.assume(busy, START + 95, member, SESSION_NAME, source_identity=SESSION_NAME)
    log.create_user(busy, START + 100, "backdoor")
    layout.write(folder, layout.delivered(log.records))
    return folder, reader.arn


class Kept(NamedTuple):
    folder: Path
    role: str  # ARN of ours
    store: str


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A store that was filled and judged before anybody said which role is ours."""
    folder = tmp_path_factory.mktemp("reading")
    written, arn = logs(folder / "logs")
    store = f"sqlite:///{folder / 'roletrail.sqlite'}"
    ingest(store, written)
    return Kept(folder, arn, store)


@pytest.fixture
def own(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("ROLETRAIL_AWS_ROLE", kept.role)
    with serving(kept.store) as served:
        yield served


def ends(answer: Any) -> list[str]:
    return sorted(item["path"][-1]["label"] + "/" + item["path"][-1]["role_session_name"] for item in answer["items"])


def test_lists_count_our_own_reading_and_show_it_when_asked(own: Served) -> None:
    with own.reader() as client:
        hidden, shown = (client.get("/api/v1/chains", params=asked).json() for asked in ({}, {"own": "true"}))
        assert ends(hidden) == ["deploy/run", "roletrail-reader/roletrail"], "the one that made a user is nobody's reading"
        assert hidden["own_hidden"] == HOURS
        assert len(shown["items"]) == HOURS + 2
        assert shown["own_hidden"] == 0
        one_each = [client.get("/api/v1/chains", params={"limit": 1}).json()]
        while one_each[-1]["next"]:
            one_each.append(client.get("/api/v1/chains", params={"limit": 1, "after": one_each[-1]["next"]}).json())
        assert [end for page in one_each for end in ends(page)] == [ends({"items": [item]})[0] for item in hidden["items"]]
        assert sum(page["own_hidden"] for page in one_each) == HOURS
        shapes = [client.get("/api/v1/chains/shapes", params=asked).json() for asked in ({}, {"own": "1"})]
        assert [(sum(shape["chains"] for shape in page["items"]), page["own_hidden"]) for page in shapes] == [(2, HOURS), (5, 0)]
        assert client.get("/api/v1/chains", params={"own": "perhaps"}).status_code == 422
        member = f"arn:aws:iam::{TWO}:role/roletrail-reader"
        traced = client.get("/api/v1/trace", params={"thing": member}).json()["candidates"]
        entity = next(hit["url"] for hit in traced if hit["url"].startswith("/entities/"))
        for asked, sessions in (({}, 1), ({"own": "1"}, HOURS + 1)):
            found = client.get(f"/api/v1{entity}", params=asked).json()
            assert (len(found["sessions"]), found["own_hidden"]) == (sessions, HOURS + 1 - sessions)
        for item in shown["items"]:
            assert client.get(f"/api/v1/sessions/{item['session_id']}").status_code == 200


def test_pages_say_how_many_are_hidden_and_lead_to_them(own: Served) -> None:
    with own.browser() as browser:
        for view in ("", "view=each&"):
            page = browser.get(f"/chains?{view}").text
            assert "3 of our own sessions hidden" in page
            (place,) = re.findall(r'hidden: [^<]*<a href="([^"]+)">Show', page)
            shown = browser.get(place.replace("&amp;", "&")).text
            assert "hidden:" not in shown
            assert re.findall(r'<a href="([^"]+)">Hide them', shown) == [f"/chains?{view}".rstrip("?&")]
            assert (re.findall(r"\b(\d) chains", page)[0], re.findall(r"\b(\d) chains", shown)[0]) == ("2", "5")


def test_commands_say_it_on_stderr(
    kept: Kept, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLETRAIL_AWS_ROLE", kept.role)
    loaded = Loaded(kept.folder, capfdbinary)
    for more, listed, said in (([], 2, True), (["--own"], HOURS + 2, False)):
        for command in (["chains", "--json"], ["chains", "--json", "--all"]):
            printed, complained = both(loaded, capfdbinary, *command, *more)
            found = [json.loads(line) for line in printed.splitlines()] if "--all" in command else json.loads(printed)
            assert len(found) == listed
            assert (b"3 of our own sessions hidden: --own shows them." in complained) == said


def both(loaded: Loaded, capture: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[bytes, bytes]:
    capture.readouterr()
    with contextlib.suppress(SystemExit):
        cli.run([*arguments, "--store", loaded.store])
    printed = capture.readouterr()
    return printed.out, printed.err


def test_findings_made_before_the_settings_named_our_role_are_hidden_too(own: Served) -> None:
    with own.reader() as client:
        every, few = (client.get("/api/v1/findings", params={"own": asked}).json() for asked in ("1", "0"))
    assert few["own_hidden"] >= 1
    assert len(every["items"]) == len(few["items"]) + few["own_hidden"]
    assert few["items"], "what did more than read is found, and listed"


def test_who_does_not_say_which_role_is_ours_sees_everything(kept: Kept) -> None:
    with serving(kept.store) as served, served.reader() as client:
        found = client.get("/api/v1/chains").json()
    assert (len(found["items"]), found["own_hidden"]) == (HOURS + 2, 0)
