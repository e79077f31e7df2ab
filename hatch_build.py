"""Fills the wheel: Cytoscape from its npm package, and the folders that live outside the Python package.

Cytoscape is copied into frontend/static/vendor, where pages find it in a checkout and in a wheel alike. A checkout
fetches it with `npm ci`; an sdist carries the copy, so that only a checkout needs Node. Run as a script this makes
the copy for a checkout. It runs before the package exists: stdlib only.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FRONTEND = Path(__file__).parent / "frontend"
PACKAGE = FRONTEND / "node_modules" / "cytoscape"
VENDOR = FRONTEND / "static" / "vendor"
COPIES = {"dist/cytoscape.min.js": "cytoscape.min.js", "LICENSE": "cytoscape.LICENSE.txt"}

RESOURCES = ("frontend/templates", "frontend/static", "graph_schema", "tests/scenarios/sample")
"""Carried by the wheel as roletrail/_resources/<same name>: roletrail.resources looks there first, in the checkout second."""


def copy_vendor() -> None:
    """Copies the pinned files; an unchanged file keeps its time."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, target in COPIES.items():
        content = (PACKAGE / source).read_bytes()
        place = VENDOR / target
        if not place.is_file() or place.read_bytes() != content:
            place.write_bytes(content)


def ensure_vendor() -> None:
    """The npm package first, then a copy made earlier (the sdist's), else npm fetches the package."""
    if not PACKAGE.is_dir():
        if all((VENDOR / target).is_file() for target in COPIES.values()):
            return
        npm = shutil.which("npm")
        if npm is None:
            sys.exit(
                "Building from a git checkout needs Node's npm to fetch Cytoscape. Build from the sdist, or install the wheel, without it."
            )
        subprocess.run([npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FRONTEND, check=True)
    copy_vendor()


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:
    pass
else:

    class VendorHook(BuildHookInterface):
        """An editable install gets nothing of this: it reads the checkout."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            if version == "editable":
                return
            ensure_vendor()
            if self.target_name == "wheel":
                build_data["force_include"].update({name: f"roletrail/_resources/{name}" for name in RESOURCES})


if __name__ == "__main__":
    ensure_vendor()
