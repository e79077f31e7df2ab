"""Where packaged files lie: templates, assets, graph schema, sample incidents.

A wheel carries them inside the package; a checkout has them at the repository's root. Nobody else may know.
"""

from __future__ import annotations

from pathlib import Path

from roletrail.errors import RoletrailError

_PACKAGED = Path(__file__).parent / "_resources"
_CHECKOUT = Path(__file__).parents[2]


def resource(name: str) -> Path:
    """Path of a packaged file or folder, such as `graph_schema/sqlite`: the package first, the checkout second."""
    for root in (_PACKAGED, _CHECKOUT):
        path = root / name
        if path.exists():
            return path
    raise RoletrailError(f"This installation lacks {name}.", hint="Reinstall roletrail: its files are incomplete.")
