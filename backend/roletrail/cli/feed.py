"""The ingest command when it does not end by itself: it follows a queue or comes back every so often, and stops when asked."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.cli.console import err, out, write_json_lines
from roletrail.errors import RoletrailError
from roletrail.ingest.progress import IngestSummary
from roletrail.settings import Settings

if TYPE_CHECKING:  # numpy, which --help needs not
    from roletrail.cli.gauges import Gauges
    from roletrail.ingest.follow import Round
    from roletrail.usecases.loading.rows import Row

log = logging.getLogger(__name__)


class Stop:
    """Asked for by SIGTERM or Ctrl-C. What is going on is finished, or, within `interrupted`, ended where it is safe."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._interrupt = False

    def ask(self, number: int, _: object) -> None:
        again = self.asked.is_set() and number == signal.SIGINT
        self.asked.set()
        if self._interrupt or again:
            raise KeyboardInterrupt

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """A run that takes long stops between two commits, as with Ctrl-C."""
        self._interrupt = True
        try:
            yield
        except KeyboardInterrupt:
            self.asked.set()
        finally:
            self._interrupt = False


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    stop = Stop()
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _watched(listen: str, silent: float) -> Iterator[Gauges]:
    from roletrail.cli.gauges import Gauges, serving  # noqa: PLC0415 - prometheus_client

    gauges = Gauges(silent)
    with serving(gauges, listen) if listen else nullcontext("") as url:
        if url:
            err().print(f"Metrics {url}/metrics, health {url}/health", style="dim")
        yield gauges


def follow(settings: Settings, url: str, *, drain: bool, as_json: bool, listen: str) -> None:
    """Follow a queue until stopped, or drained."""
    from roletrail.cli.gauges import SILENT_SECONDS, Heard  # noqa: PLC0415
    from roletrail.loaders import intake_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.loading.following import follow_queue  # noqa: PLC0415
    from roletrail.usecases.loading.rows import row  # noqa: PLC0415

    actor = local_actor()
    with (
        closing(AppDatabase(settings.app_db_path)) as app,
        _watched(listen, SILENT_SECONDS) as gauges,
        stop_on_signal() as stop,
        row(app, actor, "follow", [url], stop.asked) as own,
    ):

        def show(done: Round) -> None:
            fields = done._asdict()
            gauges.heard(Heard(**{name: fields[name] for name in Heard._fields}))
            if done.messages and as_json:
                write_json_lines([fields])
            elif done.messages:
                again = f"; {done.kept:,} messages will come again" if done.kept else ""
                out().print(
                    f"{done.taken:,} events from {done.objects:,} objects in {done.seconds:.1f} s,"
                    f" {done.lag:.0f} s after the oldest came{again}"
                )

        intake, visibility = intake_of(settings), settings.queue_visibility
        follow_queue(intake, actor, url, stop.asked, drain=drain, visibility=visibility, on_round=show, row=own)


def repeat(
    settings: Settings,
    take: Callable[[Row], IngestSummary],
    say: Callable[[IngestSummary], None],
    every: int,
    *,
    paths: list[str],
    listen: str,
) -> None:
    """Take in, wait, and take in again, until stopped. Trouble is logged, and the next time is tried."""
    from roletrail.cli.gauges import Heard  # noqa: PLC0415 - prometheus_client
    from roletrail.usecases.loading.rows import row  # noqa: PLC0415

    with (
        closing(AppDatabase(settings.app_db_path)) as app,
        _watched(listen, 3 * every + 600) as gauges,
        stop_on_signal() as stop,
        row(app, local_actor(), "schedule", paths, stop.asked) as own,
    ):
        while not stop.asked.is_set():
            begin = time.monotonic()
            try:
                with stop.interrupting():
                    summary = take(own)
                    own.took(summary)
                    say(summary)
                    gauges.heard(_heard(summary))
                    log.info("run", extra={"fields": _heard(summary)._asdict()})
            except RoletrailError as error:
                log.warning("a scheduled run failed: %s %s", error.detail, error.hint)
                gauges.heard(Heard(trouble=error.detail))
                own.looked(error.detail)
            stop.asked.wait(max(0.0, every - (time.monotonic() - begin)))


def _heard(summary: IngestSummary):  # noqa: ANN202
    from roletrail.cli.gauges import Heard  # noqa: PLC0415

    return Heard(
        objects=summary.files - summary.known,
        taken=summary.taken,
        doubles=summary.doubles,
        quarantined=sum(summary.quarantined.values()),
        seconds=summary.seconds,
    )
