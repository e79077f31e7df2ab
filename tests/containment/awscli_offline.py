"""The real AWS CLI in this process: every word is parsed, every parameter checked against botocore's model; nothing is sent
unless an endpoint is given."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class _Answer:
    """What botocore looks at of an HTTP answer that never was."""

    status_code = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - only read


class Cli:
    """`folder` is where the plan's files are; `endpoint` sends calls to a server, else they end before being sent."""

    def __init__(self, folder: Path, accounts: set[str], monkeypatch: pytest.MonkeyPatch, endpoint: str = "") -> None:
        self.folder, self.endpoint = folder, endpoint
        config = folder / "aws-config"
        profiles = "".join(
            f"[profile {name}]\nregion = eu-central-1\naws_access_key_id = AKIAIEXAMPLEXXXXXXCI\naws_secret_access_key = none\n"
            for name in sorted(accounts | {"management"})
        )
        config.write_text(profiles, "utf-8")
        for name, value in {
            "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"), "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "", "AWS_CLI_HISTORY_FILE": "",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        if endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        self.sent: list[tuple[str, str]] = []
        self._loader: Any = None

    def run(self, words: list[str], files: dict[str, str]) -> str:
        """Output of one command. Fails the test when the CLI refuses it."""
        from awscli.clidriver import create_clidriver

        assert words[0] == "aws", words
        for name, content in files.items():
            (self.folder / name).write_text(content, "utf-8")
        driver: Any = create_clidriver()
        if self._loader is None:
            self._loader = driver.session.get_component("data_loader")
        driver.session.register_component("data_loader", self._loader)  # parses a service's model once
        if not self.endpoint:
            driver.session.register("before-call", self._ended)
        driver.session.register("before-parameter-build", self._noted)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.folder), _captured(out, err):
            try:
                code = driver.main(words[1:])
            except SystemExit as stop:
                code = stop.code
        assert code in (0, None), f"{' '.join(words)}\nended with {code}: {err.getvalue()[-900:]}"
        return out.getvalue()

    def _ended(self, **_: Any) -> tuple[_Answer, dict[str, Any]]:
        return _Answer(), {"ResponseMetadata": {}}

    def _noted(self, model: Any, **_: Any) -> None:
        self.sent.append((model.service_model.service_name, model.name))


@contextlib.contextmanager
def _captured(out: io.StringIO, err: io.StringIO) -> Iterator[None]:
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
