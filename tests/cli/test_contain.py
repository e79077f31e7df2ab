"""`roletrail contain`: a plan for people, for tickets, for a shell, for programs. It prints, and that is all it does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def stolen(command: Command, sample_store: str) -> str:
    return command.json("chains", "--min-sessions", "3", "--q", "backup", "--json", "--store", sample_store)[0]["session_id"]


def test_one_plan_in_every_form(command: Command, sample_store: str, stolen: str, tmp_path: Path) -> None:
    view = command.json("contain", stolen, "--format", "json", "--store", sample_store)
    titles = [f"{step['number']} {step['title']}" for step in view["steps"]]
    shown = command.run("contain", stolen, "--store", sample_store)
    assert (shown.returncode, shown.stderr) == (0, "")
    written = command.run("contain", stolen, "--format", "md", "--store", sample_store).stdout
    script = command.run("contain", stolen, "--format", "sh", "--store", sample_store).stdout
    for title in titles:
        assert title in " ".join(shown.stdout.split())
        assert f"# {title}" in script
        assert f"### {title}" in written.replace("\\", "")
    (tmp_path / "plan.sh").write_text(script)
    subprocess.run(["bash", "-n", str(tmp_path / "plan.sh")], check=True)


def test_settings_say_what_logs_do_not(command: Command, sample_store: str, stolen: str) -> None:
    mine = "arn:aws:iam::333333333333:role/pipeline/deploy-shop"
    settings = {"ROLETRAIL_MANAGEMENT_ACCOUNTS": "444444444444", "ROLETRAIL_RESPONDERS": mine}
    view = command.json("contain", stolen, "--json", "--store", sample_store, **settings)
    assert view["red"][0].startswith(mine)
    assert "quarantine" in {step["step"] for step in view["steps"]}


@pytest.mark.parametrize(
    ("arguments", "code"), [(("nobody",), 3), (("x", "--format", "pdf"), 2), (("x", "--responder", "me"), 2)]
)
def test_what_cannot_be_asked(command: Command, sample_store: str, arguments: tuple[str, ...], code: int) -> None:
    done = command.run("contain", *arguments, "--store", sample_store)
    assert done.returncode == code
    assert done.stderr.startswith("error: ")
