"""The database as a file: whose it is, who may read it, and what a failure of it means.

Looking at the first bytes before SQLite opens anything keeps a file that is no database, given by
mistake, byte for byte what it was.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

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


def explain(path: Path, error: sqlite3.Error) -> StoreError:
    """Say what a failure of SQLite means, and what to do about it."""
    name = getattr(error, "sqlite_errorname", "")
    for prefixes, meaning, hint in FAILURES:
        if name.startswith(prefixes):
            return StoreError(f"the database {path} {meaning} ({error})", hint=hint)
    if name.startswith("SQLITE_CONSTRAINT"):
        return StoreError(f"the database refused a value: {error}", hint="nothing was changed")
    return StoreError(f"the database {path} failed: {error}", hint=RESTORE)


def is_empty(path: Path) -> bool:
    """Tell whether there is nothing at a path yet: no file, or one without a byte.

    Raises:
        StoreError: when something is there that is no SQLite database.
    """
    try:
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
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        _close_to_others(path)
    except OSError as error:
        raise _unusable(path, error) from error


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
