"""Files and folders: every file below a path is an object, whatever its name, so that each one is accounted for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from roletrail.errors import InputUnavailable
from roletrail.ingest.source import Listed


def listed(paths: Sequence[str]) -> list[Listed]:
    """Everything below the paths, each file once, by locator. Raises InputUnavailable for a path that is not there."""
    found: dict[str, Listed] = {}
    for path in paths:
        start = os.path.abspath(path)  # noqa: PTH100  links keep the names the user gave them
        for entry in _below(start, path):
            found.setdefault(entry.locator, entry)
    return [found[locator] for locator in sorted(found)]


def _below(start: str, named: str) -> Iterator[Listed]:
    try:
        status = Path(start).stat()
    except FileNotFoundError:
        raise InputUnavailable(f"There is no file or folder {named!r}.", hint="Check the path.") from None
    except OSError as error:
        raise InputUnavailable(f"{named!r} cannot be read: {error.strerror}.") from None
    if stat.S_ISDIR(status.st_mode):
        yield from _in_folder(start, named)
    else:
        yield _entry(start, status)


def _in_folder(start: str, named: str) -> Iterator[Listed]:
    folders = [start]
    seen: set[tuple[int, int]] = set()  # links may lead in circles
    while folders:
        folder = folders.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = list(os.scandir(folder))
        except OSError as error:
            if folder == start:
                raise InputUnavailable(f"{named!r} cannot be read: {error.strerror}.") from None
            yield Listed(folder, folder, 0, "")
            continue
        for entry in entries:
            if _is_folder(entry):
                folders.append(entry.path)
            else:
                yield _entry(entry.path, _status(entry))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None


def _entry(path: str, status: os.stat_result | None) -> Listed:
    """A pipe or a device would block or never end; it is named, not read."""
    # File names are bytes: what is no UTF-8 in them must still fit a store.
    locator = os.fsencode(path).decode("utf-8", "backslashreplace")
    if status is None or not stat.S_ISREG(status.st_mode):
        return Listed(locator, path, -1, "")
    return Listed(locator, path, status.st_size, str(status.st_mtime_ns))
