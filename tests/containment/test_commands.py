"""Every printed line is met by the real thing: bash, the AWS CLI, botocore's models, and a linter of IAM policies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from roletrail.usecases.containment.case import Options
from roletrail.usecases.containment.plan import as_shell
from roletrail.usecases.containment.views import ContainmentView, PlanFile
from tests.containment.awscli_offline import Cli
from tests.containment.conftest import Estate
from tests.containment.everything import certificates, everything
from tests.containment.linter import lint
from tests.containment.shell import Shell
from tests.containment.subjects import SUBJECTS

Scenario = Callable[[str], Estate]
CLOCK = "2026-11-02T12:00:00Z"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
MANAGED = Options(management=frozenset({"111111111111", "222222222222", "444444444444"}))


class Script(NamedTuple):
    where: str
    text: str


@pytest.fixture(scope="module")
def views(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ContainmentView]]:
    """Plans of all subjects, as member and as management accounts, and of an incident with every notable call in it."""
    found = [scenario(folder).plan(thing, options) for folder, thing in SUBJECTS.values() for options in (Options(), MANAGED)]
    made = [(Estate(tmp_path_factory.mktemp("made")), *records()) for records in (everything, certificates)]
    for estate, records, _ in made:
        estate.add(records)
    yield [*found, *(estate.plan(key, options) for estate, _, key in made for options in (Options(), MANAGED))]
    for estate, _, _ in made:
        estate.close()


def scripts(views: list[ContainmentView]) -> list[Script]:
    """Every different script of every step: what it does, the other way, and what undoes it."""
    found: dict[str, Script] = {}
    for view in views:
        for step in view.steps:
            other = step.alternative.script if step.alternative else ""
            for kind, text in (("does", step.script), ("or", other), ("undo", step.undo.script)):
                if text:
                    found.setdefault(text, Script(f"{step.number} {step.title}: {kind}", text))
    return list(found.values())


def documents(views: list[ContainmentView]) -> list[PlanFile]:
    steps = [step for view in views for step in view.steps]
    return [file for step in steps for file in [*step.files, *(step.alternative.files if step.alternative else [])]]


def output_of(words: list[str]) -> str:
    """What a command that others stand on would print."""
    return TRUST if "get-role" in words else "x-1\n" if "--output" in words else "{}"


def lines_of(script: Script) -> list[tuple[list[str], dict[str, str]]]:
    """The commands of a script with the files as they are at that moment."""
    found: list[tuple[list[str], dict[str, str]]] = []

    def run(words: list[str], files: dict[str, str]) -> str:
        found.append((words, dict(files)))
        return output_of(words)

    shell = Shell(run, lambda: CLOCK)
    shell.files |= {"T.txt": f"{CLOCK}\n", "crl_file-value": "a list of the authority"}
    shell.variables |= {f"{name}{account}": "p-0123456789" for name in ("SCP_", "PORTAL_SCP_") for account in ACCOUNTS}
    for name in ("111111111111", "222222222222", "333333333333", "444444444444"):
        shell.files |= {f"trust-before-{name}-{role}.json": TRUST for role in ROLES}
    shell.script(script.text)
    return found


ACCOUNTS = ("111111111111", "222222222222", "333333333333", "444444444444")
ROLES = ("orders-sa", "vendor-scan", "support-x", "web", "made")


def shape(words: list[str]) -> tuple[str, ...]:
    """Command and flags: lines that differ in nothing else are parsed once."""
    return (*words[:3], *sorted(word for word in words if word.startswith("--")))


def test_the_cli_takes_every_line(views: list[ContainmentView], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The AWS CLI parses it and botocore's model takes its parameters: what no local server can say of the services it lacks."""
    cli = Cli(tmp_path, set(ACCOUNTS), monkeypatch)
    seen: set[tuple[str, ...]] = set()
    for script in scripts(views):
        for words, files in lines_of(script):
            if words[0] == "aws" and shape(words) not in seen:
                seen.add(shape(words))
                cli.run(words, files)
    services = {service for service, _ in cli.sent}
    assert len(seen) >= 60
    assert ("rolesanywhere", "ImportCrl") in cli.sent
    assert services >= {
        "iam",
        "ec2",
        "autoscaling",
        "lambda",
        "organizations",
        "sso-admin",
        "ecs",
        "rolesanywhere",
        "cloudtrail",
        "guardduty",
    }


