"""A copy of the database that is whole, taken while others write.

Copying the file would miss what stands in the write-ahead log; SQLite's own backup does not. The
copy appears under its name only once it is complete and sound.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from portfolios.errors import StoreError, UsageError
from portfolios.store.database import Database
from portfolios.store.sqlite_file import create_privately


def back_up(database: Database, path: Path) -> int:
    """Copy the database into a new file, readable by its owner only.

    Returns:
        The size of the copy in bytes.

    Raises:
        UsageError: when there is a file of that name already.
        StoreError: when the copy cannot be written, or is not sound.
    """
    if path.exists():
        raise UsageError(f"{path} exists already", hint="name a new file; backups are never mixed")
    unfinished = path.with_name(path.name + ".part")
    try:
        create_privately(unfinished)
        with closing(sqlite3.connect(unfinished)) as copy:
            database.connection.backup(copy)
            (sound,) = copy.execute("PRAGMA integrity_check").fetchone()
            if sound != "ok":
                raise StoreError("the copy is not sound", hint="check the disk; nothing was kept")
        unfinished.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be written ({type(error).__name__})", hint="check folder and disk"
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return path.stat().st_size
