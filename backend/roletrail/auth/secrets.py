"""Making and recognising secrets. Only their HMAC is ever stored; comparing is a look-up by that HMAC."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib

TOKEN_PREFIX = "rtt_"  # noqa: S105 - a prefix, no secret
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY = 43
_CHECK = 6


def new_secret() -> str:
    """256 bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """`rtt_` + 256 bits + checksum, so that scanners of code and chats can tell a leaked one without asking."""
    body = _base62(int.from_bytes(secrets.token_bytes(32), "big"), _BODY)
    return TOKEN_PREFIX + body + _checksum(body)


def is_token(text: str) -> bool:
    """Whether the form and checksum are right; a mistyped token never costs a look-up."""
    body, check = text[len(TOKEN_PREFIX) : -_CHECK], text[-_CHECK:]
    return text.startswith(TOKEN_PREFIX) and len(body) == _BODY and text.isascii() and hmac.compare_digest(check, _checksum(body))


def keyed_hash(key: bytes, purpose: str, secret: str) -> bytes:
    return hmac.digest(key, f"{purpose}\x1f{secret}".encode("utf-8", "surrogatepass"), hashlib.sha256)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK)


def _base62(value: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        value, digit = divmod(value, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
