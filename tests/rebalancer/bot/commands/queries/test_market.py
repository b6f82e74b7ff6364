"""The token table on a phone: sorted, filtered, in pages, each row on one line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.messages import Message
from alerts.render.telegram import TABLE_WIDTH
from rebalancer.usecases.reports.market_table import SORT_KEYS, market_rows
from rebalancer.usecases.reports.sort_key import SortKey
from tests.rebalancer.bot.bot_fixture import MARKET, OWNER, Bot
from tests.rebalancer.bot.commands.queries.test_status import pages_of, rows_of


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def ask(bot: Bot, text: str) -> Message:
    reply = bot.dispatcher.answer(bot.heard(text, OWNER))
    assert reply is not None
    assert reply.message is not None
    return reply.message


@pytest.mark.parametrize("key", ["rank", "change", "short", "long", "price"])
def test_the_pages_hold_every_token_once_in_the_order_asked_for(bot: Bot, key: str) -> None:
    pages = list(pages_of(bot, f"/market sort={key}", OWNER))
    names = [line.split()[0] for page in pages for line in [*rows_of(page)][1:]]
    rows = market_rows(MARKET, list(MARKET.assets.values()))
    wanted = [row.asset.symbol for row in sorted(rows, key=SORT_KEYS[SortKey(key)])]
    assert names == wanted
    assert len(pages) == 4


def test_the_first_line_says_what_is_shown(bot: Bot) -> None:
    assert ask(bot, "/market").headline == "48 tokens by rank"
    shown = ask(bot, "/market sort=change sector=defi trend=bullish")
    assert shown.headline.endswith(" bullish in defi by 24h change")
    assert shown.blocks[0].columns == ("asset", "price>", "24h>", "trend>")
    assert ask(bot, "/market sort=short").blocks[0].columns[-1] == "short>"
    assert ask(bot, "/market BTC uniswap").headline == "2 tokens by rank"


def test_a_sort_button_keeps_what_else_was_asked(bot: Bot) -> None:
    shown = ask(bot, "/market sector=defi page=2")
    button = next(b for b in shown.buttons[0] if b.label == "Long")
    pressed = bot.press(button.payload)
    assert pressed.message is not None
    assert pressed.message.headline.endswith("in defi by long grade")
    assert pressed.replaces
    assert [b.label for b in pressed.message.buttons[0]] == ["Rank", "24h", "Short"]


def test_words_that_mean_nothing_name_what_does(bot: Bot) -> None:
    assert "sort= is rank, symbol, price" in bot.say("/market sort=beauty")
    assert "known: ai, defi" in bot.say("/market sector=nowhere")
    assert "trend= is bullish, bearish, undecided" in bot.say("/market trend=up")
    assert "colour= means nothing to /market" in bot.say("/market colour=red")
    assert "no asset is called xyzzy" in bot.say("/market xyzzy")


def test_tiny_and_huge_prices_and_long_symbols_fit_a_line(bot: Bot) -> None:
    quotes, assets = dict(MARKET.quotes), dict(MARKET.assets)
    for number, asset_id in enumerate(assets):
        price = Decimal(10) ** (number - 24) * Decimal("1.2345")
        quotes[asset_id] = replace(quotes[asset_id], price=price)
        assets[asset_id] = replace(assets[asset_id], symbol=f"VERYLONGSYMBOL{number}")
    bot.market = replace(MARKET, quotes=quotes, assets=assets)
    for page in pages_of(bot, "/market sort=price", OWNER):
        assert all(len(line) <= TABLE_WIDTH for line in rows_of(page))


def test_a_price_in_doubt_is_marked_and_has_not_moved(bot: Bot) -> None:
    doubtful = replace(MARKET.quotes["bitcoin"], quarantined="100 times its median")
    bot.market = replace(MARKET, quotes={**MARKET.quotes, "bitcoin": doubtful})
    (_, row) = rows_of(ask(bot, "/market bitcoin"))
    assert row.split()[1].endswith("?")
    assert row.split()[2] == "-"
