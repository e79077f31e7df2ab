"""Options that many commands share, and the ports they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from roletrail.settings import Settings, load
from roletrail.usecases.ports import Ports

Store = Annotated[
    str | None,
    typer.Option(
        "--store", help="Graph store, such as sqlite:///PATH. [env: ROLETRAIL_STORE]", metavar="URL", show_default=False
    ),
]
Since = Annotated[
    str, typer.Option(help="Only what was delivered since: 24h, 7d, 2026-01-31T12:00Z.", metavar="TIME", show_default=False)
]
Until = Annotated[
    str, typer.Option(help="Only what was delivered before, and an hour later.", metavar="TIME", show_default=False)
]
Accounts = Annotated[str, typer.Option(help="Only these accounts: 123456789012,...", metavar="LIST", show_default=False)]
Regions = Annotated[str, typer.Option(help="Only these regions: us-east-1,...", metavar="LIST", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_of(store: str | None, **chosen: object) -> Settings:
    return load(store=store, **chosen)


@contextmanager
def reading(store: str | None) -> Iterator[Ports]:
    """Ports of an existing store; closed at the end."""
    from roletrail.bootstrap import open_ports  # noqa: PLC0415 - numpy, pyarrow and DuckDB, which --help needs not

    ports = open_ports(settings_of(store))
    try:
        yield ports
    finally:
        ports.close()
