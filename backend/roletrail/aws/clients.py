"""boto3 clients with bounded retries, short timeouts and our name in every user agent.

Credentials, regions and endpoints are found the way every AWS tool finds them: environment, profile, instance role,
`AWS_ENDPOINT_URL`. With ROLETRAIL_AWS_ROLE set, that role is assumed first, under a session name and a source identity
that never change, so that what Roletrail itself reads can be told apart in the logs it reads.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from roletrail import __version__
from roletrail.detect.own import SESSION_NAME
from roletrail.errors import RoletrailError
from roletrail.settings import load

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.session import Session as BotocoreSession

POOL = 32
"""Connections kept to one service: more than the threads of one process that use it."""
CONNECT_SECONDS = 5
ATTEMPTS = 5
"""Of one call, where the caller does not try again itself."""

_lock = threading.Lock()


def client(service: str, region: str = "", *, attempts: int = ATTEMPTS, role: str = "") -> Any:
    """A client, shared by all threads of this process. `attempts` counts the first one. `role` is assumed from what we are."""
    with _lock:  # making clients is not safe in threads, using them is
        return _client(service, region, attempts, role)


def renew() -> None:
    """Forget every client, so that credentials are looked for again: those we had have expired."""
    with _lock:
        _client.cache_clear()
        _session.cache_clear()


@lru_cache(maxsize=256)
def _client(service: str, region: str, attempts: int, role: str) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - see _boto3
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    session = _session(role)
    seconds = load().aws_timeout
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=min(CONNECT_SECONDS, seconds),
        read_timeout=seconds,
        max_pool_connections=POOL,
        user_agent_extra=f"roletrail/{__version__}",
    )
    try:
        return session.client(service, region_name=region or None, config=config)  # pyright: ignore[reportCallIssue, reportArgumentType]
    except BotoCoreError as error:
        raise RoletrailError(f"AWS cannot be used from here: {error}", hint="Set AWS_REGION, and credentials.") from None


@lru_cache(maxsize=256)
def _session(role: str = "") -> Session:
    boto3 = _boto3()
    if role:
        return _assumed(role, _session()._session)  # noqa: SLF001
    own = load().aws_role
    return _assumed(own) if own else boto3.session.Session()


def _boto3() -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra, and 0.2 s that reading files needs not
    except ImportError:
        raise RoletrailError("Reading from AWS needs boto3.", hint="Install it: pip install 'roletrail[s3]'.") from None
    return boto3


def _assumed(role: str, base: BotocoreSession | None = None) -> Session:
    """A session of the role, renewed by itself before it expires; assumed by `base`, or by what the environment gives."""
    from boto3.session import Session  # noqa: PLC0415
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    base = base or get_session()
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=base.create_client,
        source_credentials=base.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": SESSION_NAME, "SourceIdentity": SESSION_NAME},
    )
    own = get_session()
    own._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # noqa: SLF001
    return Session(botocore_session=own)
