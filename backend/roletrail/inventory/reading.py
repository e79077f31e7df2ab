"""Files of an inventory: what each one is, told by what it holds and not by its name."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from roletrail.errors import InputUnavailable
from roletrail.inventory import guardduty, ranges, workloads
from roletrail.inventory.guardduty import GuardDutyFinding
from roletrail.inventory.snapshot import LISTS, Context, Snapshot, of_config, of_describe

CONFIG_LISTS = ("configurationItems", "ConfigurationItems", "baseConfigurationItems", "BaseConfigurationItems")
LISTINGS = ("Reservations", "Findings", *LISTS, *workloads.ANSWERS, *CONFIG_LISTS)
MOST_BYTES = 512 * 1024 * 1024


class Read(NamedTuple):
    """What one file held."""

    path: str
    snapshots: tuple[Snapshot, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()
    findings: tuple[GuardDutyFinding, ...] = ()
    ranges: bytes = b""
    empty: bool = False  # a listing of something we know, with nothing in it

    @property
    def anything(self) -> bool:
        return bool(self.snapshots or self.accounts or self.findings or self.ranges or self.empty)


def files_of(paths: Sequence[str]) -> Iterator[Path]:
    """JSON files, folders searched. Raises InputUnavailable for a path that is not there."""
    for text in paths:
        path = Path(text).expanduser()
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and file.name.endswith((".json", ".json.gz")))
        elif path.is_file():
            yield path
        else:
            raise InputUnavailable(
                f"There is nothing at {text}.",
                hint="Name files, or folders with files, that AWS's own calls have written as JSON.",
            )


def read_file(path: Path, at: int, account: str, region: str) -> Read:
    """Everything a file holds. `at` 0: the file's own time is when AWS said it. Raises InputUnavailable when it is no JSON."""
    try:
        body = _body(path)
        context = Context(at or int(path.stat().st_mtime), path.name, account, region)
        document = json.loads(body)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise InputUnavailable(f"{path} cannot be read as JSON: {error}.") from None
    return read_document(document, body, context)


def _body(path: Path) -> bytes:
    body = path.read_bytes()
    if body[:2] == b"\x1f\x8b":
        with gzip.open(path) as unpacked:
            body = unpacked.read(MOST_BYTES)
    return body


def read_document(document: Any, body: bytes, context: Context) -> Read:
    if ranges.looks_like(document):
        ranges.of_json(body, context.source)
        return Read(context.source, ranges=body)
    found = _Reading(context)
    found.take(document)
    return Read(context.source, tuple(found.snapshots), tuple(found.accounts), tuple(found.findings), empty=found.empty)


class _Reading:
    def __init__(self, context: Context) -> None:
        self._context = context
        self.snapshots: list[Snapshot] = []
        self.accounts: list[tuple[str, str]] = []
        self.findings: list[GuardDutyFinding] = []
        self.empty = False

    def take(self, document: Any) -> None:
        if isinstance(document, list):
            for one in document:
                self.take(one)
        elif isinstance(document, dict):
            self._take(document)

    def _take(self, document: dict[str, Any]) -> None:
        self.empty = self.empty or any(document.get(name) == [] for name in LISTINGS)
        if "Reservations" in document or any(name in document for name in LISTS):
            self.snapshots += of_describe(document, self._context)
        self.snapshots += workloads.of_answer(document, self._context)
        for name in CONFIG_LISTS:
            self._config(document.get(name))
        if isinstance(document.get("Results"), list):  # SelectResourceConfig: each one a JSON text
            self._config([_parsed(one) for one in document["Results"]])
        if "resourceType" in document and "configuration" in document:
            self._config([document])
        self._accounts(document.get("Accounts"))
        for one in (*_list(document.get("Findings")), document.get("detail"), document):
            finding = guardduty.of_finding(one)
            if finding is not None:
                self.findings.append(finding)

    def _config(self, items: Any) -> None:
        for item in _list(items):
            if isinstance(item, dict):
                if isinstance(item.get("configuration"), str):
                    item["configuration"] = _parsed(item["configuration"])
                snapshot = of_config(item, self._context)
                if snapshot is not None:
                    self.snapshots.append(snapshot)

    def _accounts(self, items: Any) -> None:
        for item in _list(items):
            if isinstance(item, dict) and str(item.get("Id", "")).isdigit() and item.get("Status", "ACTIVE") == "ACTIVE":
                self.accounts.append((str(item["Id"]), str(item.get("Name", ""))[:200]))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
