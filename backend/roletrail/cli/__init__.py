"""The command line: the same use-cases as API and pages. Errors are one sentence and a hint, never a traceback."""

from __future__ import annotations

import logging
import sys

from roletrail import logs
from roletrail.cli.app import build
from roletrail.cli.console import show_error
from roletrail.errors import RoletrailError
from roletrail.settings import load as settings_of  # `load` is a module of this package

BUG = 70
"""Exit code of a failure that is ours (EX_SOFTWARE)."""

log = logging.getLogger(__name__)


def main() -> None:
    """Run the command of sys.argv and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        settings = settings_of()
        logs.set_up(settings.log_level, settings.log_format)
        build(next(iter(arguments), ""))(legible(arguments), prog_name="roletrail")
    except RoletrailError as error:
        show_error(error)
        return error.exit_code
    except Exception as error:
        log.debug("command failed", exc_info=error)
        show_error(_bug(error))
        return BUG
    return 0


def legible(arguments: list[str]) -> list[str]:
    """Arguments as text that can be looked up. Paths of `ingest` keep the bytes that are no UTF-8."""
    if arguments[:1] == ["ingest"]:
        return arguments
    return [argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for argument in arguments]


def _bug(error: Exception) -> RoletrailError:
    first = (str(error).splitlines() or [""])[0]
    return RoletrailError(
        f"This should not have happened: {type(error).__name__}: {first}",
        hint="Run it again with ROLETRAIL_LOG_LEVEL=DEBUG for the details, and please report it.",
    )
