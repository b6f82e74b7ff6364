"""A price in doubt is accepted from /health by who owns everything, in two presses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.messages import Message
from portfolios.marketdata.market_store import Acceptance, MarketStore, Refused
from portfolios.marketdata.price_gate import Reading
from portfolios.model.users import Person, Role
from portfolios.store.user_store import PeopleStore
from rebalancer.bot.reply import Reply
from tests.rebalancer.bot.bot_fixture import NOW, OWNER, VIEWER, Bot, text_of

WHY = "140 is 1000 times the 0.14 20 hours before"
PARTLY = 10


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    made = Bot(tmp_path)
    with made.store() as store:
        address = {"telegram": str(PARTLY)}
        PeopleStore(store.database).save(Person("cy", Role.OWNER, address, portfolios=("shared",)))
    refuse(made)
    return made


def refuse(bot: Bot, price: str = "140") -> None:
    with bot.store() as store:
        market = MarketStore(store.database, currency="usd")
        if not market.accepted():
            market.accept("uniswap", Reading(Decimal("0.14"), NOW - timedelta(hours=20), "cg"))
        reading = Reading(Decimal(price), NOW, "coingecko")
        market.refuse("uniswap", Refused(reading, WHY, reading))


def acceptances(bot: Bot) -> list[Acceptance]:
    with bot.store() as store:
        return MarketStore(store.database, currency="usd").acceptances()


def shown(bot: Bot, text: str, user: int = OWNER) -> Message:
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    assert reply.message is not None
    return reply.message


def asked(bot: Bot) -> Message:
    """Press the button of /health, and return the question."""
    button = shown(bot, "/health").buttons[0][0]
    reply = bot.press(button.payload)
    assert reply.message is not None, reply.notice
    return reply.message


def press(bot: Bot, message: Message, place: int, user: int = OWNER) -> Reply:
    return bot.press(message.buttons[0][place].payload, user)


def test_two_presses_accept_a_price_and_write_down_who_did(bot: Bot) -> None:
    question = asked(bot)
    told = text_of(Reply(question))
    for words in ("Accept this price of uniswap?", "140", "the last good one: 0.14", WHY):
        assert words in told
    assert acceptances(bot) == []
    assert press(bot, question, 0).notice == "uniswap at 140 is accepted."
    (done,) = acceptances(bot)
    assert (done.by, done.reading.price, done.against) == ("ann", Decimal(140), Decimal("0.14"))
    assert shown(bot, "/health").buttons == ()


def test_a_second_press_has_no_second_effect(bot: Bot) -> None:
    question = asked(bot)
    press(bot, question, 0)
    assert "no price of uniswap is in doubt" in press(bot, question, 0).notice
    assert len(acceptances(bot)) == 1


def test_leaving_it_changes_nothing(bot: Bot) -> None:
    assert press(bot, asked(bot), 1).notice == "The price stays in doubt."
    assert acceptances(bot) == []


def test_a_price_that_changed_meanwhile_is_not_accepted(bot: Bot) -> None:
    question = asked(bot)
    refuse(bot, "150")
    assert "another one by now" in press(bot, question, 0).notice
    assert acceptances(bot) == []


def test_an_old_question_is_void(bot: Bot) -> None:
    question = asked(bot)
    bot.now += timedelta(minutes=16)
    assert "too long ago" in press(bot, question, 0).notice
    assert acceptances(bot) == []


@pytest.mark.parametrize("user", [VIEWER, PARTLY])
def test_who_does_not_own_everything_is_offered_nothing_and_can_press_nothing(
    bot: Bot, user: int
) -> None:
    question = asked(bot)
    assert shown(bot, "/health", user).buttons == ()
    assert "no price of uniswap is in doubt" in bot.say("/health accept=uniswap", user)
    press(bot, question, 0, user)
    assert acceptances(bot) == []
