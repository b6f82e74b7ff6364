"""The one SQLite file: how it is opened, written and kept whole.

Writing happens only inside `Database.transaction`, which begins IMMEDIATE: a transaction that reads
first and writes later would otherwise fail at once when another process wrote in between. SQLite
itself holds everybody to that: outside a transaction the connection is query-only. Migrations are
sqlite-utils' named sets, all applied in one transaction, so that an upgrade is whole or absent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import randbelow
from types import TracebackType
from typing import Any, TypeAlias

import sqlite_utils
from sqlite_utils.migrations import Migrations

from portfolios.errors import NotFoundError, StoreError
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.sqlite_file import (
    RESTORE,
    Hold,
    create_privately,
    explain,
    gone,
    is_empty,
    is_required,
    require_own_log,
)

Row: TypeAlias = dict[str, Any]
Values: TypeAlias = Sequence[object] | Mapping[str, object]

APPLICATION_ID = 0x52424C31
"""Marks the file as ours ("RBL1"), so that no other program's database is ever written to."""

BUSY_MILLISECONDS = 5000
OPENING_TRIES = 20


class Database:
    """A handle on the file; one per thread or process, closed by its `with` block.

    Attributes:
        path: the file.
        connection: the plain connection, for backups and traces.
        tables: the sqlite-utils view of it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, hold: Hold) -> None:
        self.path = path
        self.connection = connection
        self._hold = hold
        self._is_writing = False
        # Plugins of other programs have no business in this file.
        self.tables = sqlite_utils.Database(connection, execute_plugins=False)

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """Return the rows of a query as dictionaries."""
        cursor = self._run(sql, values)
        with _translated(self.path):
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, values: Values = ()) -> Row | None:
        """Return the first row of a query, None when there is none."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def execute(self, sql: str, values: Values = ()) -> int:
        """Write, inside a transaction; return how many rows changed."""
        if not self.connection.in_transaction:
            raise StoreError("a write stands outside a transaction", hint="nothing was changed")
        return self._run(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes of the block one unit: all of them or none.

        Blocks nest: an inner block that fails takes back its own writes, and the outermost
        decides. Keep it short, and never wait for a network inside.
        """
        with self._savepoint() if self._is_writing else self._outermost():
            yield

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
        self._hold.release()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        self._run("PRAGMA query_only = OFF")
        try:
            self._run("BEGIN IMMEDIATE")
            self._is_writing = True
            with self._undone_on_failure("ROLLBACK"):
                self._require_same_file()
                before = self.connection.total_changes
                yield
                if self.connection.total_changes != before:
                    self._count_on()
                self._run("COMMIT")
        finally:
            self._is_writing = False
            self._run("PRAGMA query_only = ON")

    def _require_same_file(self) -> None:
        if not self._hold.is_current(self.path):
            raise StoreError(
                f"the database {self.path} was removed or replaced while it was open",
                hint="nothing was changed; try again",
            )

    def _count_on(self) -> None:
        """Number the transaction in the header, by which a foreign log is told (`sqlite_file`)."""
        (count,) = self._run("PRAGMA user_version").fetchone()
        self._run(f"PRAGMA user_version = {count + 1}")

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        if not self.connection.in_transaction:
            # A failure that somebody swallowed has ended the outer unit: its first half is gone,
            # so the second half must not be written either.
            raise StoreError("an earlier failure ended this unit", hint="nothing was changed")
        self._run("SAVEPOINT inner_unit")
        with self._undone_on_failure("ROLLBACK TO inner_unit", "RELEASE inner_unit"):
            yield
            self._run("RELEASE inner_unit")

    @contextmanager
    def _undone_on_failure(self, *undo: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # A full disk has already ended the transaction; undoing it again would hide the cause.
            if self.connection.in_transaction:
                for statement in undo:
                    self._run(statement)
            raise

    def _run(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        with _translated(self.path):
            return self.connection.execute(sql, values)


def open_database(
    path: Path,
    *,
    migrations: Sequence[Migrations] = (PORTFOLIOS,),
    read_only: bool = False,
    is_checked: bool = False,
) -> Database:
    """Open the file, creating it when missing, and bring its tables up to date.

    Args:
        path: the file; directories that are missing are created for the owner alone.
        migrations: the sets of every package that keeps tables, ground floor first.
        read_only: for commands that only look: nothing is created. Tables of an older program
            are brought up to date all the same, the only writing that may happen.
        is_checked: this process has opened the file before, so it is not read through again for
            damage, which takes long once it is large, nor created where it is gone.

    Raises:
        DatabaseGoneError: the file was there before.
        StoreError: no file to look at, no SQLite file, another program's, newer than this
            program, damaged, not accessible, or busy. What was there is left as it was.
    """
    has_to_exist = is_checked or is_required(path)
    if is_empty(path) and has_to_exist:
        raise gone(path)
    if is_empty(path) and read_only:
        raise NotFoundError(
            f"nothing is stored yet: there is no database at {path}",
            hint="`rebalancer add FILE` keeps a portfolio",
        )
    if not read_only:
        if not has_to_exist:
            create_privately(path)
        return _open_for_writing(path, migrations, is_checked=is_checked)
    with _connected(path, "ro", is_checked=is_checked) as database:
        if not _is_behind(database, migrations):
            return database
    database.close()
    _open_for_writing(path, migrations).close()
    return open_database(path, migrations=migrations, read_only=True)


def _open_for_writing(
    path: Path, migrations: Sequence[Migrations], *, is_checked: bool = False
) -> Database:
    with _connected(path, "rw", is_checked=is_checked) as database:
        _use_write_ahead_log(database.connection)
        if _is_behind(database, migrations):
            _upgrade(database, migrations)
    return database


@contextmanager
def _connected(path: Path, mode: str, *, is_checked: bool) -> Iterator[Database]:
    """Connect and check; the handle stays open unless something fails on the way."""
    require_own_log(path)
    hold = Hold(path)
    with _translated(path):
        try:
            connection = _connection(path, mode)
        except BaseException:
            hold.release()
            raise
        try:
            database = Database(path, connection, hold)
            _set_up(connection)
            _check(path, connection, is_checked=is_checked)
            yield database
        except BaseException:
            connection.close()
            hold.release()
            raise


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,  # no transaction but those that we begin ourselves
        timeout=BUSY_MILLISECONDS / 1000,
    )


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL: a decision that was confirmed survives a power cut.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA query_only = ON")


def _check(path: Path, connection: sqlite3.Connection, *, is_checked: bool) -> None:
    """Refuse another program's file, and a damaged one before any answer comes out of it."""
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if mark != APPLICATION_ID and (mark or tables):
        raise StoreError(
            f"{path} is another program's database; it was left untouched",
            hint="choose another file in the setting `database`",
        )
    if is_checked:
        return
    verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreError(f"the database {path} is damaged ({verdict})", hint=RESTORE)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let readers and one writer work side by side; the file remembers it."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    connection.execute("PRAGMA query_only = OFF")
    for _ in range(OPENING_TRIES):
        # This switch alone does not wait for others who open the file: queue for its lock.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
            break
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    connection.execute("PRAGMA query_only = ON")


def new_count() -> int:
    """Return where a new file begins to count its transactions, so that no two files agree."""
    return 1 + randbelow(2**30)


def _upgrade(database: Database, migrations: Sequence[Migrations]) -> None:
    """Apply what is missing, in one transaction: a crash leaves the old tables or the new ones."""
    with database.transaction():
        if not database.rows("PRAGMA application_id")[0]["application_id"]:
            database.execute(f"PRAGMA user_version = {new_count()}")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for package in migrations:
            # Looks again which are missing: another process may have been quicker.
            package.apply(database.tables)


def _is_behind(database: Database, migrations: Sequence[Migrations]) -> bool:
    """Tell whether tables are missing.

    Raises:
        StoreError: when the file has tables that this program does not know yet.
    """
    nothing = sqlite_utils.Database(memory=True, execute_plugins=False)
    try:
        known = {(s.name, m.name) for s in migrations for m in s.pending(nothing)}
    finally:
        nothing.close()
    applied = {(s.name, m.name) for s in migrations for m in s.applied(database.tables)}
    if applied - known:
        raise StoreError(
            f"the database {database.path} was written by a newer version of this program",
            hint="install the newest version, or choose another file in the setting `database`",
        )
    return bool(known - applied)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except UnicodeDecodeError as error:
        # SQLite quotes the damaged bytes in its message, which Python then cannot read.
        raise StoreError(f"the database {path} is damaged", hint=RESTORE) from error
