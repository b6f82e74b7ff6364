"""Supposing and asking why, in the chat."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, NOW, OWNER, VIEWER, Bot, plan_of


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def contents(bot: Bot) -> dict[str, int]:
    with bot.store() as store:
        rows = store.database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [row["name"] for row in rows]
        return {
            name: store.database.rows(f'SELECT COUNT(*) AS n FROM "{name}"')[0]["n"]  # noqa: S608
            for name in names
        }


def keep(bot: Bot, portfolio: Portfolio) -> None:
    with bot.store() as store:
        store.save_portfolio(portfolio, at=NOW)


def quiet(name: str, *, locks: tuple[Lock, ...] = ()) -> Portfolio:
    """A portfolio at its targets."""
    price = MARKET.quotes["bitcoin"].price
    held = (Holding("bitcoin", Decimal(1), locks=locks),)
    return Portfolio(name, cash=price, holdings=held, targets={"bitcoin": Decimal("0.5")})


def test_a_supposition_is_told_in_one_line_and_changes_nothing(bot: Bot) -> None:
    before = contents(bot)
    told = bot.say("/whatif shared sector.defi.max=5% cash=500", VIEWER)
    first = told.splitlines()[0]
    assert re.fullmatch(
        r"<b>shared: with sector.defi.max=5% cash=500: .* instead of .*</b>", first
    ), first
    assert "nothing was changed; SAMPLE DATA" in told
    table = told.partition("<pre>")[2].partition("</pre>")[0]
    assert "turnover" in table
    assert max(map(len, table.splitlines())) <= 34
    assert contents(bot) == before


def test_a_contradiction_is_answered_with_its_remedy(bot: Bot) -> None:
    told = bot.say("/whatif shared sector.defi.min=30% sector.defi.max=20%", VIEWER)
    assert "limits contradict each other" in told
    assert "smallest relaxation: sector.defi.max to 30%" in told


def test_what_means_nothing_is_refused_with_an_example(bot: Bot) -> None:
    assert "say what to suppose" in bot.say("/whatif shared", VIEWER)
    told = bot.say("/whatif shared btc cash=much", VIEWER)
    assert "btc: write a key and its value" in told
    assert '"much" is not a number' in told
    assert "e.g. cash=1000" in told


def test_nobody_supposes_about_the_portfolio_of_another_or_before_others(bot: Bot) -> None:
    hidden = bot.say(f"/whatif {CANARY} cash=5", VIEWER)
    nowhere = bot.say("/whatif nothing-of-it cash=5", VIEWER)
    assert hidden.replace(CANARY, "X") == nowhere.replace("nothing-of-it", "X")
    assert "instead of" not in hidden
    grouped = bot.say("/whatif shared cash=5", OWNER, chat=-100, is_private=False)
    assert "$" not in grouped


def test_of_several_portfolios_the_one_meant_is_asked_for(bot: Bot) -> None:
    answer = bot.dispatcher.answer(bot.heard("/whatif cash=500", OWNER))
    assert answer is not None
    assert answer.message is not None
    labels = {button.label: button.payload for row in answer.message.buttons for button in row}
    pressed = bot.press(labels["shared"])
    assert pressed.message is not None
    assert pressed.message.headline.startswith("shared: with cash=")


def test_why_without_an_open_proposal_tells_what_would_come(bot: Bot) -> None:
    before = contents(bot)
    told = bot.say("/why shared", VIEWER)
    assert "over its limit of 60%" in told
    assert "no proposal is open: this is what /rebalance would come to now" in told
    assert contents(bot) == before
    plan = plan_of(bot.ask_proposal("shared"))
    assert f"plan {plan}" in bot.say("/why shared", VIEWER)


def test_why_of_a_portfolio_in_order_says_why_each_asset_stays(bot: Bot) -> None:
    keep(bot, quiet("shared"))
    told = bot.say("/why shared", VIEWER)
    assert told.startswith("<b>SAMPLE shared: nothing to do, ")
    assert "BTC is not traded: it stands where it is wanted, at 50.0%" in told


def test_why_of_one_asset_gives_its_own_reason(bot: Bot) -> None:
    keep(bot, quiet("shared", locks=(Lock(LockKind.FROZEN, reason="staked"),)))
    locked = "shared: BTC is not traded: it is locked: frozen (staked)"
    for name in ("btc", "BTC", "bitcoin"):
        assert locked in bot.say(f"/why shared {name}", VIEWER)
        bot.now += timedelta(seconds=10)
    assert "neither holds nor wants nix" in bot.say("/why shared nix", VIEWER)


def test_why_of_one_traded_asset_begins_with_its_trade(bot: Bot) -> None:
    told = bot.say("/why shared uni", VIEWER)
    assert re.match(
        r"<b>SAMPLE shared: 2. buy UNI \$[\d,]+, UNI 2.9% against a target of 20.0%</b>", told
    )
    assert "sell BTC" not in told


def test_why_says_so_where_prices_are_not_good_enough(bot: Bot) -> None:
    quote = MARKET.quotes["uniswap"]
    old = replace(quote, at=quote.at - timedelta(days=4))
    bot.market = replace(MARKET, quotes={**MARKET.quotes, "uniswap": old})
    assert "nothing is proposed at all: UNI" in bot.say("/why shared btc", VIEWER)
