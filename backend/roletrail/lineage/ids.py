"""Opaque ids of identities: 20 lower-case base32 characters, 100 bits of SHA-256.

Ids depend on the record alone, so any order of files gives the same ids (ADR 0001).
They carry no account, key or ARN: they may stand in URLs.
"""

from __future__ import annotations

import hashlib
import struct

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]
ID_LENGTH = 20
_EMPTY_ANCHOR = hashlib.blake2b(digest_size=8)
"""Copied for each anchor: a new one would read its parameters again, and there are nine anchors to a session."""
_signed = struct.Struct(">q").unpack


def _joined(parts: tuple[str, ...]) -> bytes:
    text = "\x1f".join(parts)
    return text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")


def _digest(*parts: str) -> str:
    digest = hashlib.sha256(_joined(parts)).digest()
    high = int.from_bytes(digest[:7], "big") >> 6  # 50 bits each: small integers are fast
    low = int.from_bytes(digest[6:13], "big") >> 4
    pairs = _PAIRS
    return (
        f"{pairs[high >> 40]}{pairs[high >> 30 & 1023]}{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}"
        f"{pairs[low >> 40 & 1023]}{pairs[low >> 30 & 1023]}{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )


def session_id(partition: str, principal_id: str, created: int) -> str:
    """Id of a session: `created` is sessionContext.attributes.creationDate in epoch seconds (UTC)."""
    return _digest("session", partition, principal_id, str(created))


def undated_session_id(partition: str, principal_id: str, access_key_id: str) -> str:
    """Id of a session whose records carry no creationDate (rule J11 may alias it to a dated one)."""
    return _digest("undated", partition, principal_id, access_key_id)


def alias_id(partition: str, role_arn: str, role_session_name: str, second: int) -> str:
    """Id an issuance without an AROA id gives its session until a use teaches the principal id.

    `role_arn` is the canonical ARN *with* path, as in requestParameters.roleArn.
    """
    return _digest("alias", partition, role_arn, role_session_name, str(second))


def key_id(partition: str, access_key_id: str) -> str:
    """Id of a long-term access key. CreateAccessKey's response has no AIDA id, so the key alone names it."""
    return _digest("key", partition, access_key_id)


def origin_id(kind: str, *parts: str) -> str:
    """Id of a root that is no AWS credential of ours: service workload, SAML or OIDC subject, foreign caller."""
    return _digest("origin", kind, *parts)


def entity_id(kind: str, value: str) -> str:
    """Id of something that is no identity but has a page: kind is role | address | account | instance | user."""
    return _digest("entity", kind, value)


def unknown_parent_id(child: str) -> str:
    """Id of the unknown-origin node shown above a session whose parent is not in the logs."""
    return _digest("unknown", child)


def anchor(*parts: str) -> int:
    """Signed 64-bit look-up number of a join key. Collisions are harmless: rules compare the real values again."""
    digest = _EMPTY_ANCHOR.copy()
    digest.update(_joined(parts))
    number: int = _signed(digest.digest())[0]
    return number


EVENT_FACTOR = 0x9E3779B97F4A7C15
"""Odd and without pattern, so that ids which differ in either half, even by counting up, hash apart."""


def event_hash(event_id: str) -> int:
    """Unsigned 64 bits that stand for an event id in dedupe cells: both halves of a UUID mixed, else a digest.

    One half alone would do for CloudTrail's random UUIDs, and lose events of exports that number theirs.
    """
    if len(event_id) == 36:
        try:
            high, low = int(event_id[:8] + event_id[9:13] + event_id[14:18], 16), int(event_id[19:23] + event_id[24:], 16)
        except ValueError:
            pass
        else:
            return (high * EVENT_FACTOR + low) & 0xFFFFFFFFFFFFFFFF
    return int.from_bytes(hashlib.blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
