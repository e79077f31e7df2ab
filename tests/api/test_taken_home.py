"""The detection taken home: its SQL run on DuckDB over the same records, its Sigma read by a parser, its Cypher run elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sigma.collection import SigmaCollection

from roletrail.auth.actor import local_actor
from roletrail.detect.rules import RULES
from roletrail.detect.taken_home import Case, queries
from roletrail.usecases.findings.listing import show_finding
from tests.support.loading import Loaded

SCENARIOS = Path(__file__).parents[1] / "scenarios"
HOSTILE = "it's \\ * ? % _ \" `x` \n-- $$ {}"


def files_of(name: str) -> list[Path]:
    return sorted(path for path in (SCENARIOS / name).iterdir() if path.suffix == ".json")


def athena_table(found: list[dict[str, Any]], folder: Path) -> duckdb.DuckDBPyConnection:
    """The table AWS documents: lower-case columns, userIdentity a struct, parameters JSON text; and the one function DuckDB
    names otherwise."""
    rows = []
    for record in found:
        who = record.get("userIdentity", {})
        issuer = who.get("sessionContext", {}).get("sessionIssuer", {})
        identity = {
            "type": who.get("type"), "principalid": who.get("principalId"), "arn": who.get("arn"), "accesskeyid": who.get("accessKeyId"),
            "sessioncontext": {"sessionissuer": {"arn": issuer.get("arn"), "username": issuer.get("userName")}},
        }  # fmt: skip
        flat = {name: record.get(camel) for name, camel in (
            ("eventtime", "eventTime"), ("eventname", "eventName"), ("eventsource", "eventSource"), ("sourceipaddress", "sourceIPAddress"),
            ("useragent", "userAgent"), ("errorcode", "errorCode"),
        )}  # fmt: skip
        texts = {
            name: json.dumps(record.get(camel))
            for name, camel in (("requestparameters", "requestParameters"), ("responseelements", "responseElements"))
        }
        rows.append({**flat, **texts, "useridentity": identity})
    table = folder / "records.json"
    table.write_text(json.dumps(rows))
    connection = duckdb.connect()
    connection.execute("CREATE MACRO json_extract_scalar(text, path) AS json_extract_string(text, path)")
    connection.execute(
        "CREATE TABLE cloudtrail_logs AS SELECT * FROM read_json(?, columns={eventtime: 'VARCHAR', eventname: 'VARCHAR', eventsource: 'VARCHAR',"
        " sourceipaddress: 'VARCHAR', useragent: 'VARCHAR', errorcode: 'VARCHAR', requestparameters: 'VARCHAR', responseelements: 'VARCHAR',"
        " useridentity: 'STRUCT(type VARCHAR, principalid VARCHAR, arn VARCHAR, accesskeyid VARCHAR,"
        " sessioncontext STRUCT(sessionissuer STRUCT(arn VARCHAR, username VARCHAR)))'})",
        [str(table)],
    )
    return connection


@pytest.fixture
def loaded(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Loaded:
    return Loaded(tmp_path, capfdbinary)


@pytest.mark.parametrize("name", ["t04-three-accounts", "t49-no-role-session", "t27-federated-console", "t42-through-workloads"])
def test_sql_finds_the_same_again(name: str, loaded: Loaded, tmp_path: Path) -> None:
    logs = files_of(name)
    loaded.ingest(*logs)
    found = loaded.findings()
    assert found
    table = athena_table([record for path in logs for record in json.loads(path.read_bytes())["Records"]], tmp_path)
    ports = loaded.ports()
    try:
        for one in found:
            told = {query.language: query.text for query in show_finding(ports, local_actor(), one["id"]).queries}
            assert set(told) == {"cypher", "athena-sql", "sigma"}
            assert table.execute(told["athena-sql"]).fetchall(), told["athena-sql"]
            assert not SigmaCollection.from_yaml(told["sigma"]).errors
    finally:
        ports.close()
        table.close()


def hostile_cases() -> list[Case]:
    return [
        Case(rule.meta, HOSTILE, "high", roles, calls, principal, (HOSTILE,), "", "")
        for rule in RULES
        for roles in ((), (HOSTILE, HOSTILE))
        for calls in ((), ((HOSTILE, HOSTILE),))
        for principal in (HOSTILE, f"arn:aws:iam::111111111111:role/{HOSTILE}", f"AKIA{HOSTILE}")
    ]


def test_texts_of_logs_stay_values(tmp_path: Path) -> None:
    table = athena_table([{"eventTime": "2026-11-02T10:00:00Z"}], tmp_path)
    for case in hostile_cases():
        told = dict(queries(case))
        assert table.execute(told["athena-sql"]).fetchall() == []
        (rule,) = SigmaCollection.from_yaml(told["sigma"]).rules
        assert rule.level is not None
        assert rule.level.name == "HIGH"
    table.close()
