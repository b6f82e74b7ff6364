"""What a button stands for, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portfolios.store.button_payloads import LIFE, shortcut_for, words_of
from portfolios.store.database import Database, open_database

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "short.db") as opened:
        yield opened


def test_it_stands_for_the_words_and_fits_a_button(database: Database) -> None:
    name = shortcut_for(database, "ann", "/portfolio a long name " * 50, now=NOW)
    assert len(name.encode()) <= 60
    assert words_of(database, "ann", name) == "/portfolio a long name " * 50
    assert shortcut_for(database, "ann", "/portfolio a long name " * 50, now=NOW) == name


def test_it_stands_for_nothing_to_anybody_else(database: Database) -> None:
    name = shortcut_for(database, "ann", "/portfolio", now=NOW)
    assert words_of(database, "bob", name) is None
    assert shortcut_for(database, "bob", "/portfolio", now=NOW) != name


def test_an_old_one_is_forgotten_and_a_used_one_stays(database: Database) -> None:
    used = shortcut_for(database, "ann", "/status", now=NOW)
    old = shortcut_for(database, "ann", "/market", now=NOW)
    shortcut_for(database, "ann", "/status", now=NOW + LIFE)
    shortcut_for(database, "ann", "/risk", now=NOW + LIFE + timedelta(hours=1))
    assert words_of(database, "ann", used) == "/status"
    assert words_of(database, "ann", old) is None


def test_one_that_must_be_fresh_is_void_once_the_clock_was_set_back(database: Database) -> None:
    second = timedelta(seconds=1)
    name = shortcut_for(database, "ann", "confirm", now=NOW)
    assert words_of(database, "ann", name, since=NOW, until=NOW) == "confirm"
    assert words_of(database, "ann", name, since=NOW + second, until=NOW + second) is None
    assert words_of(database, "ann", name, since=NOW - second, until=NOW - second) is None
