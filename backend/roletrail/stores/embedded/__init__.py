"""The embedded graph store: one SQLite file, no server. Behind `stores.port`; knows nothing of pages or files of logs."""

from roletrail.stores.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore"]
