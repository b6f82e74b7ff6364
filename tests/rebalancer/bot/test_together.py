"""Several people ask at one moment, and each is answered as if alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from tests.rebalancer.bot.bot_fixture import NOW, Bot
from tests.together import together

PEOPLE = 4
ASKED = ("/rebalance book-{0}", "/whatif book-{0} cash=500")


def moved_in(path: Path) -> Bot:
    """Return an installation in which each person has a book, all of one shape."""
    path.mkdir()
    bot = Bot(path)
    with bot.store() as store:
        for number in range(PEOPLE):
            own = book(number)
            person = Person(
                f"person{number}",
                Role.APPROVER,
                addresses={"telegram": str(100 + number)},
                portfolios=(own.name,),
            )
            PeopleStore(store.database).save(person)
            store.save_portfolio(own, at=NOW)
    return bot


def book(number: int) -> Portfolio:
    held = (
        Holding("bitcoin", Decimal(number + 1)),
        Holding("uniswap", Decimal(900 - 200 * number)),
    )
    targets = {"bitcoin": Decimal("0.4"), "uniswap": Decimal("0.2")}
    return Portfolio(f"book-{number}", cash=Decimal(900), holdings=held, targets=targets)


def questions(bot: Bot, each: int) -> list[Callable[[], str]]:
    """Return what people ask, so many questions each, about their own books."""
    return [
        partial(bot.say, text.format(number), 100 + number)
        for number in range(PEOPLE)
        for text in (ASKED[number % 2 :] + ASKED)[:each]
    ]


def test_people_who_ask_at_one_moment_are_answered_as_if_alone(tmp_path: Path) -> None:
    alone = [ask() for ask in questions(moved_in(tmp_path / "alone"), 1)]
    assert len(set(alone)) == len(alone)
    assert all("trades" in told for told in alone)
    assert together(questions(moved_in(tmp_path / "together"), 1)) == alone


@pytest.mark.campaign
def test_the_answers_of_many_such_moments_are_those_of_one_at_a_time(tmp_path: Path) -> None:
    alone = [ask() for ask in questions(moved_in(tmp_path / "alone"), 2)]
    for number in range(20):
        bot = moved_in(tmp_path / str(number))
        assert together(questions(bot, 2)) == alone
