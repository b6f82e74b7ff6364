"""What changed since somebody last looked: told first, and not lost by a refresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from portfolios.model.users import Person
from portfolios.store.last_seen import LastSeen
from portfolios.store.user_store import PeopleStore
from tests.rebalancer.bot.bot_fixture import MARKET, OWNER, VIEWER, Bot

LATER = timedelta(hours=3)


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def head(bot: Bot, text: str = "/signals", user: int = OWNER, **more: object) -> str:
    reply = bot.dispatcher.answer(bot.heard(text, user, **more))
    assert reply is not None
    assert reply.message is not None
    return reply.message.headline


def turn(bot: Bot) -> None:
    """Let bitcoin turn, and a grade of uniswap rise by twelve points."""
    grades = dict(bot.market.grades)
    btc, uni = grades["bitcoin"], grades["uniswap"]
    grades["bitcoin"] = replace(btc, trend=-(btc.trend or 1))
    grades["uniswap"] = replace(uni, short=(uni.short or 0) + 12)
    bot.market = replace(bot.market, grades=grades)


def test_the_first_look_counts_the_trends(bot: Bot) -> None:
    assert head(bot).startswith("Signals of 2 holdings: ")
    assert "Signals of 2 holdings: " in bot.say("/signals")


def test_what_changed_comes_first_and_survives_a_refresh(bot: Bot) -> None:
    head(bot)
    bot.now += LATER
    assert head(bot).startswith("Nothing changed since your look of 22 Nov 2026 09:05 UTC: ")
    bot.now += LATER
    turn(bot)
    uni = MARKET.grades["uniswap"].short or 0
    word = "bearish" if MARKET.grades["bitcoin"].trend == 1 else "bullish"
    told = (
        "1 trend and 1 grade changed since your look of 22 Nov 2026 12:05 UTC:"
        f" BTC turned {word}, UNI short grade {uni:.0f} -> {uni + 12:.0f}"
    )
    reply = bot.dispatcher.answer(bot.heard("/signals", OWNER))
    assert reply is not None
    assert reply.message is not None
    assert reply.message.headline == told
    bot.now += timedelta(minutes=30)
    refresh = bot.press(reply.message.buttons[0][0].payload)
    assert refresh.message is not None
    assert refresh.message.headline == told
    bot.now += LATER
    assert head(bot).startswith("Nothing changed since your look of 22 Nov 2026 15:35 UTC: ")


def test_each_person_has_looks_of_his_own(bot: Bot) -> None:
    head(bot)
    bot.now += LATER
    turn(bot)
    assert head(bot, user=VIEWER).startswith("Signals of 2 holdings: ")
    assert head(bot).startswith("1 trend and 1 grade changed")


def test_a_look_in_a_group_is_nobodys(bot: Bot) -> None:
    with bot.store() as store:
        group = Person(
            "friends", addresses={"telegram": "-100"}, portfolios=("shared",), is_group=True
        )
        PeopleStore(store.database).save(group)
    assert head(bot, chat=-100, is_private=False).startswith("Signals of 2 holdings: ")
    with bot.store() as store:
        assert LastSeen(store.database).load("ann") == {}
        assert LastSeen(store.database).load("friends") == {}


def test_another_source_is_no_change(bot: Bot) -> None:
    head(bot)
    bot.now += LATER
    turn(bot)
    grades = {a: replace(g, source="technical") for a, g in bot.market.grades.items()}
    bot.market = replace(bot.market, grades=grades)
    assert head(bot).startswith("Nothing changed since")


def test_what_changed_stands_first_in_the_table(bot: Bot) -> None:
    head(bot)
    bot.now += LATER
    grades = dict(MARKET.grades)
    uni = grades["uniswap"]
    grades["uniswap"] = replace(uni, long=(uni.long or 0) - 9)
    bot.market = replace(MARKET, grades=grades)
    table = bot.say("/signals").partition("<pre>")[2].split("\n")
    assert [row.split()[0] for row in table[:3]] == ["asset", "UNI", "BTC"]


def test_nothing_graded_is_said(bot: Bot) -> None:
    bot.market = replace(MARKET, grades={})
    assert head(bot) == "Nothing that you hold has a trend or a grade"
