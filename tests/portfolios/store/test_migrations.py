"""A script of several statements is run inside the transaction that is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
import sqlite_utils

from portfolios.store.migrations import run_script

TABLES = """
-- a comment; with a semicolon
CREATE TABLE held (name TEXT CHECK (name <> ';'));
CREATE TRIGGER held_never_deleted BEFORE DELETE ON held
BEGIN SELECT RAISE(ABORT, 'kept; for good'); SELECT 1; END;
INSERT INTO held VALUES ('a;b')"""


@pytest.fixture
def db() -> Iterator[sqlite_utils.Database]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield sqlite_utils.Database(connection, execute_plugins=False)
    connection.close()


def test_every_statement_is_run_whole(db: sqlite_utils.Database) -> None:
    run_script(db, TABLES)
    assert [row["name"] for row in db["held"].rows] == ["a;b"]
    with pytest.raises(sqlite3.IntegrityError, match="kept; for good"):
        db.conn.execute("DELETE FROM held")


def test_a_transaction_that_is_taken_back_leaves_nothing(db: sqlite_utils.Database) -> None:
    db.conn.execute("BEGIN")
    run_script(db, TABLES)
    db.conn.execute("ROLLBACK")
    assert db.table_names() == []


def test_a_statement_that_is_never_finished_is_refused(db: sqlite_utils.Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="incomplete input"):
        run_script(db, "CREATE TABLE held (name TEXT")
