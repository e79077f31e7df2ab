"""Trying again: what may pass by itself, what needs fresh credentials, what nobody should wait for."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Literal, TypeVar

from roletrail.aws import clients
from roletrail.errors import InputUnavailable

log = logging.getLogger(__name__)

Kind = Literal["passing", "expired", "denied", "gone", "frozen", "other"]

ATTEMPTS = 7
"""With the pauses below: up to a quarter of a minute of trouble is sat out."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0

_CODES: dict[Kind, str] = {
    "passing": "SlowDown ServiceUnavailable InternalError InternalFailure InternalServerError RequestTimeout RequestTimeoutException"
    " Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException TooManyRequestsException"
    " RequestLimitExceeded BandwidthLimitExceeded PriorRequestNotComplete TransactionInProgressException 500 502 503 504 429",
    "expired": "ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired",
    "denied": "AccessDenied AccessDeniedException AllAccessDisabled InvalidAccessKeyId InvalidClientTokenId SignatureDoesNotMatch"
    " UnrecognizedClientException InvalidToken 401 403",
    "gone": "NoSuchKey NoSuchBucket NoSuchVersion 404 AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist",
    "frozen": "InvalidObjectState",
}
_KINDS: dict[str, Kind] = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

Answer = TypeVar("Answer")


def code_of(error: Exception) -> str:
    """AWS's own error code; "" when it never answered."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def kind_of(error: Exception) -> Kind:
    code = code_of(error)
    if code in _KINDS:
        return _KINDS[code]
    if _is_unsigned(error):
        return "denied"
    status = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0) if code else 0
    if status >= 500 or (not code and _is_broken_line(error)):
        return "passing"
    return "other"


def _is_unsigned(error: Exception) -> bool:
    from botocore import exceptions  # noqa: PLC0415 - see clients

    return isinstance(error, exceptions.NoCredentialsError)


def _is_broken_line(error: Exception) -> bool:
    """The connection, or the body on it, came to grief: no answer of AWS at all, or half of one."""
    from botocore import exceptions  # noqa: PLC0415 - see clients
    from botocore.parsers import ResponseParserError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    lines = (
        exceptions.HTTPClientError,
        exceptions.IncompleteReadError,
        exceptions.ResponseStreamingError,
        exceptions.FlexibleChecksumError,
        ResponseParserError,
    )
    return isinstance(error, (*lines, HTTPError, OSError))


def patiently(call: Callable[[], Answer], what: str, *, attempts: int = ATTEMPTS) -> Answer:
    """The answer of `call`, tried again while its trouble may pass. `call` must take its client anew each time.

    Raises InputUnavailable when patience ends or credentials are no good; anything else as it is.
    """
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            kind = kind_of(error)
            if kind not in {"passing", "expired"}:
                raise
            if kind == "expired":
                clients.renew()
            if attempt + 1 == attempts:
                raise InputUnavailable(f"{what} failed {attempts} times: {sentence(error)}", hint=_hint(kind)) from error
            log.info("%s: %s; trying again", what, sentence(error))
            time.sleep(pause(attempt))
    raise AssertionError  # attempts is positive


def pause(attempt: int) -> float:
    """Seconds before attempt number `attempt` is repeated: doubling, with jitter, so that many do not come at once."""
    return min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311


def sentence(error: Exception) -> str:
    """What went wrong, on one line and without what AWS echoes of our request."""
    code = code_of(error)
    if _is_unsigned(error):
        return "there are no AWS credentials here."
    return f"AWS answers {code}." if code else f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _hint(kind: Kind) -> str:
    if kind == "expired":
        return "Renew the credentials, then run it again: it goes on where it stopped."
    return "Run it again: it goes on where it stopped."
