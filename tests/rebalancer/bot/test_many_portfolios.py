"""Somebody with hundreds of portfolios reaches each of them by its button."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rebalancer.bot.reply import PAGE
from tests.rebalancer.bot.bot_fixture import NOW, OWNER, Bot

COUNT = 200
ABOUT_ONE = ("portfolio", "sectors", "risk", "proposal", "why", "whatif cash=1", "history", "chart",
             "lock SOL", "report", "rebalance", "alert price BTC > 1")  # fmt: skip


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    bot = Bot(tmp_path)
    with bot.store() as store:
        own = store.load_portfolio("shared")
        for number in range(COUNT - 2):
            store.save_portfolio(replace(own, name=f"book {number:03}"), at=NOW)
    return bot


@pytest.mark.parametrize("words", ABOUT_ONE)
def test_each_portfolio_is_on_one_of_the_pages(bot: Bot, words: str) -> None:
    seen: set[str] = set()
    reply = bot.dispatcher.answer(bot.heard(f"/{words}", OWNER))
    for _ in range(-(-COUNT // PAGE)):
        bot.now += timedelta(minutes=1)
        assert reply is not None
        assert reply.message is not None
        every = {b.label: b.payload for row in reply.message.buttons for b in row}
        names = set(every) - {"«", "»"}
        assert len(names) <= PAGE
        assert not names & seen
        seen |= names
        if "»" in every:
            reply = bot.press(every["»"])
    assert len(seen) == COUNT


@pytest.mark.parametrize("words", ["risk nobody", "whatif nobody cash=1"])
def test_a_refusal_names_a_few_and_says_how_many_more_there_are(bot: Bot, words: str) -> None:
    told = bot.say(f"/{words}")
    assert len(told) < 400
