"""DuckDB with its bounds: no network, no extension, no file outside the archive, limited memory and threads."""

from __future__ import annotations

from pathlib import Path

import duckdb

THREADS = 2


def open_engine(folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads only `folder` and writes nowhere."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": memory,
            "threads": THREADS,
            "temp_directory": "",
            "preserve_insertion_order": False,
        },
    )
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET allowed_directories = $folders", {"folders": [str(folder)]})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
