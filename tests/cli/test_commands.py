"""The tree of commands: whole when asked for help, and no more than one command when one is wanted."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command

from roletrail.cli.app import COMMANDS, build


def names(wanted: str) -> list[str]:
    return sorted(get_command(build(wanted)).commands)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("wanted", COMMANDS)
def test_a_wanted_command_comes_alone(wanted: str) -> None:
    assert names(wanted) == [wanted]


@pytest.mark.parametrize("wanted", ["", "--help", "chain"])
def test_help_and_suggestions_know_them_all(wanted: str) -> None:
    assert names(wanted) == sorted(COMMANDS)


def test_help_of_a_command_loads_neither_servers_nor_engines() -> None:
    heavy = {"duckdb", "fastapi", "neo4j", "networkx", "pyarrow", "boto3"}
    script = (
        "import sys\nfrom roletrail import cli\n"
        "try:\n    cli.run(['chains', '--help'])\n"
        f"finally:\n    print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
