"""docker-compose.yml, Dockerfile and `make env`, as far as they can be looked at without an engine."""

from __future__ import annotations

import re
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from roletrail.cli.app import build
from roletrail.settings import Settings, load

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_the_services_are_the_three_that_make_a_team() -> None:
    assert set(SERVICES) == {"neo4j", "app", "ingest"}
    assert SERVICES["neo4j"]["image"] == "neo4j:5-community"
    assert all("healthcheck" in service for service in SERVICES.values())
    for name in ("app", "ingest"):
        assert SERVICES[name]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
        assert SERVICES[name]["build"] == "."
    assert {volume.partition(":")[0] for s in SERVICES.values() for volume in s["volumes"]} >= set(COMPOSE["volumes"])


def test_ports_are_published_on_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service["ports"]]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_there_is_no_default_password() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert re.findall(r"NEO4J_PASSWORD(:[-=?])", text) == [":?", ":?"]
    assert "neo4j/neo4j" not in text.replace("neo4j:7687/neo4j", "")


def _arguments(command: str | list[str], **chosen: str) -> list[str]:
    """As compose makes them of a service's command: variables from the inside out, then a text's words."""
    if isinstance(command, list):
        return [_filled(word, chosen) for word in command]
    return shlex.split(_filled(command, chosen))


def _filled(text: str, chosen: dict[str, str]) -> str:
    while found := re.search(r"\$\{(\w+):-([^{}]*)\}", text):
        text = text.replace(found[0], chosen.get(found[1], found[2]))
    return text


FOLLOWING = "--follow https://sqs.eu-central-1.amazonaws.com/123456789012/roletrail"


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("app", {}),
        ("ingest", {}),
        ("ingest", {"ROLETRAIL_INGEST_EVERY": "1h"}),
        ("ingest", {"ROLETRAIL_INGEST": FOLLOWING}),
        ("ingest", {"ROLETRAIL_INGEST": "--every 15m s3://example-org-trail/ --since 7d"}),
    ],
)
def test_settings_and_commands_are_ones_there_are(name: str, chosen: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    service = SERVICES[name]
    known = {f"ROLETRAIL_{field.upper()}" for field in Settings.model_fields}
    assert set(service["environment"]) <= known
    for variable, value in service["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{\w+:[-?]([^}]*)\}", r"\1", value))
    assert load().store == "neo4j://neo4j:7687/neo4j"
    command, *arguments = _arguments(service["command"], **chosen)
    context = get_command(build()).commands[command].make_context(command, arguments)  # type: ignore[attr-defined]
    if name == "ingest":
        follows = chosen.get("ROLETRAIL_INGEST") == FOLLOWING
        assert bool(context.params["follow"]) == follows
        assert bool(context.params["every"]) != follows
        assert context.params["listen"]


def test_ingest_has_the_time_to_end_between_two_commits() -> None:
    assert SERVICES["ingest"]["stop_grace_period"] == "60s"


def test_the_image_runs_as_nobody_and_keeps_its_state_in_one_volume() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert len(stages) == 3
    last = lines[lines.index(stages[-1]) :]
    assert "USER roletrail" in last
    assert "VOLUME /data" in last
    copied = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert all((ROOT / word).exists() for word in copied)


def test_make_env_writes_a_password_once(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text("utf-8"), "utf-8")
    texts = []
    for _ in range(2):
        subprocess.run(["make", "env"], cwd=tmp_path, check=True, capture_output=True)
        texts.append((tmp_path / ".env").read_text("utf-8"))
    assert texts[0] == texts[1]
    assert re.fullmatch(r"NEO4J_PASSWORD=[\w-]{24}\n", texts[0])
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
