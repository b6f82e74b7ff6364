"""One token: what is known of it, from whom and how old, and what is not known."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.messages import Message
from portfolios.marketdata.trend_turns import Trend, note_turns
from portfolios.model.assets import Asset
from portfolios.model.users import Person
from portfolios.store.user_store import PeopleStore
from tests.rebalancer.bot.bot_fixture import MARKET, NOW, OWNER, VIEWER, Bot

UNI = MARKET.grades["uniswap"]


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def ask(bot: Bot, text: str, user: int = OWNER) -> Message:
    reply = bot.dispatcher.answer(bot.heard(text, user))
    assert reply is not None
    assert reply.message is not None
    return reply.message


def test_a_token_is_told_with_source_and_age_of_each_figure(bot: Bot) -> None:
    shown = ask(bot, "/token UNI", VIEWER)
    lines = shown.blocks[0].items
    assert shown.headline == "UNI, Uniswap"
    assert re.fullmatch(
        r"price \$[\d.,]+, [+-][\d.]+% in 1 day, [+-][\d.]+% in 7 days, [+-][\d.]+% in 30 days",
        lines[0],
    )
    assert lines[1] == f"rank {MARKET.assets['uniswap'].rank}, sector defi"
    assert lines[2].startswith("trend ")
    assert lines[3] == f"short grade {UNI.short:.0f} of 100 (sample, 9 hours old)"
    assert lines[4] == f"long grade {UNI.long:.0f} of 100 (sample, 3 days old)"
    assert re.fullmatch(r"you hold it: \d+\.\d% of shared", lines[5])
    assert [b.label for b in shown.buttons[0]] == ["Refresh", "Chart"]


def test_its_price_is_told_where_amounts_are_hidden(bot: Bot) -> None:
    with bot.store() as store:
        group = Person(
            "friends", addresses={"telegram": "-5"}, portfolios=("shared",), is_group=True
        )
        PeopleStore(store.database).save(group)
    reply = bot.dispatcher.answer(bot.heard("/token UNI", VIEWER, chat=-5, is_private=False))
    assert reply is not None
    assert reply.message is not None
    assert re.match(r"price \$\d", reply.message.blocks[0].items[0])


def test_a_trend_that_turned_says_when(bot: Bot) -> None:
    turned = replace(UNI, trend=-1, signal=-1)
    bot.market = replace(MARKET, grades={**MARKET.grades, "uniswap": turned})
    told = ask(bot, "/token uniswap").blocks[0].items
    assert "trend bearish (sample), since 22 Nov 2026" in told


def test_a_trend_says_since_when_it_was_seen_to_be_so(bot: Bot) -> None:
    days = (NOW - timedelta(days=days) for days in (6, 5, 4))
    seen = [
        Trend("uniswap", "sample", state, 0, at)
        for state, at in zip((1, -1, -1), days, strict=True)
    ]
    with bot.store() as store, store.database.transaction():
        note_turns(store.database, seen)
    falling = replace(UNI, trend=-1, signal=0)
    bot.market = replace(MARKET, grades={**MARKET.grades, "uniswap": falling})
    assert "trend bearish (sample), since 17 Nov 2026" in bot.say("/token UNI")
    assert "since" not in bot.say("/token SOL")


def test_what_is_not_held_or_not_known_says_so(bot: Bot) -> None:
    assert "you do not hold it" in bot.say("/token SOL")
    quotes = {a: q for a, q in MARKET.quotes.items() if a != "uniswap"}
    bot.market = replace(MARKET, quotes=quotes, grades={})
    shown = ask(bot, "/token UNI")
    assert shown.headline == "UNI, Uniswap"
    unknown = "price unknown, unknown in 1 day, unknown in 7 days, unknown in 30 days"
    assert shown.blocks[0].items[0] == unknown
    assert "trend and grades unknown" in shown.blocks[0].items
    assert "an unknown share of shared" in bot.say("/token UNI", VIEWER)


def test_a_price_in_doubt_is_shown_as_such_and_has_no_change(bot: Bot) -> None:
    doubtful = replace(MARKET.quotes["uniswap"], quarantined="100 times its median")
    bot.market = replace(MARKET, quotes={**MARKET.quotes, "uniswap": doubtful})
    shown = ask(bot, "/token UNI")
    assert ", in doubt: 100 times its median, unknown in 1 day" in shown.blocks[0].items[0]


def test_an_ambiguous_symbol_lists_its_bearers_with_buttons(bot: Bot) -> None:
    twins = {
        name: Asset(name, "LUNA", name.replace("-", " ").title(), rank=rank)
        for name, rank in (("terra-luna", 171), ("terra-luna-2", 310))
    }
    bot.market = replace(MARKET, assets={**MARKET.assets, **twins})
    shown = ask(bot, "/token luna")
    assert shown.headline == "LUNA names 2 tokens: say which"
    assert shown.blocks[0].items[1] == "terra-luna-2: Terra Luna 2, rank 310"
    pressed = bot.press(shown.buttons[1][0].payload)
    assert pressed.message is not None
    assert pressed.message.headline == "LUNA, Terra Luna 2"
    assert pressed.replaces


def test_a_typo_names_the_nearest(bot: Bot) -> None:
    assert "did you mean uniswap?" in bot.say("/token uniswop")
    assert "say which token" in bot.say("/token")
