"""The database as a file: whose it is, who may read it, and what a failure of it means.

Looking at the first bytes before SQLite opens anything keeps a file that is no database, given by
mistake, byte for byte what it was. But a process that closes any descriptor of a file loses all the
locks that it holds on it, SQLite's among them, and then another process may take the write-ahead
log away from under it: so while a handle is open here, the file is never opened beside SQLite.

SQLite plays whatever write-ahead log lies beside a file into it. Each transaction therefore counts
on in the header: a log whose first count does not follow the file's own belongs to another file.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from struct import unpack
from threading import Lock

try:
    import fcntl
except ImportError:  # where an open file cannot be renamed anyway
    fcntl = None  # type: ignore[assignment]

from portfolios.errors import DatabaseGoneError, StoreError
from portfolios.private_file import create_folders

MAGIC = b"SQLite format 3\x00"
OTHERS = 0o077
SIDE_FILES = ("-wal", "-shm", "-journal")
LOCK_BYTES = 0x40000000, 512
"""Where SQLite locks a file, and how many bytes; a process that has it open holds some of them."""
LOG_HEAD, FRAME_HEAD, USES_A_LOG = 32, 24, 2

RESTORE = "`rebalancer restore FILE` puts a backup in its place and keeps what was there"
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


_required: Counter[Path] = Counter()
"""Paths at which a file is and has to stay, in this process."""


@contextmanager
def required(path: Path) -> Iterator[None]:
    """Let nobody in this process begin a new file at a path for as long as the block lasts.

    For a service: a database that is gone was not meant to be, and an empty one in its place would
    look as if nothing were held.
    """
    key = path.absolute()
    with _guard:
        _required[key] += 1
    try:
        yield
    finally:
        with _guard:
            _required[key] -= 1


def is_required(path: Path) -> bool:
    """Tell whether there has to be a file at a path."""
    return _required[path.absolute()] > 0


def gone(path: Path) -> DatabaseGoneError:
    """Return the error of a database that was there before."""
    return DatabaseGoneError(
        f"the database {path} is gone; put it back, or a backup with `rebalancer restore FILE`",
        hint="nothing is begun in its place, and what runs goes on once it is there",
    )


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

    def is_current(self, path: Path) -> bool:
        """Tell whether the path still names the file that is held."""
        with suppress(FileNotFoundError):
            return self._file == _identity(path)
        return False

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
    try:
        create_folders(path)
        with _guard, suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        as_we_are = os.access in os.supports_effective_ids
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=as_we_are):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        _close_to_others(path)
    except OSError as error:
        raise _unusable(path, error) from error


def side_files(path: Path) -> tuple[Path, ...]:
    """Return the paths of what SQLite keeps beside a file; a link's beside what it names."""
    real = path.resolve()
    return tuple(real.with_name(real.name + end) for end in SIDE_FILES)


def has_log(path: Path) -> bool:
    """Tell whether a write-ahead log with something in it lies beside the file."""
    log = side_files(path)[0]
    return log.exists() and log.stat().st_size > LOG_HEAD


def require_own_log(path: Path) -> None:
    """Refuse a file beside the write-ahead log of another one, before SQLite mixes them.

    Raises:
        StoreError: the log does not belong to the file; both are left as they were.
    """
    try:
        for _ in range(3):  # another process may have begun the log anew in between
            with _guard:
                if not has_log(path) or not path.exists() or _held[_identity(path)]:
                    return
                if _follows(path):
                    return
    except FileNotFoundError:
        return  # the process that had it open removed it
    except OSError as error:
        raise _unusable(path, error) from error
    raise StoreError(
        f"{side_files(path)[0]} belongs to another database than {path}; nothing was changed",
        hint=RESTORE,
    )


def _follows(path: Path) -> bool:
    """Tell whether the log goes on from the file: from its count, or from one on the way."""
    with path.open("rb") as file:
        head = file.read(100)
    first, frames = _first_count(side_files(path)[0])
    if first is None or len(head) < 100:
        return True
    (count,), mark = unpack(">i", head[60:64]), head[68:72]
    if not count and not any(mark):
        return True  # new: its tables, and where it begins to count, still stand in the log
    return head[18] == USES_A_LOG and first - 1 <= count < first + frames


def _first_count(log: Path) -> tuple[int | None, int]:
    """Return the count after the log's first transaction, None without one, and its frames."""
    with log.open("rb") as file:
        head = file.read(LOG_HEAD)
        magic, _, size, _, salt, more_salt, _, _ = unpack(">8I", head)
        order = ">" if magic & 1 else "<"
        sums = _checksum(order, head[:24], (0, 0))
        frames = (log.stat().st_size - LOG_HEAD) // (FRAME_HEAD + size)
        while len(frame := file.read(FRAME_HEAD + size)) == FRAME_HEAD + size:
            page, commit, *salts, one, other = unpack(">6I", frame[:FRAME_HEAD])
            sums = _checksum(order, frame[:8] + frame[FRAME_HEAD:], sums)
            if salts != [salt, more_salt] or sums != (one, other):
                break  # an older log's, or half written: SQLite reads no further either
            if page == 1:
                return unpack(">i", frame[FRAME_HEAD + 60 : FRAME_HEAD + 64])[0], frames
            if commit:
                return 1, frames  # a log that an older program began, which did not count
    return None, frames


def _checksum(order: str, content: bytes, start: tuple[int, int]) -> tuple[int, int]:
    """Add up words in pairs, as the file format of SQLite prescribes."""
    one, other = start
    words = iter(unpack(f"{order}{len(content) // 4}I", content))
    for word in words:
        one = (one + word + other) & 0xFFFFFFFF
        other = (other + next(words) + one) & 0xFFFFFFFF
    return one, other


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep everybody else from a file for as long as the block lasts.

    Raises:
        StoreError: somebody has it open.
    """
    in_use = StoreError(
        f"the database {path} is in use; nothing was changed",
        hint="stop `rebalancer serve` and every other command, then try again",
    )
    if not path.exists():
        yield
        return
    with _guard:
        if _held[_identity(path)]:
            raise in_use  # before it is opened: closing it again would take the handle's locks
        file = path.open("r+b")
    with file:
        found = os.fstat(file.fileno())
        if fcntl is not None:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCK_BYTES[1], LOCK_BYTES[0])
            except OSError:
                raise in_use from None
        if (found.st_dev, found.st_ino) != _identity(path):
            raise in_use
        yield


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
