"""The ingest command: a progress bar while it runs, an account of every file when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from roletrail.auth.actor import local_actor
from roletrail.cli import feed
from roletrail.cli.console import err, out, plain, write_json
from roletrail.cli.options import Accounts, AsJson, Regions, Since, Store, Until, settings_of
from roletrail.errors import InvalidRequest
from roletrail.ingest.progress import IngestSummary
from roletrail.ingest.progress import Progress as State
from roletrail.ingest.source.delivery import EVERYTHING, Window
from roletrail.settings import Settings
from roletrail.usecases.loading.windows import age, window

if TYPE_CHECKING:
    from roletrail.stores.port import GraphStore
    from roletrail.usecases.loading.rows import Row

QUARANTINED = 7
"""Exit code of --strict when something was quarantined."""
INTERRUPTED = 130
MOST_NAMED = 20
HISTORY = "lookup-events"
"""In place of a path: CloudTrail's Event history. A file of that name is ./lookup-events."""


def ingest(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, S3-layout trees, s3://BUCKET/PREFIX, lookup-events; - reads standard input.", metavar="PATH..."
        ),
    ] = None,
    store: Store = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0 means one a core.", min=0, max=256, show_default=False)
    ] = None,
    since: Since = "",
    until: Until = "",
    accounts: Accounts = "",
    regions: Regions = "",
    follow: Annotated[
        str,
        typer.Option(
            help="Then follow this SQS queue of S3 notifications until stopped.", metavar="QUEUE_URL", show_default=False
        ),
    ] = "",
    every: Annotated[
        str, typer.Option(help="Come back so often until stopped: 15m, 1h.", metavar="TIME", show_default=False)
    ] = "",
    listen: Annotated[
        str,
        typer.Option(
            help="With --follow or --every: /metrics and /health at HOST:PORT.", metavar="HOST:PORT", show_default=False
        ),
    ] = "",
    drain: Annotated[bool, typer.Option("--drain", help="With --follow: end when the queue is empty.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with an error when anything was quarantined.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read CloudTrail logs into the store. Running it again, in any order, changes nothing."""
    if not paths and not follow:
        raise InvalidRequest("Name something to read.", hint="A path, s3://BUCKET/PREFIX, - or --follow QUEUE_URL.")
    settings = settings_of(store, workers=workers)
    asked = window(since, until, accounts, regions)
    if every and follow:
        raise InvalidRequest("--every and --follow exclude each other.", hint="A queue says itself when something comes.")

    named = paths or []

    def take(own: Row) -> IngestSummary:
        if named == [HISTORY]:
            return _history(settings, asked, own, quiet=as_json)
        return load_paths(settings, named, quiet=as_json, window=window(since, until, accounts, regions), own=own)

    if every:
        seconds = age("--every", every)
        feed.repeat(settings, take, lambda summary: _print(summary, as_json=as_json), seconds, paths=named, listen=listen)
        return
    if named:
        _say(_once(settings, take, named), as_json=as_json, strict=strict)
    if follow:
        feed.follow(settings, follow, drain=drain, as_json=as_json, listen=listen)


def _once(settings: Settings, take: Callable[[Row], IngestSummary], paths: Sequence[str]) -> IngestSummary:
    from roletrail.appdb import AppDatabase  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.loading.rows import row  # noqa: PLC0415

    kind = "history" if paths == [HISTORY] else "run"
    with closing(AppDatabase(settings.app_db_path)) as app, row(app, local_actor(), kind, paths) as own:
        summary = take(own)
        own.took(summary)
        return summary


def _print(summary: IngestSummary, *, as_json: bool) -> None:
    if as_json:
        write_json(summary._asdict() | {"accounts": [account._asdict() for account in summary.accounts]})
    else:
        _print_summary(summary)


def _say(summary: IngestSummary, *, as_json: bool, strict: bool) -> None:
    _print(summary, as_json=as_json)
    if summary.interrupted:
        raise typer.Exit(INTERRUPTED)
    if strict and summary.quarantined:
        raise typer.Exit(QUARANTINED)


def load_paths(
    settings: Settings, paths: Sequence[str], *, quiet: bool, window: Window = EVERYTHING, own: Row | None = None
) -> IngestSummary:
    """Ingest into the store of `settings`, which is made when it is not there and every path is."""
    from roletrail.bootstrap import open_graph  # noqa: PLC0415 - see options.reading
    from roletrail.loaders import given_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.findings.apart import judges  # noqa: PLC0415
    from roletrail.usecases.loading.load import load_logs  # noqa: PLC0415

    def opened() -> GraphStore:
        return open_graph(settings.store, create=True)

    with given_of(settings) as given, judges(opened, local_actor(), given) as apart, _bar(quiet=quiet) as show:
        return load_logs(
            opened,
            settings.archive_path,
            local_actor(),
            paths,
            workers=settings.workers or None,
            window=window,
            show=own.also(show) if own else show,
            given=given,
            judges=apart,
        )


def _history(settings: Settings, asked: Window, own: Row, *, quiet: bool) -> IngestSummary:
    from roletrail.ingest.source.lookup_events import LIMITS  # noqa: PLC0415
    from roletrail.loaders import intake_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.loading.lookups import load_history  # noqa: PLC0415

    if asked.accounts:
        raise InvalidRequest("Event history is of one account: that of the credentials.", hint="Leave out --accounts.")
    err().print(LIMITS, style="dim")
    with _bar(quiet=quiet) as show:
        return load_history(intake_of(settings), local_actor(), asked, own.also(show))


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[State], None] | None]:
    """A progress bar on stderr, drawn only on a terminal."""
    console = err()
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        TextColumn("{task.fields[files]} files"),
        TextColumn("{task.fields[rate]} events/s"),
        TextColumn("{task.fields[bad]} quarantined", style="yellow"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None, files="0", rate="-", bad="0")

        def show(state: State) -> None:
            bar.update(
                task,
                description=state.stage,
                total=state.bytes_total or None,
                completed=state.bytes_done,
                files=f"{state.files_done:,}/{state.files_total:,}",
                rate=f"{state.events / max(bar.get_time() - state.started, 0.001):,.0f}",
                bad=f"{state.quarantined:,}",
            )

        yield show


