"""Commands around the server: serve, demo."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from roletrail.auth.actor import local_actor
from roletrail.cli.console import err, out
from roletrail.cli.options import Store, settings_of
from roletrail.errors import InvalidRequest
from roletrail.resources import resource
from roletrail.settings import Settings
from roletrail.usecases.parameters import read_time
from roletrail.usecases.places.inventories import import_files

Host = Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]", show_default=False)]
Port = Annotated[
    int | None, typer.Option(help="Port to listen on; 0 takes a free one. [default: 8765]", min=0, max=65535, show_default=False)
]
NoAuth = Annotated[bool, typer.Option("--insecure-no-auth", help="Let everybody in who reaches the address.")]

SAMPLE = "tests/scenarios/sample"
INVENTORY_TAKEN = "2026-11-09T00:00:00Z"
"""When the sample company's inventory was taken: after its logs."""


def serve(store: Store = None, host: Host = None, port: Port = None, no_auth: NoAuth = False) -> None:
    """Serve pages and API; prints a one-use launch link and a curl line."""
    from roletrail.cli.server import run  # noqa: PLC0415 - FastAPI takes half a second that no other command needs

    run(settings_of(store, host=host, port=port, insecure_no_auth=no_auth or None))


def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Folder for the demo's store. [default: a new temporary one]", show_default=False)
    ] = None,
    port: Port = None,
    load_only: Annotated[bool, typer.Option("--load-only", help="Load the sample incidents and do not serve.")] = False,
) -> None:
    """Load the sample incidents into a fresh store and serve them on 127.0.0.1."""
    from roletrail.cli.load import load_paths  # noqa: PLC0415 - see serve
    from roletrail.cli.server import run  # noqa: PLC0415

    if directory is None:
        with tempfile.TemporaryDirectory(prefix="roletrail-demo-") as temporary:
            _demo(Path(temporary), port, load_only, load_paths, run)
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _demo(directory, port, load_only, load_paths, run)


def _demo(directory: Path, port: int | None, load_only: bool, load_paths, run) -> None:  # noqa: ANN001
    path = directory.resolve() / "demo.sqlite"
    if path.exists():
        raise InvalidRequest(f"{path} is there already.", hint=f"Serve it with --store sqlite:///{path}, or name another --dir.")
    settings = settings_of(
        f"sqlite:///{path}", host="127.0.0.1", port=port, archive="", app_db="", inventory="", ip_ranges="", egress="",
        public_url="", insecure_no_auth=False,
    )  # fmt: skip
    err().print("Loading the sample incidents (synthetic, marked SAMPLE) ...", style="dim")
    _load_inventory(settings)
    load_paths(settings, [str(folder) for folder in sorted(resource(SAMPLE).glob("*/AWSLogs"))], quiet=True)
    out().print(Text("Store ", style="bold") + Text(f"sqlite:///{path}"))
    if not load_only:
        run(settings, sample=True)


def _load_inventory(settings: Settings) -> None:
    """The sample company's, before its logs, so that rules judge with it."""
    from roletrail.bootstrap import open_inventory  # noqa: PLC0415 - see serve

    known = open_inventory(settings)
    try:
        import_files(known, local_actor(), [str(resource(SAMPLE) / "inventory")], at=read_time(INVENTORY_TAKEN))
    finally:
        known.close()
