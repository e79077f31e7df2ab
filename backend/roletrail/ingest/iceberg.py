"""What an Iceberg table keeps beside its data files: recognised, so that a table's folder goes in without a quarantine.

Data files are read as the Parquet they are. Which of them the table's newest snapshot still counts is in its manifests, which
are not asked: every file that lies there is read, and docs/limits.md says what that means.
"""

from __future__ import annotations

AVRO = b"Obj\x01"
PUFFIN = b"PFA1"
HEAD = 64 << 10
"""An Avro file begins with its schema; that of a manifest is some thousands of bytes long."""
DELETES = frozenset({"file_path", "pos"})
"""Columns of a file of positional deletes (Iceberg's specification, Position Delete Files)."""


def is_state(stored: bytes) -> bool:
    """Manifests, lists of manifests, statistics."""
    if stored[:4] != AVRO:
        return stored[:4] == PUFFIN
    head = stored[:HEAD]
    return b'"manifest_path"' in head or b'"data_file"' in head


def is_metadata(raw: bytes) -> bool:
    """The table's own description, v1.metadata.json and its successors."""
    return raw[:1] == b"{" and b'"table-uuid"' in raw and b'"format-version"' in raw
