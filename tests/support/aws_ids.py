"""Synthetic AWS ids: believable in shape, naming nobody.

`SeededIds` makes ids in today's format, which encode an account: only the example accounts given to it. `NamedIds` makes
ids a person can read in an expectation; they are of the old format (fifth character I), which encodes no account.
"""

from __future__ import annotations

import base64
import random
import uuid
from typing import Protocol

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Ids(Protocol):
    def unique(self, prefix: str, account: str, name: str = "") -> str:
        """An access key id or unique id; equal names give equal ids."""
        ...

    def event(self) -> str: ...
    def request(self) -> str: ...
    def shared(self) -> str: ...
    def token(self) -> str:
        """Filler of session tokens; short, so that sample files stay small."""
        ...


class SeededIds:
    """Random-looking ids, the same for the same seed and order of calls; named ones do not depend on the order."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = random.Random(seed)

    def unique(self, prefix: str, account: str, name: str = "") -> str:
        noise = random.Random(f"{self._seed}/{prefix}/{account}/{name}") if name else self._random
        head = (1 << 47) | (int(account) << 7) | noise.getrandbits(7)
        body = head.to_bytes(6, "big") + noise.getrandbits(32).to_bytes(4, "big")
        tail = _BASE32[noise.getrandbits(5)] if prefix in ("AROA", "AIDA") else ""
        return prefix + base64.b32encode(body).decode() + tail

    def event(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    request = event
    shared = event

    def token(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


class NamedIds:
    """Ids that say what they are: event ids count up, `unique("ASIA", _, "K1")` is ASIAIEXAMPLEXXXXXXK1.

    `series` keeps the event ids of two trails of one scenario apart.
    """

    def __init__(self, series: int = 0) -> None:
        self._series = series
        self._events = self._requests = self._shared = self._unnamed = 0

    def unique(self, prefix: str, account: str, name: str = "") -> str:
        del account  # the old format encodes none
        if not name:
            self._unnamed += 1
            name = f"N{self._unnamed}"
        readable = "".join(letter for letter in name.upper() if letter.isalnum())[-8:]
        return f"{prefix}IEXAMPLE{readable:X>8}"

    def event(self) -> str:
        self._events += 1
        return f"e{self._series:07d}-0000-4000-8000-{self._events:012d}"

    def request(self) -> str:
        self._requests += 1
        return f"a0000000-0000-4000-8000-{self._requests:012d}"

    def shared(self) -> str:
        self._shared += 1
        return f"b0000000-0000-4000-8000-{self._shared:012d}"

    def token(self) -> str:
        return "token"
