"""Standard input as one object, spooled to a private file first: what it is called depends on all of its bytes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from roletrail.ingest.inflate import MOST_BYTES
from roletrail.ingest.source import Listed

_STEP = 1 << 20


@contextmanager
def spooled(stream: BinaryIO) -> Iterator[Listed]:
    """The object, for as long as its spool file lives. More bytes than an object may have are not read."""
    digest = hashlib.sha256()
    size = 0
    with tempfile.NamedTemporaryFile(prefix="roletrail-stdin-") as spool:
        while size <= MOST_BYTES and (piece := stream.read(_STEP)):
            digest.update(piece)
            size += len(piece)
            spool.write(piece)
        spool.flush()
        yield Listed(f"stdin:{digest.hexdigest()}", spool.name, size, "")
