"""Writes the sample incidents and the company's noise: `python -m tests.scenarios.company` renews tests/scenarios/sample."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.scenarios import stock
from tests.scenarios.incidents import INCIDENTS
from tests.scenarios.noise import company_noise
from tests.support import layout

SAMPLE = Path(__file__).parent / "sample"
FOLDERS = {**INCIDENTS, "company-noise": company_noise}


def objects(folder: str) -> dict[str, bytes]:
    """S3 keys and gzip bodies of one folder."""
    return layout.delivered(FOLDERS[folder]())


def main() -> None:
    for folder in FOLDERS:
        shutil.rmtree(SAMPLE / folder / "AWSLogs", ignore_errors=True)
        layout.write(SAMPLE / folder, objects(folder))
    for name, content in stock.files().items():
        (SAMPLE / "inventory").mkdir(exist_ok=True)
        (SAMPLE / "inventory" / name).write_bytes(content)


if __name__ == "__main__":
    main()
