"""Athena's and Security Lake's tables give the graph that CloudTrail's own files give."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roletrail.bootstrap import open_graph
from roletrail.ingest import athena, ocsf
from roletrail.ingest.opening import open_object
from roletrail.ingest.run import ingest
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout, logs, tabled

LOGS = [three_accounts().records, *(logs.log(seed, 40) for seed in (3, 11, 27))]


def graph(folder: Path, body: bytes, name: str) -> list[tuple[str, Any]]:
    folder.mkdir()
    (folder / name).write_bytes(body)
    store = f"sqlite:///{folder / 'store.sqlite'}"
    summary = ingest([str(folder / name)], open_store=lambda: open_graph(store, create=True), archive=folder / "archive")
    assert not summary.quarantined
    opened = open_graph(store, create=False)
    try:
        return list(opened.export())
    finally:
        opened.close()


@pytest.mark.parametrize("records", LOGS, ids=["t04", "3", "11", "27"])
@pytest.mark.parametrize("write", [tabled.athena_csv, tabled.athena_parquet], ids=["csv", "parquet"])
def test_athena_gives_the_same_graph(tmp_path: Path, records: list, write: Callable[[list], bytes]) -> None:
    expected = graph(tmp_path / "own", layout.packed(records), "own.json.gz")
    assert graph(tmp_path / "table", write(records), "table") == expected


@pytest.mark.parametrize("records", LOGS, ids=["t04", "3", "11", "27"])
def test_ocsf_gives_the_same_sessions_and_joins(tmp_path: Path, records: list) -> None:
    expected = graph(tmp_path / "own", layout.packed(records), "own.json.gz")
    found = graph(tmp_path / "lake", tabled.ocsf_parquet(records), "part-0.gz.parquet")
    for kind in ("node", "edge", "standing"):
        mine = [row for row in found if row[0] == kind]
        assert mine == [row for row in expected if row[0] == kind]
    assert {row[0] for row in found} >= {"node", "edge"}


def _avro(schema: str) -> bytes:
    """The head of an Avro file, and nothing in it: magic, one entry of its map of metadata, a sync marker."""
    text, name = schema.encode(), b"avro.schema"
    length = len(text) * 2  # zigzag, then seven bits at a time
    digits = bytes([length & 0x7F | 0x80, length >> 7])
    return b"Obj\x01\x02" + bytes([len(name) * 2]) + name + digits + text + b"\x00" + b"s" * 16


def test_the_folder_of_an_iceberg_table_goes_in_whole(tmp_path: Path) -> None:
    records, table = LOGS[0], tmp_path / "lake"
    state = {
        "v1.metadata.json": json.dumps({"format-version": 2, "table-uuid": "00000000-0000-4000-8000-000000000000"}).encode(),
        "snap-1.avro": _avro(
            '{"type": "record", "name": "manifest_file", "fields": [{"name": "manifest_path", "type": "string"}]}'
        ),
        "m0.avro": _avro('{"type": "record", "name": "manifest_entry", "fields": [{"name": "data_file", "type": "string"}]}'),
        "1.stats": b"PFA1" + b"\x00" * 20,
    }
    data = {"part-0.parquet": tabled.ocsf_parquet(records[:4]), "part-1.parquet": tabled.ocsf_parquet(records[4:])}
    for folder, files in (("metadata", state), ("data/eventday=20261102", data)):
        (table / folder).mkdir(parents=True)
        for name, body in files.items():
            (table / folder / name).write_bytes(body)
    store = f"sqlite:///{tmp_path / 'lake.sqlite'}"
    summary = ingest([str(table)], open_store=lambda: open_graph(store, create=True), archive=tmp_path / "archive")
    assert (summary.taken, summary.ignored, summary.quarantined) == (len(records), len(state), {})
    assert {account.kind for account in summary.accounts} == {"iceberg", "ocsf"}


def test_what_a_table_is_kept_in_does_not_matter() -> None:
    body = tabled.athena_csv(LOGS[0])
    for stored in (body, gzip.compress(body), b"\xef\xbb\xbf" + body):
        content = open_object(stored)
        assert (content.kind, content.items, content.faults) == ("cloudtrail", len(LOGS[0]), [])


def test_what_is_no_table_of_ours() -> None:
    out, deletes = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), out)
    pq.write_table(pa.table({"file_path": ["s3://lake/part-0.parquet"], "pos": [7]}), deletes)
    for stored, reason in (
        (deletes.getvalue(), "iceberg_deletes"),
        (_avro('{"type": "record", "name": "weather", "fields": []}'), "not_cloudtrail"),
        (out.getvalue(), "not_cloudtrail"),
        (out.getvalue()[:-30], "bad_parquet"),
        (b"PAR1", "bad_parquet"),
        (b"eventname,eventtimes\nx,y\n", "not_cloudtrail"),
        (b'eventtime,eventname\n"' + b"x" * (2 << 20) + b'"\n', "bad_csv"),
    ):
        (fault,) = open_object(stored).faults
        assert fault.reason == reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("AssumeRole", "AssumeRole"),
        ("{type=IAMUser, arn=null}", {"type": "IAMUser"}),
        ("{type=X, sessioncontext={attributes={creationdate=c}, sessionissuer=null}, username=a}}b}",
         {"type": "X", "sessioncontext": {"attributes": {"creationdate": "c"}}, "username": "a}}b"}),
        ("{type=X, principalid=AROA:a=b,c={, accountid=1}", {"type": "X", "principalid": "AROA:a=b,c={", "accountid": "1"}),
        ("[{arn=a, accountid=1}, {arn=b}]", [{"arn": "a", "accountid": "1"}, {"arn": "b"}]),
        ("{type=X", "{type=X"),
        ("{type=X}}", {"type": "X}"}),
        ("{" + "attributes={" * 40, "{" + "attributes={" * 40),
    ],
)  # fmt: skip
def test_structs_without_quotes(text: str, value: Any) -> None:
    assert athena.value_of(text) == value


def test_a_name_cannot_forge_a_member() -> None:
    """No blank is allowed in session and user names; where a subject has one, what AWS wrote first counts."""
    forged = "{type=SAMLUser, principalid=P, username=eve, accountid=999999999999, principalid=Q}"
    assert athena.value_of(forged)["principalid"] == "P"


def test_ocsf_before_1_1_has_its_ids_the_other_way() -> None:
    row = tabled.ocsf(LOGS[0][0])
    user = row["actor"]["user"]
    user["uid"], user["uuid"] = user.pop("uid_alt"), user["uid"]
    record = ocsf.record_of(row | {"unmapped": {}})
    assert record is not None
    assert record["userIdentity"]["arn"].startswith("arn:aws:iam")
    assert record["userIdentity"]["principalId"].startswith("AIDA")
    assert ocsf.record_of({"metadata": {"product": {"name": "Route 53"}}}) is None
