"""Digests and the files they list, against the objects that went in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from roletrail.lineage.model import Digest
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import Digested

_Q = statements("ledger")


def write(cypher: Cypher, digests: Iterable[Digest]) -> None:
    """A digest that comes again, under whatever name its copy has, replaces itself."""
    last = {digest.name: digest for digest in digests}
    cypher.write(_Q["drop_digests"], sorted(last))
    cypher.write(_Q["write_digests"], [_row(digest) for _, digest in sorted(last.items())])


def _row(digest: Digest) -> dict[str, Any]:
    return {
        "name": digest.name, "account": digest.account, "region": digest.region, "start": digest.start, "end": digest.end,
        "previous": digest.previous, "files": [file.name for file in digest.files], "hashes": [file.sha256 for file in digest.files],
    }  # fmt: skip


def digests(cypher: Cypher, from_: int, to: int, account: str = "") -> list[Digested]:
    """Those whose hour begins in the window, by (account, region, start, name)."""
    found = [row[0] for row in cypher.rows(_Q["digests"], **{"from": from_, "to": to, "account": account})]
    hashes = {sha256 for one in found for sha256 in one["hashes"]}
    taken = {row[0] for row in cypher.rows_of(_Q["hashes_in"], sorted(hashes))} if hashes else set[str]()
    lost = {_last_part(name) for one in found for name, sha256 in _listed(one) if sha256 not in taken}
    named = {row[0] for row in cypher.rows_of(_Q["names_in"], sorted(lost))} if lost else set[str]()
    return [_digested(one, taken, named) for one in found]


def _listed(one: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return zip(one["files"], one["hashes"], strict=True)


def _last_part(name: str) -> str:
    return name.rpartition("/")[2]


def _digested(one: dict[str, Any], taken: set[str], named: set[str]) -> Digested:
    absent = [name for name, sha256 in _listed(one) if sha256 not in taken]
    missing = tuple(name for name in absent if _last_part(name) not in named)
    altered = tuple(name for name in absent if _last_part(name) in named)
    place = (one["name"], one["account"], one["region"], one["start"], one["end"], one["previous"])
    return Digested._make((*place, len(one["files"]), missing, altered))


def span(cypher: Cypher) -> tuple[int, int]:
    first, last = cypher.rows(_Q["span"])[0]
    return first, last
