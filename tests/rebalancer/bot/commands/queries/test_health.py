"""/health: the first line is the whole story, the rest is for those who mend it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.render.clean import clean
from portfolios.store.heartbeats import Heartbeats
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, OWNER, VIEWER, Bot

MINUTES = timedelta(minutes=1)
DOWN = "coingecko could not be reached (ConnectError)"


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def note(bot: Bot, *well: str, wrong: str = "", words: str = "", ago: int = 0) -> None:
    with bot.store() as store:
        for part in well:
            Heartbeats(store.database).record_success(part, now=bot.now - ago * MINUTES)
        if wrong:
            Heartbeats(store.database).record_failure(wrong, words, now=bot.now)


def first_line(text: str) -> str:
    return text.split("\n")[0]


def test_all_is_well_after_a_round(bot: Bot) -> None:
    note(bot, "round", "delivery", "bot", "coingecko", ago=3)
    assert "All well: checked 3 min ago" in first_line(bot.say("/health"))


def test_before_the_first_round_it_says_what_does_one(bot: Bot) -> None:
    assert "Nothing was checked yet: `rebalancer serve` does it" in first_line(bot.say("/health"))


def test_a_service_that_stands_still_is_the_story(bot: Bot) -> None:
    note(bot, "round", ago=9 * 60)
    assert "Nothing was checked for 9 hours" in first_line(bot.say("/health"))


def test_old_prices_are_told_with_their_cause_and_since_when(bot: Bot) -> None:
    note(bot, "coingecko", ago=9 * 60)
    note(bot, "round", wrong="coingecko", words=DOWN)
    quotes = {
        a: replace(q, at=MARKET.as_of - timedelta(hours=9)) for a, q in bot.market.quotes.items()
    }
    bot.market = replace(bot.market, quotes=quotes)
    assert f"Prices are 9 hours old: {DOWN}, since 22 Nov 2026 00:05 UTC" in bot.say("/health")


def test_messages_that_are_held_up_are_told(bot: Bot) -> None:
    words = "email: 550 5.1.1 nobody is called ann@example.org"
    note(bot, "round", wrong="delivery", words=words)
    assert f"Messages are held up: {clean(words)}" in first_line(bot.say("/health"))
    shown = bot.say("/health", VIEWER)
    assert "Messages are held up" in first_line(shown)
    assert "ann@" not in shown


@pytest.mark.parametrize(("part", "said"), [("delivery", "delivery"), ("bot", "the bot")])
def test_a_part_that_fell_silent_is_the_story(bot: Bot, part: str, said: str) -> None:
    note(bot, "round", "delivery", "bot")
    note(bot, part, ago=10)
    assert "All well" in first_line(bot.say("/health"))
    note(bot, part, ago=11)
    silent = f"No sign of {said} for 11 min: does `rebalancer serve` run?"
    for user in (OWNER, VIEWER):
        assert silent in first_line(bot.say("/health", user))


def test_a_part_that_failed_before_it_fell_silent_is_told_as_both(bot: Bot) -> None:
    note(bot, "round", wrong="delivery", words="no network")
    bot.now += 50 * MINUTES
    told = bot.say("/health")
    assert "Messages are held up" in first_line(told)
    assert "No sign of delivery for 50 min" in told


def test_parts_failures_and_credits_are_for_owners_alone(bot: Bot) -> None:
    words = f"1 could not be judged. {CANARY}: limits contradict each other"
    note(bot, "round", wrong="portfolios", words=words)
    bot.services = replace(bot.services, health=lambda _: ("coingecko: 7 calls, 9,993 left",))
    told = bot.say("/health", OWNER)
    assert f"portfolios: failed once ({words}), last well never" in told
    assert "checks: well, less than a minute ago" in told
    assert "9,993 left" in told
    shown = bot.say("/health", VIEWER)
    assert "All well" in shown
    for secret in (CANARY, "contradict", "9,993", "wait in all"):
        assert secret not in shown


@pytest.mark.parametrize("count", [1, 2])
def test_no_prices_at_all_is_the_story(bot: Bot, count: int) -> None:
    note(bot, "round")
    for _ in range(count):
        note(bot, wrong="coingecko", words=DOWN)
    bot.market = replace(bot.market, quotes={})
    assert f"There are no prices: {DOWN}" in first_line(bot.say("/health"))


def test_what_a_clock_wrote_that_was_ahead_is_no_sign_of_life(bot: Bot) -> None:
    note(bot, "round", "delivery", ago=-24 * 60)
    told = bot.say("/health")
    assert "Nothing was checked since the clock was set back" in first_line(told)
    assert "No sign of delivery since the clock was set back" in told
    note(bot, "round", "delivery")
    assert "All well" in first_line(bot.say("/health"))
