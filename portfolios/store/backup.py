"""A copy of the database that is whole, taken while others write, and put back in its place.

Copying the file would miss what stands in the write-ahead log; SQLite's own backup does not. The
copy appears under its name only once it is complete and sound. It keeps no log, so that one lying
beside it is known to be another file's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlite_utils.migrations import Migrations

from portfolios.errors import StoreError, UsageError
from portfolios.private_file import create_folders, flush_folder, place, unfinished_file
from portfolios.store.database import APPLICATION_ID, Database, new_count, open_database
from portfolios.store.sqlite_file import (
    Hold,
    alone,
    has_log,
    is_empty,
    require_own_log,
    side_files,
)


def back_up(database: Database, path: Path) -> int:
    """Copy the database into a new file, readable by its owner only.

    Returns:
        The size of the copy in bytes.

    Raises:
        UsageError: when there is a file of that name already.
        StoreError: when the copy cannot be written, or is not sound.
    """
    taken = UsageError(f"{path} exists already", hint="name a new file; backups are never mixed")
    if path.exists():
        raise taken
    try:
        with unfinished_file(path) as new:
            _copy(database.connection, new)
            place(new, path, replaces=False)
    except FileExistsError:
        raise taken from None
    except (OSError, sqlite3.Error) as error:
        raise _unwritable(path, error) from error
    return path.stat().st_size


def restore(backup: Path, path: Path, *, migrations: Sequence[Migrations]) -> tuple[Path, ...]:
    """Put a backup in the place of the database, and keep what was there beside it.

    The backup is copied and checked first, and stays. An interruption leaves the old database, or
    the new one, or one that is refused until it is restored again.

    Args:
        backup: a file that `back_up` wrote, or another whole database of this program.
        path: the database; it may be missing or damaged.
        migrations: the sets of every package that keeps tables; older tables are brought up to
            date.

    Returns:
        Where the files that were there are now.

    Raises:
        UsageError: there is no such backup, or it is the database itself.
        StoreError: the backup cannot be used, the database is in use, or the disk fails.
    """
    real = path.resolve()
    _require_backup(backup, real)
    try:
        create_folders(real)
        with alone(real), unfinished_file(real) as new:
            with _named_as_backup(backup):
                _read_backup(backup, new)
                _bring_up_to_date(new, migrations)
            kept = _keep_aside(real)
            place(new, real, replaces=True)
            for side in side_files(real):
                side.unlink(missing_ok=True)
            flush_folder(real)
    except OSError as error:
        raise _unwritable(path, error) from error
    open_database(path, migrations=migrations).close()
    return kept


def _require_backup(backup: Path, path: Path) -> None:
    if not backup.is_file():
        raise UsageError(f"there is no file {backup}", hint="name one that `backup` wrote")
    if path.exists() and backup.samefile(path):
        raise UsageError(f"{backup} is the database itself", hint="name one that `backup` wrote")


@contextmanager
def _named_as_backup(backup: Path) -> Iterator[None]:
    """Say of whatever is wrong with a backup that it is the backup which is wrong."""
    hint = "name another backup; the database was not touched"
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{backup} cannot be restored: {error}", hint=hint) from error
    except StoreError as error:
        raise StoreError(f"{backup} cannot be restored: {error}", hint=hint) from error


def _read_backup(backup: Path, new: Path) -> None:
    if is_empty(backup):
        raise StoreError("it is empty")
    require_own_log(backup)
    # A file without a log is read as it stands, which leaves no files of SQLite's beside it.
    how = "mode=ro" if has_log(backup) else "mode=ro&immutable=1"
    hold = Hold(backup)
    try:
        with closing(sqlite3.connect(f"{backup.resolve().as_uri()}?{how}", uri=True)) as source:
            if source.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise StoreError("it is another program's database")
            _copy(source, new)
    finally:
        hold.release()


def _bring_up_to_date(new: Path, migrations: Sequence[Migrations]) -> None:
    """Open the copy once as the program would, which refuses what it cannot work with."""
    try:
        open_database(new, migrations=migrations).close()
        with closing(sqlite3.connect(new)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        for side in side_files(new):
            side.unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, new: Path) -> None:
    with closing(sqlite3.connect(new)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute(f"PRAGMA user_version = {new_count()}")
        (sound,) = copy.execute("PRAGMA integrity_check").fetchone()
        if sound != "ok":
            raise StoreError("the copy is not sound", hint="check the disk; nothing was kept")


def _keep_aside(path: Path) -> tuple[Path, ...]:
    """Give the files that are there second names, by which they outlast the first."""
    number = 1
    while any(p.name.startswith(f"{path.name}.replaced-{number}") for p in path.parent.iterdir()):
        number += 1
    kept = []
    for old in (path, *side_files(path)):
        if old.exists():
            aside = path.with_name(old.name.replace(path.name, f"{path.name}.replaced-{number}", 1))
            aside.hardlink_to(old)
            kept.append(aside)
    with suppress(FileNotFoundError):
        side_files(path)[2].unlink()  # which SQLite would play into the new file
    return tuple(kept)


def _unwritable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{path} cannot be written ({type(error).__name__})", hint="check folder and disk"
    )
