"""Codes that link a chat: once, soon, and never by guessing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from random import Random
from secrets import token_hex, token_urlsafe

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.errors import NotFoundError, UsageError
from portfolios.model.users import Person
from portfolios.store.database import Database, open_database
from portfolios.store.link_codes import LIFE, MOST_TRIES, LinkCodes
from portfolios.store.user_store import PeopleStore

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANN, BOB = Person("ann"), Person("bob")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "l.db") as opened:
        for person in (ANN, BOB):
            PeopleStore(opened).save(person)
        yield opened


def test_a_code_links_the_chat_that_brings_it_first(database: Database) -> None:
    code = LinkCodes(database).create(ANN, now=NOW)
    later = NOW + timedelta(minutes=9)
    linked = LinkCodes(database).redeem(code, channel="telegram", chat="7", now=later)
    assert linked == Person("ann", addresses={"telegram": "7"}, reached_since=later)
    assert PeopleStore(database).person("ann").address("telegram") == "7"
    assert LinkCodes(database).redeem(code, channel="telegram", chat="8", now=NOW) is None
    assert LinkCodes(database).redeem(code, channel="telegram", chat="7", now=NOW) is None


def test_a_code_fits_a_start_link_and_is_kept_as_a_hash_only(
    database: Database, tmp_path: Path
) -> None:
    code = LinkCodes(database).create(ANN, now=NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,64}", code)
    assert code.encode() not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


@pytest.mark.parametrize("late", [LIFE, LIFE + timedelta(days=1), -timedelta(minutes=1)])
def test_a_code_is_worth_nothing_after_its_time_nor_before_it(
    database: Database, late: timedelta
) -> None:
    code = LinkCodes(database).create(ANN, now=NOW)
    assert LinkCodes(database).redeem(code, channel="telegram", chat="7", now=NOW + late) is None


def test_a_second_code_voids_the_first(database: Database) -> None:
    first, second = (
        LinkCodes(database).create(ANN, now=NOW),
        LinkCodes(database).create(ANN, now=NOW),
    )
    assert LinkCodes(database).redeem(first, channel="telegram", chat="7", now=NOW) is None
    assert LinkCodes(database).redeem(second, channel="telegram", chat="7", now=NOW) is not None


def test_a_chat_that_guesses_must_wait_and_another_need_not(database: Database) -> None:
    code = LinkCodes(database).create(ANN, now=NOW)
    for _ in range(5):
        assert LinkCodes(database).redeem("guess", channel="telegram", chat="7", now=NOW) is None
    assert LinkCodes(database).redeem(code, channel="telegram", chat="7", now=NOW) is None
    assert LinkCodes(database).redeem(code, channel="telegram", chat="8", now=NOW) is not None
    later = NOW + timedelta(hours=1)
    assert (
        LinkCodes(database).redeem(
            LinkCodes(database).create(BOB, now=later), channel="telegram", chat="7", now=later
        )
        is not None
    )


def test_a_chat_speaks_for_one_person(database: Database) -> None:
    LinkCodes(database).redeem(
        LinkCodes(database).create(ANN, now=NOW), channel="telegram", chat="7", now=NOW
    )
    LinkCodes(database).redeem(
        LinkCodes(database).create(BOB, now=NOW), channel="telegram", chat="7", now=NOW
    )
    people = PeopleStore(database)
    assert (people.person("ann").address("telegram"), people.person("bob").address("telegram")) == (
        "",
        "7",
    )
    assert PeopleStore(database).unlink("telegram", "7") == Person(
        "bob", addresses={"telegram": "7"}, reached_since=NOW
    )
    assert PeopleStore(database).unlink("telegram", "7") is None


def test_of_two_chats_that_race_one_wins(database: Database) -> None:
    for _ in range(30):
        code = LinkCodes(database).create(ANN, now=NOW)

        def bring(chat: str, code: str = code) -> Person | None:
            with open_database(database.path) as own:
                return LinkCodes(own).redeem(code, channel="telegram", chat=chat, now=NOW)

        with ThreadPoolExecutor(2) as pool:
            won = [person for person in pool.map(bring, ("7", "8")) if person]
        assert len(won) == 1
        with database.transaction():
            database.execute("DELETE FROM tries")


def test_there_are_codes_only_for_those_who_are_kept(database: Database) -> None:
    with pytest.raises(NotFoundError):
        LinkCodes(database).create(Person("eve"), now=NOW)


def test_a_group_has_no_code(database: Database) -> None:
    group = Person("family", addresses={"telegram": "-100"}, is_group=True)
    PeopleStore(database).save(group)
    with pytest.raises(UsageError, match="is a group"):
        LinkCodes(database).create(group, now=NOW)


def attempts(database: Database, code: str, number: int, chance: Random) -> Iterator[str]:
    """Yield codes that must all be worth nothing: guessed, misheard, used, voided, and too old."""
    used, void = (
        LinkCodes(database).create(BOB, now=NOW),
        LinkCodes(database).create(ANN, now=NOW - LIFE),
    )
    assert LinkCodes(database).redeem(used, channel="telegram", chat="bob", now=NOW) is not None
    near = [code[:-1], code[1:], code.upper(), f"{code}0", f" {code}", f"{code}\0", code[::-1],
            code.replace(code[0], "０"), sha256(code.encode()).hexdigest(), "", "%", "' OR 1=1 --",
            "\ud800", "x" * 10_000]  # fmt: skip
    yield from (each for each in near if each != code)
    for _ in range(number):
        place = chance.randrange(len(code))
        yield chance.choice([
            token_hex(24), token_urlsafe(24), used, void, used[:24] + code[24:],
            code[:place] + chance.choice("ghijxyz-_") + code[place + 1 :],
        ])  # fmt: skip


@pytest.mark.parametrize("number", [300, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_nothing_but_the_code_itself_succeeds(database: Database, number: int) -> None:
    PeopleStore(database).save(Person("cleo"))
    code = LinkCodes(database).create(Person("cleo"), now=NOW)
    chance = Random(number)  # noqa: S311
    with database.transaction():  # one for all: a hundred thousand would only wear the disk
        for n, guess in enumerate(attempts(database, code, number, chance)):
            # Five a chat, so that each is looked at and none is refused for its number.
            assert (
                LinkCodes(database).redeem(guess, channel="telegram", chat=str(n // 5), now=NOW)
                is None
            ), guess
    assert [p.address("telegram") for p in PeopleStore(database).everybody()] == ["", "bob", ""]
    assert LinkCodes(database).redeem(code, channel="telegram", chat="mine", now=NOW) == Person(
        "cleo", addresses={"telegram": "mine"}, reached_since=NOW
    )


@given(waits=st.lists(st.sampled_from([0, 1, 10, 11, 12, 13, 20, 59, 60, 61]), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_chat_has_five_tries_in_any_hour(database: Database, waits: list[int]) -> None:
    chat, now, missed = token_hex(8), NOW, list[datetime]()
    with database.transaction():
        for wait in waits:
            now += timedelta(minutes=wait)
            if tries_left(missed, now):
                assert (
                    LinkCodes(database).redeem("guess", channel="telegram", chat=chat, now=now)
                    is None
                )
                missed.append(now)
            code = LinkCodes(database).create(ANN, now=now)
            is_linked = (
                LinkCodes(database).redeem(code, channel="telegram", chat=chat, now=now) is not None
            )
            assert is_linked is bool(tries_left(missed, now))


def tries_left(missed: list[datetime], now: datetime) -> int:
    return 5 - sum(now - at < timedelta(hours=1) for at in missed)


@pytest.mark.campaign
@pytest.mark.parametrize("rounds", [300])
def test_of_many_processes_that_bring_one_code_one_wins(database: Database, rounds: int) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for _ in range(rounds):
            code = LinkCodes(database).create(ANN, now=NOW)
            bring = partial(_brought, database.path, code)
            won = [chat for chat in pool.map(bring, map(str, range(8))) if chat]
            assert len(won) == 1
            assert PeopleStore(database).person("ann").address("telegram") == won[0]
            with database.transaction():
                database.execute("DELETE FROM tries")


def _brought(path: Path, code: str, chat: str) -> str:
    with open_database(path) as own:
        return chat if LinkCodes(own).redeem(code, channel="telegram", chat=chat, now=NOW) else ""


def test_a_chat_that_tried_while_the_clock_was_ahead_need_not_wait_for_its_date(
    database: Database,
) -> None:
    codes = LinkCodes(database)
    for _ in range(MOST_TRIES):
        codes.redeem("wrong", channel="telegram", chat="7", now=NOW + timedelta(days=1))
    code = codes.create(ANN, now=NOW)
    assert codes.redeem(code, channel="telegram", chat="7", now=NOW) is not None
