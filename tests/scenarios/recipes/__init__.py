"""How the records of the scenario folders are made: `python -m tests.scenarios.recipes` renews them.

A recipe returns file name -> records. Expectations are not made here: they are written by hand, in expected.yaml.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Record, Trail
from tests.support.identities import Role

Files = dict[str, list[Record] | bytes]
Recipe = Callable[[], Files]
RECIPES: dict[str, Recipe] = {}

HOME = "111111111111"
PROD = "222222222222"
DATA = "333333333333"
STRANGER = "999999999999"
OFFICE = "203.0.113.10"
ELSEWHERE = "198.51.100.77"
DAY = "2026-11-02"


def scenario(folder: str) -> Callable[[Recipe], Recipe]:
    def register(recipe: Recipe) -> Recipe:
        RECIPES[folder] = recipe
        return recipe

    return register


def new_trail(region: str = "eu-central-1", series: int = 0) -> Trail:
    return Trail(NamedIds(series), region)


def named_role(account: str, name: str, *, generation: str = "", path: str = "/", partition: str = "aws") -> Role:
    """A role whose unique id can be read: AROAIEXAMPLEXXXXXXXA."""
    return Role(account, name, NamedIds().unique("AROA", account, generation or name), path, partition)


def body(content: list[Record] | bytes) -> bytes:
    """A file's bytes: one record a line, so that a change shows as one."""
    if isinstance(content, bytes):
        return content
    lines = ",\n".join(json.dumps(record, separators=(", ", ": "), ensure_ascii=False) for record in content)
    return f'{{"Records": [\n{lines}\n]}}\n'.encode()


def by_account(records: list[Record]) -> Files:
    """Each account's own trail."""
    files: Files = {}
    for record in records:
        content = files.setdefault(f"{record['recipientAccountId']}.json", [])
        assert isinstance(content, list)
        content.append(record)
    return files


def load_all() -> dict[str, Recipe]:
    """Import every module of recipes; returns the registry."""
    from tests.scenarios.recipes import assuming, deliveries, gaps, hands, pivots, places, rows, sign_ins  # noqa: F401

    return RECIPES
