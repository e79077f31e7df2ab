"""The few ways Roletrail can fail, each an actionable sentence with a stable code.

Bad *input records* are never exceptions: they are counted, kept and shown as quarantine.
"""

from __future__ import annotations

from collections.abc import Sequence


class RoletrailError(Exception):
    """Base of all errors a user can act on.

    `code` is stable and goes into problem+json and `--json` output; `hint` says what to do.
    `exit_code` is what the CLI ends with.
    """

    code = "error"
    exit_code = 1

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


class InvalidRequest(RoletrailError):
    """A parameter has a value nobody can answer."""

    code = "invalid_request"
    exit_code = 2


class NotFound(RoletrailError):
    """Nothing with that id in this store."""

    code = "not_found"
    exit_code = 3


class Forbidden(RoletrailError):
    """The policy said no to this actor."""

    code = "forbidden"
    exit_code = 4


class Unauthenticated(RoletrailError):
    """No valid credential came with the request."""

    code = "unauthenticated"
    exit_code = 4


class Conflict(RoletrailError):
    """Somebody changed it first. `changed` says what, oldest first, so that nothing is overwritten unseen."""

    code = "conflict"
    exit_code = 7

    def __init__(self, detail: str, *, hint: str = "", changed: Sequence[str] = (), version: int = 0) -> None:
        super().__init__(detail, hint=hint)
        self.changed = list(changed)
        self.version = version


class TooLarge(RoletrailError):
    """A body is larger than this installation takes."""

    code = "too_large"
    exit_code = 2


class TooMany(RoletrailError):
    """A rate limit was reached."""

    code = "too_many"
    exit_code = 8
    retry_seconds = 60  # buckets are refilled within a minute


class StoreUnavailable(RoletrailError):
    """The graph store, the archive or the app database cannot be opened or reached."""

    code = "store_unavailable"
    exit_code = 5
    since = 0
    """When its server was first found not to answer, in epoch seconds; 0 when it is no server that is away."""


class SchemaMismatch(StoreUnavailable):
    """The store was written by a newer Roletrail."""

    code = "schema_mismatch"


class InputUnavailable(RoletrailError):
    """A path, object or feed named by the user cannot be read at all."""

    code = "input_unavailable"
    exit_code = 6
