"""The direction rules of pyproject.toml hold, and they notice when somebody breaks them (ADR 0010)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINT = [
    sys.executable,
    "-c",
    "from importlinter.cli import lint_imports_command; lint_imports_command()",
    "--no-cache",
    "--no-logo",
]

OFFENCES = {
    "lineage/tone.py": "import roletrail.errors, roletrail.usecases.chains.views",
    "lineage/arn.py": "import sqlite3",
    "usecases/chains/views.py": "import roletrail.stores.embedded",
    "web/text.py": "import roletrail.stores.port",
    "ingest/reduce.py": "import roletrail.archive",
}
"""One line that breaks each contract."""


def lint(backend: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(backend)}
    return subprocess.run(
        [*LINT, "--config", str(ROOT / "pyproject.toml")],
        cwd=backend,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_room_keeps_its_direction() -> None:
    run = lint(ROOT / "backend")
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_contract_notices_its_offence(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "backend" / "roletrail", tmp_path / "roletrail", ignore=shutil.ignore_patterns("__pycache__"))
    for name, offence in OFFENCES.items():
        module = tmp_path / "roletrail" / name
        if not module.exists():
            module = module.with_suffix("") / "__init__.py"
        module.write_text(module.read_text("utf-8") + f"\n{offence}\n", "utf-8")
    run = lint(tmp_path)
    assert run.returncode != 0
    assert f"0 kept, {len(OFFENCES)} broken" in run.stdout, run.stdout
