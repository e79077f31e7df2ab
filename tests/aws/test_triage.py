"""Triage in an organisation of 500 accounts: the chain is found, little else is fetched, and what was not is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roletrail.auth.actor import local_actor
from roletrail.cli.triage import size_of
from roletrail.errors import InvalidRequest
from roletrail.ingest.source import lookup_events
from roletrail.ingest.source.selective import selective
from roletrail.usecases.loading.triage import TriageView, triage
from tests.aws.trails import Place
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout, lookup_fake, tabled
from tests.support.aws import Cloud
from tests.support.cloudtrail import at

RECORDS = three_accounts().records
CHAIN = {"111111111111", "222222222222", "333333333333"}
LAST_KEY = next(
    record["responseElements"]["credentials"]["accessKeyId"]
    for record in reversed(RECORDS)
    if record["eventName"] == "AssumeRole" and (record.get("responseElements") or {}).get("credentials")
)
SINCE, UNTIL = at("2026-11-02", "00:00:00"), at("2026-11-03", "00:00:00")


def quiet(account: str) -> dict[str, bytes]:
    """An account in which nothing happens that matters: an hour's file."""
    name = f"{account}_CloudTrail_us-east-1_20261102T1005Z_quiet.json.gz"
    return {f"AWSLogs/o-exampleorg1/{account}/CloudTrail/us-east-1/2026/11/02/{name}": layout.packed([])}


@pytest.fixture(scope="module")
def organisation(moto: Cloud) -> str:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="organisation")
    objects = {
        key.replace("AWSLogs/", "AWSLogs/o-exampleorg1/"): body for key, body in layout.delivered(RECORDS, seconds=300).items()
    }
    for number in range(500 - len(CHAIN)):
        objects |= quiet(f"{400000000000 + number}")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: s3.put_object(Bucket="organisation", Key=item[0], Body=item[1]), objects.items()))
    return "s3://organisation/"


def run(
    place: Place, source: str, thing: str = LAST_KEY, budget: int = 10**9, accounts: tuple[str, ...] = ("333333333333",)
) -> TriageView:
    with selective(source, frozenset()) as chosen:
        return triage(
            place.intake(), local_actor(), thing, chosen, since=SINCE, until=UNTIL, budget=budget, accounts=frozenset(accounts)
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "triage")


def chain_of(place: Place, view: TriageView) -> list[str]:
    """Accounts along the path of the found session, root first."""
    store = place.open()
    try:
        (found,) = [one for one in view.answer.candidates if one.entity_kind == "session"]
        rows = store.rows([step.id for step in store.paths([found.id])[found.id]])
        return [row.node.account for row in rows.values()]
    finally:
        store.close()


@pytest.mark.usefixtures("cloud")
def test_the_chain_is_found_across_accounts_and_nothing_else_is_fetched(organisation: str, place: Place) -> None:
    view = run(place, organisation)
    assert view.seconds_to_first_answer is not None
    assert view.seconds_to_first_answer < 60
    assert set(view.accounts) == CHAIN
    assert set(chain_of(place, view)) == CHAIN
    store = place.open()
    assert {entry.locator.split("/")[5] for entry in store.objects(500)[0]} == CHAIN
    store.close()


@pytest.mark.usefixtures("cloud")
def test_a_spent_budget_is_said(organisation: str, place: Place) -> None:
    view = run(place, organisation, budget=900)
    assert 0 < view.bytes <= 900
    assert [one for one in view.not_fetched if one.reason == "The budget is spent."]


def test_the_command_decodes_the_account_from_the_key(organisation: str, cloud: Cloud, place: Place, tmp_path: Path) -> None:
    """A key id in today's format names its account: nothing else is said, and nothing else is looked at."""
    command = [sys.executable, "-m", "roletrail", "triage", "ASIAQEAAAAAA37XV5KMU", "--from", organisation, "--json",
               "--since", "2026-11-02", "--until", "2026-11-03", "--store", place.url]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path, env=os.environ | cloud.environment()
    )
    assert done.returncode == 0, done.stderr
    view = json.loads(done.stdout)
    assert view["answer"]["candidates"] == []
    (missed,) = view["not_fetched"]
    assert missed["account"] in view["answer"]["hint"]
    assert missed["reason"] == "The bucket holds nothing of this account and time."


@pytest.mark.parametrize("write", [tabled.athena_csv, layout.packed])
def test_files_somebody_fetched(tmp_path: Path, place: Place, write: Callable[[list], bytes]) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(write(RECORDS))
    view = run(place, f"athena-csv:{path}")
    assert set(chain_of(place, view)) == CHAIN
    assert view.limits


@pytest.mark.usefixtures("cloud")
def test_event_history_is_asked_for_the_key_and_says_whose_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_events, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("roletrail.ingest.source.selective.account_of_ours", lambda: "333333333333")
    monkeypatch.setattr("roletrail.ingest.source.selective.regions_of_ours", lambda: ["eu-central-1", "us-east-1"])
    mine = [record for record in RECORDS if record["recipientAccountId"] == "333333333333"]
    with lookup_fake.serving(mine) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", fake.url)
        view = run(place, "lookup-events")
        assert view.answer.candidates
        filters = [wanted["LookupAttributes"][0]["AttributeValue"] for _, wanted in fake.asked if "LookupAttributes" in wanted]
        assert filters[0] == LAST_KEY
    assert any("333333333333 alone" in one.reason for one in view.not_fetched)


def test_sizes_and_things(place: Place, tmp_path: Path) -> None:
    assert [size_of(text) for text in ("2GB", "500 MB", "1.5K", "7")] == [2 * 10**9, 5 * 10**8, 1500, 7]
    for text in ("", "-1", "2 apples", "9999999999TB"):
        with pytest.raises(InvalidRequest):
            size_of(text)
    (tmp_path / "x.json").write_bytes(b"{}")
    with pytest.raises(InvalidRequest, match="which account"):
        run(place, str(tmp_path), thing="192.0.2.1", accounts=())
