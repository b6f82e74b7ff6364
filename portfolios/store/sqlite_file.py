"""The database as a file: whose it is, who may read it, and what a failure of it means.

Looking at the first bytes before SQLite opens anything keeps a file that is no database, given by
mistake, byte for byte what it was. But a process that closes any descriptor of a file loses all the
locks that it holds on it, SQLite's among them, and then another process may take the write-ahead
log away from under it: so while a handle is open here, the file is never opened beside SQLite.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Lock

from portfolios.errors import StoreError

MAGIC = b"SQLite format 3\x00"
OTHERS = 0o077

RESTORE = "keep the file, and put your newest backup in its place"
FAILURES = (
    (("SQLITE_BUSY", "SQLITE_LOCKED"), "is in use by another program", "try again in a moment"),
    (("SQLITE_FULL", "SQLITE_IOERR"), "could not be written: no space or a failing disk",
     "nothing was changed; free some space and try again"),
    (("SQLITE_READONLY", "SQLITE_PERM"), "may not be written",
     "check the permissions of the file and its directory"),
    (("SQLITE_CANTOPEN", "SQLITE_AUTH"), "cannot be opened",
     "check the permissions of the file and its directory"),
    (("SQLITE_CORRUPT", "SQLITE_NOTADB"), "is damaged", RESTORE),
)  # fmt: skip


_held: Counter[tuple[int, int]] = Counter()
"""Handles of SQLite by file, in this process."""
_guard = Lock()
"""Held while a file is open beside SQLite, and while a hold is taken: never both at once."""


def explain(path: Path, error: sqlite3.Error) -> StoreError:
    """Say what a failure of SQLite means, and what to do about it."""
    name = getattr(error, "sqlite_errorname", "")
    for prefixes, meaning, hint in FAILURES:
        if name.startswith(prefixes):
            return StoreError(f"the database {path} {meaning} ({error})", hint=hint)
    if name.startswith("SQLITE_CONSTRAINT"):
        return StoreError(f"the database refused a value: {error}", hint="nothing was changed")
    return StoreError(f"the database {path} failed: {error}", hint=RESTORE)


class Hold:
    """Says that this process has a handle of SQLite on a file; taken before it is opened."""

    def __init__(self, path: Path) -> None:
        self._file: tuple[int, int] | None = None
        with _guard, suppress(FileNotFoundError):
            self._file = _identity(path)
            _held[self._file] += 1

    def release(self) -> None:
        """Say that the handle is closed."""
        with _guard:
            if self._file is not None:
                _held[self._file] -= 1
                if not _held[self._file]:
                    del _held[self._file]
                self._file = None


def is_empty(path: Path) -> bool:
    """Tell whether there is nothing at a path yet: no file, or one without a byte.

    Raises:
        StoreError: when something is there that is no SQLite database.
    """
    try:
        with _guard:
            if not path.stat().st_size:
                return True
            if _held[_identity(path)]:
                return False  # SQLite has it open here, so it was looked at before
            with path.open("rb") as file:
                head = file.read(len(MAGIC))
    except FileNotFoundError:
        return True
    except OSError as error:
        raise _unusable(path, error) from error
    if head and head != MAGIC:
        raise StoreError(
            f"{path} is not a database of this program; it was left untouched",
            hint="choose another file in the setting `database`",
        )
    return not head


def create_privately(path: Path) -> None:
    """Create the file and its missing directories for their owner alone, whatever the umask."""
    missing = [folder for folder in path.absolute().parents if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        with _guard, suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        as_we_are = os.access in os.supports_effective_ids
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=as_we_are):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        _close_to_others(path)
    except OSError as error:
        raise _unusable(path, error) from error


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _close_to_others(path: Path) -> None:
    status = path.stat()
    # Somebody else's file, opened through a group on purpose, keeps the mode its owner chose.
    if os.name == "posix" and status.st_mode & OTHERS and status.st_uid == os.geteuid():
        path.chmod(0o600)


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the database {path} cannot be used: {error.strerror}",
        hint="check the path and its permissions, or choose another in the setting `database`",
    )