def _print_summary(summary: IngestSummary) -> None:
    console = out()
    rate = summary.taken / summary.seconds if summary.seconds else 0
    console.print(
        Text(f"{summary.taken:,} events", style="bold")
        + Text(
            f" from {summary.files:,} {'file' if summary.files == 1 else 'files'} in {summary.seconds:.1f} s ({rate:,.0f} events/s)"
        )
    )
    also = [(summary.known, "files known already"), (summary.doubles, "doubles skipped"), (summary.ignored, "records not ours")]
    if notes := [f"{number:,} {what}" for number, what in also if number]:
        console.print(Text("; ".join(notes), style="dim"))
    if summary.quarantined:
        total = sum(summary.quarantined.values())
        console.print(Text(f"{total:,} quarantined", style="bold yellow") + Text(": " + _reasons(summary.quarantined)))
        bad = [account for account in summary.accounts if account.reasons]
        for account in bad[:MOST_NAMED]:
            console.print(Text("  ") + plain(account.locator) + Text(f": {_reasons(account.reasons)}", style="yellow"))
        if len(bad) > MOST_NAMED:
            console.print(f"  and {len(bad) - MOST_NAMED:,} more files; --json lists every one", style="dim")
    if summary.quarantined and not summary.taken + summary.doubles + summary.known:
        err().print(
            "Nothing of it is what is read: CloudTrail's records, bare or in a wrapper it is shipped in (docs/quickstart.md, 3). Zip and tar archives are to be unpacked."
        )
    if summary.interrupted:
        err().print("Interrupted: what was committed stays, the next run goes on from there.", style="yellow")


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(counts.items()))
