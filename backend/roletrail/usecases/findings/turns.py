"""A second process beside this one, forked off it before there is much of it, that is asked to do its share (ADR 0020)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self

from roletrail.archive.lifeline import end_with

PATIENCE = 10.0
"""Seconds in which a process that is asked nothing more has closed a store."""


def may_fork() -> bool:
    """Where a fork is safe, and a second core is there to use it: a lock that another thread holds stays locked in a copy."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 and threading.active_count() == 1


class Ended(Exception):
    """The second process is no more, and left what it was asked undone."""


class Turns:
    """The second process's end."""

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self._pipe = pipe

    def wait(self) -> Any:
        """What is asked next. Raises EOFError when nothing will be."""
        return self._pipe.recv()

    def done(self, what: object) -> None:
        self._pipe.send(what)


class Beside:
    """The first process's end."""

    def __init__(self, process: BaseProcess, pipe: Connection[Any, Any]) -> None:
        self._process = process
        self._pipe = pipe

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """When nothing failed it waits to be asked, hears that nothing will be, and closes what it has open."""
        self._pipe.close()
        if failed is None:
            self._process.join(PATIENCE)
        self.end()

    def end(self) -> None:
        """It is no more after this, whatever it was at."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def ask(self, what: object = None) -> None:
        with contextlib.suppress(OSError):  # it is dead then, and does not answer
            self._pipe.send(what)

    def answer(self) -> Any:
        """What it says next. Raises Ended when it is no more."""
        try:
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise Ended from error


def beside(work: Callable[[Turns], object], *, forks: bool = False) -> Beside:
    """`work` may not use anything that is open here: an SQLite connection least of all
    (https://www.sqlite.org/howtocorrupt.html, "Carrying an open database connection across a fork"). `forks`: it makes a
    process of its own."""
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe()
    process = fork.Process(target=_second, args=(work, mine, theirs, os.getpid()), daemon=not forks)
    process.start()
    theirs.close()
    return Beside(process, mine)


def _second(work: Callable[[Turns], object], others: Connection[Any, Any], pipe: Connection[Any, Any], parent: int) -> None:
    """Leaves no way back into what the first process was doing. What fails here the first does itself, and says so."""
    end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent says what becomes of us
    others.close()
    try:
        work(Turns(pipe))
    finally:
        os._exit(0)
