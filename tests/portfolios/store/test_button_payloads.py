"""What a button stands for, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portfolios.store.button_payloads import LIFE, ButtonPayloads
from portfolios.store.database import Database, open_database

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "short.db") as opened:
        yield opened


def test_it_stands_for_the_words_and_fits_a_button(database: Database) -> None:
    name = ButtonPayloads(database).save("ann", "/portfolio a long name " * 50, now=NOW)
    assert len(name.encode()) <= 60
    assert ButtonPayloads(database).find("ann", name) == "/portfolio a long name " * 50
    assert ButtonPayloads(database).save("ann", "/portfolio a long name " * 50, now=NOW) == name


def test_it_stands_for_nothing_to_anybody_else(database: Database) -> None:
    name = ButtonPayloads(database).save("ann", "/portfolio", now=NOW)
    assert ButtonPayloads(database).find("bob", name) is None
    assert ButtonPayloads(database).save("bob", "/portfolio", now=NOW) != name


def test_an_old_one_is_forgotten_and_a_used_one_stays(database: Database) -> None:
    used = ButtonPayloads(database).save("ann", "/status", now=NOW)
    old = ButtonPayloads(database).save("ann", "/market", now=NOW)
    ButtonPayloads(database).save("ann", "/status", now=NOW + LIFE)
    ButtonPayloads(database).save("ann", "/risk", now=NOW + LIFE + timedelta(hours=1))
    assert ButtonPayloads(database).find("ann", used) == "/status"
    assert ButtonPayloads(database).find("ann", old) is None


def test_one_that_must_be_fresh_is_void_once_the_clock_was_set_back(database: Database) -> None:
    second = timedelta(seconds=1)
    name = ButtonPayloads(database).save("ann", "confirm", now=NOW)
    assert ButtonPayloads(database).find("ann", name, since=NOW, until=NOW) == "confirm"
    assert (
        ButtonPayloads(database).find("ann", name, since=NOW + second, until=NOW + second) is None
    )
    assert (
        ButtonPayloads(database).find("ann", name, since=NOW - second, until=NOW - second) is None
    )
