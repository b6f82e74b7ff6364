"""A question to the assistant: what it costs, how often, and never twice for one update."""

from __future__ import annotations

from pathlib import Path

import pytest

from portfolios.errors import QuotaSpentError
from rebalancer.bot.request import Services
from tests.rebalancer.bot.bot_fixture import Bot, text_of


class Assistant:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, question: str) -> tuple[str, int | None]:
        self.asked.append(question)
        return "SOL moves.\n" + "word " * 500, 41


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    bot = Bot(tmp_path)
    bot.services = Services(ask=Assistant())
    return bot


def test_the_answer_is_whole_and_says_whose_words_it_is_and_what_it_cost(bot: Bot) -> None:
    said = bot.say("/ask what moves SOL?")
    assert "one credit spent, 41 left this month" in said
    assert "Token Metrics' words, not ours" in said
    assert said.count("word ") + said.count("word\n") >= 490


def test_an_update_that_comes_twice_asks_once(bot: Bot) -> None:
    heard = bot.heard("/ask why?", 7)
    bot.dispatcher.answer(heard)
    assert "was interrupted" in text_of(bot.dispatcher.answer(heard))
    assert bot.services.ask.asked == ["why?"]  # type: ignore[union-attr]


def test_nobody_asks_more_than_ten_times_a_day(bot: Bot) -> None:
    said = [bot.say(f"/ask {number}") for number in range(11)]
    assert "10 times today" in said[-1]
    assert len(bot.services.ask.asked) == 10  # type: ignore[union-attr]


def test_no_question_no_assistant_and_no_credits_are_said(bot: Bot) -> None:
    assert "ask something" in bot.say("/ask")

    def spent(_: str) -> tuple[str, int | None]:
        raise QuotaSpentError("the credits are spent", provider="tokenmetrics", hint="wait")

    bot.services = Services(ask=spent)
    assert "the credits are spent" in bot.say("/ask x")
    bot.services = Services()
    assert "no assistant is set up" in bot.say("/ask x")
