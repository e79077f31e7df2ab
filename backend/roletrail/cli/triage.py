"""The triage command: one thing, twenty minutes, and no copy of the bucket."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from roletrail.auth.actor import local_actor
from roletrail.cli import picture
from roletrail.cli.console import err, out, plain, write_json
from roletrail.cli.options import Accounts, AsJson, Regions, Store, settings_of
from roletrail.errors import InvalidRequest
from roletrail.usecases.chains.views import TraceView
from roletrail.usecases.loading.windows import moment, window

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
MOST_SHOWN = 12


def triage(
    thing: Annotated[str, typer.Argument(help="Access key id, ARN, role-id:session, account, or a record.")],
    from_: Annotated[
        str, typer.Option("--from", help="s3://BUCKET/PREFIX, lookup-events, athena-csv:FILE, or a folder.", metavar="SOURCE")
    ] = "",
    since: Annotated[str, typer.Option(help="How far back to look: 24h, 7d, 2026-01-31T12:00Z.", metavar="TIME")] = "24h",
    until: Annotated[str, typer.Option(help="Until when. [default: now]", metavar="TIME", show_default=False)] = "",
    budget: Annotated[str, typer.Option(help="Most stored bytes to fetch: 500MB, 2GB.", metavar="SIZE")] = "2GB",
    accounts: Accounts = "",
    regions: Regions = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Trace one thing through logs that are not loaded, fetching only what can hold its chain."""
    from roletrail.ingest.source.selective import selective  # noqa: PLC0415
    from roletrail.loaders import intake_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.loading import triage as triaging  # noqa: PLC0415

    asked = window("", "", accounts, regions)
    end = moment("--until", until) or int(time.time())
    begin = moment("--since", since, end)
    most = size_of(budget)
    settings = settings_of(store or _fresh())
    with selective(from_, asked.regions) as source:
        view = triaging.triage(
            intake_of(settings),
            local_actor(),
            thing,
            source,
            since=begin,
            until=end,
            budget=most,
            accounts=asked.accounts,
            on_answer=None if as_json else _first,
        )
    if as_json:
        write_json(view)
        return
    console = out()
    console.print(picture.trace(view.answer))
    console.print(
        f"{view.bytes / 1e6:,.1f} MB in {sum(one.objects for one in view.fetched):,} objects of {len(view.accounts)} accounts"
        f" in {view.seconds:.1f} s"
    )
    if view.limits:
        console.print(view.limits, style="dim")
    if view.not_fetched:
        console.print(Text("Not fetched", style="bold yellow"))
    for one in view.not_fetched[:MOST_SHOWN]:
        size = f" ({one.objects:,} objects, {one.bytes / 1e6:,.1f} MB)" if one.objects else ""
        console.print(plain(f"  account {one.account or 'any'}, {one.since} to {one.until}, {one.why}{size}: {one.reason}"))
    if len(view.not_fetched) > MOST_SHOWN:
        console.print(f"  and {len(view.not_fetched) - MOST_SHOWN:,} more; --json lists every one", style="dim")
    console.print(Text("Look    ", style="bold") + Text(f"roletrail serve --store {settings.store}"))


def _first(answer: TraceView, seconds: float) -> None:
    err().print(plain(f"First answer after {seconds:.1f} s: {len(answer.candidates)} found. Following the chain ...", "dim"))


def _fresh() -> str:
    """A store of its own: what triage fetches is a part, and coverage of a store for all would say so for good."""
    return f"sqlite:///{Path(tempfile.mkdtemp(prefix='roletrail-triage-')) / 'triage.sqlite'}"


def size_of(text: str) -> int:
    """Bytes of 500MB, 2GB, 1048576. Raises InvalidRequest."""
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * 1000 ** _POWERS[found[2].upper()]) if found else 0
    if not 0 < size <= 10**15:
        raise InvalidRequest(f"--budget is no size: {text[:40]!r}.", hint="Write 500MB or 2GB.")
    return size