def test_a_line_the_cli_refuses_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = Cli(tmp_path, set(ACCOUNTS), monkeypatch)
    for wrong in (
        "aws iam put-role-policy --role-name x --profile management",
        "aws iam update-access-key --access-key-id AKIAIEXAMPLEXXXXXX --state Inactive --profile management",
        "aws iam no-such-call --profile management",
    ):
        with pytest.raises(AssertionError, match="ended with"):
            cli.run([str(word) for word in wrong.split()], {})


def test_the_linter_finds_what_is_wrong() -> None:
    broken = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:NoSuchCall", "Resource": "*"}]}
    assert lint(broken)


def test_every_policy_passes_the_linter(views: list[ContainmentView]) -> None:
    for file in {file.content: file for file in documents(views)}.values():
        policy: dict[str, Any] = json.loads(file.content.replace("RUN_TIME", CLOCK))
        if file.kind == "trust":  # the linter knows no trust policies: those have no Resource
            policy = {**policy, "Statement": [{**one, "Resource": "*"} for one in policy["Statement"]]}
        findings = lint(policy)
        assert not findings, f"{file.name}: {findings} in {file.content}"
        assert file.kind != "scp" or len(file.content) <= 5120


def test_bash_makes_of_the_lines_what_the_tests_make_of_them(views: list[ContainmentView], tmp_path: Path) -> None:
    """The same files, and the same words to each command, from bash itself with an `aws` that only writes down what it is given."""
    chosen = [script for script in scripts(views) if "kubectl" not in script.text][::3]
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "aws").write_text(
        '#!/bin/sh\nprintf "%s\\0" aws "$@" >> "$CALLS"; printf "\\n\\0" >> "$CALLS"\n'
        'case "$*" in *get-role\\ *) cat "$TRUST";; *--output*) echo x-1;; *) echo "{}";; esac\n'
    )
    (tools / "jq").write_text('#!/bin/sh\ncat "$5"\n')
    (tools / "date").write_text(f"#!/bin/sh\necho {CLOCK}\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    (tmp_path / "trust.json").write_text(TRUST)
    for n, script in enumerate(chosen):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "T.txt").write_text(f"{CLOCK}\n")
        variables = {f"{name}{account}": "p-0123456789" for name in ("SCP_", "PORTAL_SCP_") for account in ACCOUNTS}
        asked = {name: f"{name.lower()}-value" for name in ASKED}
        environment = {"PATH": f"{tools}:/usr/bin:/bin", "CALLS": str(folder / "calls"), "TRUST": str(tmp_path / "trust.json")}
        ran = subprocess.run(
            ["bash", "-u", "-c", script.text],
            cwd=folder,
            env={**environment, **variables, **asked},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{script.where}: {ran.stderr}"
        calls = (folder / "calls").read_text("utf-8").split("\0") if (folder / "calls").exists() else []
        mine = [words for words, _ in lines_of(script)]
        assert _by_line(calls) == mine, script.where


ASKED = (
    "CLUSTER",
    "BUILD_ID",
    "TRUST_ANCHOR",
    "TRUST_ANCHOR_ARN",
    "CRL_FILE",
    "SSO_INSTANCE",
    "PERMISSION_SET",
    "GOOD_VERSION",
    "TRAIL_BUCKET",
)


def _by_line(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for word in words[:-1]:
        if word == "\n":
            found.append([])
        else:
            found[-1].append(word)
    return found[:-1]


def test_a_whole_script_is_one_that_bash_reads(views: list[ContainmentView], tmp_path: Path) -> None:
    for n, view in enumerate(views):
        file = tmp_path / f"{n}.sh"
        file.write_text(as_shell(view), "utf-8")
        read = subprocess.run(["bash", "-n", str(file)], capture_output=True, text=True, check=False)
        assert not read.stderr
        unasked = subprocess.run(["bash", str(file)], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (unasked.returncode, unasked.stdout) == (2, ""), "without a phase it explains itself and does nothing"
