"""Codes that link a chat: once, soon, and never by guessing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

import pytest

from portfolios.database import Database, open_database
from portfolios.errors import NotFoundError
from portfolios.linking import LIFE, new_code, redeem, unlink
from portfolios.people import Person
from portfolios.peoplestore import PeopleStore

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN, BOB = Person("ann"), Person("bob")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "l.db") as opened:
        for person in (ANN, BOB):
            PeopleStore(opened).save(person)
        yield opened


def test_a_code_links_the_chat_that_brings_it_first(database: Database) -> None:
    code = new_code(database, ANN, now=NOW)
    linked = redeem(database, code, chat="7", now=NOW + timedelta(minutes=9))
    assert linked == Person("ann", chat="7")
    assert PeopleStore(database).person("ann").chat == "7"
    assert redeem(database, code, chat="8", now=NOW) is None
    assert redeem(database, code, chat="7", now=NOW) is None


def test_a_code_fits_a_start_link_and_is_kept_as_a_hash_only(
    database: Database, tmp_path: Path
) -> None:
    code = new_code(database, ANN, now=NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,64}", code)
    assert code.encode() not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


@pytest.mark.parametrize("late", [LIFE, LIFE + timedelta(days=1), -timedelta(minutes=1)])
def test_a_code_is_worth_nothing_after_its_time_nor_before_it(
    database: Database, late: timedelta
) -> None:
    code = new_code(database, ANN, now=NOW)
    assert redeem(database, code, chat="7", now=NOW + late) is None


def test_a_second_code_voids_the_first(database: Database) -> None:
    first, second = new_code(database, ANN, now=NOW), new_code(database, ANN, now=NOW)
    assert redeem(database, first, chat="7", now=NOW) is None
    assert redeem(database, second, chat="7", now=NOW) is not None


def test_a_chat_that_guesses_must_wait_and_another_need_not(database: Database) -> None:
    code = new_code(database, ANN, now=NOW)
    for _ in range(5):
        assert redeem(database, "guess", chat="7", now=NOW) is None
    assert redeem(database, code, chat="7", now=NOW) is None
    assert redeem(database, code, chat="8", now=NOW) is not None
    later = NOW + timedelta(hours=1)
    assert redeem(database, new_code(database, BOB, now=later), chat="7", now=later) is not None


def test_a_chat_speaks_for_one_person(database: Database) -> None:
    redeem(database, new_code(database, ANN, now=NOW), chat="7", now=NOW)
    redeem(database, new_code(database, BOB, now=NOW), chat="7", now=NOW)
    people = PeopleStore(database)
    assert (people.person("ann").chat, people.person("bob").chat) == ("", "7")
    assert unlink(database, "7") == Person("bob", chat="7")
    assert unlink(database, "7") is None


def test_of_two_chats_that_race_one_wins(database: Database) -> None:
    for _ in range(30):
        code = new_code(database, ANN, now=NOW)

        def bring(chat: str, code: str = code) -> Person | None:
            with open_database(database.path) as own:
                return redeem(own, code, chat=chat, now=NOW)

        with ThreadPoolExecutor(2) as pool:
            won = [person for person in pool.map(bring, ("7", "8")) if person]
        assert len(won) == 1
        with database.transaction():
            database.execute("DELETE FROM tries")


def test_there_are_codes_only_for_those_who_are_kept(database: Database) -> None:
    with pytest.raises(NotFoundError):
        new_code(database, Person("eve"), now=NOW)


@pytest.mark.parametrize("tries", [300, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_no_guess_succeeds(database: Database, tries: int) -> None:
    code = new_code(database, ANN, now=NOW)
    near = [code[:-1], code[1:], code.upper(), f"{code}0", f" {code}", f"{code}\0", code[::-1], ""]
    with database.transaction():
        for n in range(tries):
            guess = near[n] if n < len(near) else token_urlsafe(24)
            assert redeem(database, guess, chat=str(n), now=NOW) is None
    assert redeem(database, code, chat="mine", now=NOW) is not None
