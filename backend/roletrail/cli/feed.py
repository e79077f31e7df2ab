"""The ingest command when it does not end by itself: it follows a queue, and stops when asked to."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from roletrail.auth.actor import local_actor
from roletrail.cli.console import out, write_json_lines
from roletrail.settings import Settings

if TYPE_CHECKING:  # numpy, which --help needs not
    from roletrail.ingest.follow import Round


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Set by SIGTERM and Ctrl-C: what is being committed is finished first. A second Ctrl-C ends at once."""
    stop = threading.Event()

    def ask(number: int, _: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def follow(settings: Settings, url: str, *, drain: bool, as_json: bool) -> None:
    from roletrail.bootstrap import intake_of  # noqa: PLC0415 - see options.reading
    from roletrail.usecases.following import follow_queue  # noqa: PLC0415

    def show(done: Round) -> None:
        if done.messages and as_json:
            write_json_lines([done._asdict()])
        elif done.messages:
            out().print(
                f"{done.taken:,} events from {done.objects:,} objects in {done.seconds:.1f} s, {done.lag:.0f} s after the oldest came"
                + (f"; {done.kept:,} messages will come again" if done.kept else "")
            )

    with stop_on_signal() as stop:
        follow_queue(intake_of(settings), local_actor(), url, stop, drain=drain, on_round=show)
