"""Our stylesheets, modules and pictures, under URLs that carry the hash of them all.

One hash for the whole set keeps relative imports between ES modules working without a bundler: a changed file moves
every file to a new URL, so each may be kept by browsers for ever. Files are few and small: they are held in memory.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PREFIX = "/assets"
FOR_EVER = "public, max-age=31536000, immutable"
NOT_KEPT = "no-cache"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Asset:
    content: bytes
    media_type: str

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.content, 6, mtime=0)

    @property
    def compressible(self) -> bool:
        return not self.media_type.startswith("image/png")


class Assets:
    """Everything below frontend/static. A missing optional file (Cytoscape) is simply not `has`."""

    def __init__(self, folder: Path) -> None:
        self._assets = {
            path.relative_to(folder).as_posix(): Asset(path.read_bytes(), _TYPES[path.suffix])
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES
        }
        digest = hashlib.sha256()
        for name, asset in self._assets.items():
            digest.update(name.encode() + b"\0" + hashlib.sha256(asset.content).digest())
        self.version = digest.hexdigest()[:16]

    def has(self, name: str) -> bool:
        return name in self._assets

    def get(self, name: str) -> Asset | None:
        return self._assets.get(name)

    def url(self, name: str) -> str:
        """Raises KeyError for a name that is not there: a template with a dead reference must not render."""
        if name not in self._assets:
            raise KeyError(name)
        return f"{PREFIX}/{self.version}/{name}"
