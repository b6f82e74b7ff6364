"""Files that the program writes: whole or absent, and readable by their owner alone.

A file is filled under a name that cannot be foreseen and gets its own name once it is on the disk.
What somebody else put there before, a file or a link, is neither written to nor read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

OWNER_ONLY = 0o600
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def write_private(path: Path, content: bytes, *, mode: int = OWNER_ONLY) -> None:
    """Write a file, or replace it, so that a reader sees the old content or the new one.

    Args:
        path: where; a link or a device there is refused.
        content: all of it.
        mode: who may read it.

    Raises:
        OSError: it cannot be written; what was there is left as it was.
    """
    with unfinished_file(path, mode=mode) as new:
        new.write_bytes(content)
        place(new, path, replaces=True)


def create_folders(path: Path) -> None:
    """Create the missing directories of a file for their owner alone."""
    for folder in reversed([each for each in path.absolute().parents if not each.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def unfinished_file(path: Path, *, mode: int = OWNER_ONLY) -> Iterator[Path]:
    """Yield a new empty file beside a path, to be filled and placed; removed when it was not.

    Raises:
        OSError: it cannot be created.
    """
    new = path.with_name(f".{path.name[:100]}.{token_hex(8)}.part")
    os.close(os.open(new, _NEW, mode))
    try:
        yield new
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def place(new: Path, path: Path, *, replaces: bool) -> None:
    """Give a finished file its name, once its content is on the disk.

    Raises:
        FileExistsError: something has that name, and nothing may be replaced.
        OSError: a link or a device has that name, or the disk fails.
    """
    _flush(new)
    if replaces:
        _require_plain(path)
        new.replace(path)
    elif os.name == "posix":
        _name_without_replacing(new, path)
    else:
        new.rename(path)  # which never replaces there
    flush_folder(path)


def flush_folder(path: Path) -> None:
    """Wait until the names in the folder of a file are on the disk, where that can be told."""
    if os.name == "posix":
        _flush(path.absolute().parent)


def _name_without_replacing(new: Path, path: Path) -> None:
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        new.rename(path)


def _require_plain(path: Path) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "a link, a folder or a device has that name", str(path))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
