"""Past proposals and what they led to, in the chat."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.model.decisions import Verdict
from portfolios.model.market import Market
from rebalancer.usecases.proposals.apply import apply_plan
from rebalancer.usecases.proposals.record import record_decision
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, VIEWER, Bot, plan_of

AMOUNT = re.compile(r"[+-]?\$[\d,]+\.\d\d")


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def at_other_prices(factor: str) -> Market:
    """The sample market with bitcoin at another price."""
    bitcoin = MARKET.quotes["bitcoin"]
    dearer = replace(bitcoin, price=(bitcoin.price * Decimal(factor)).quantize(Decimal("0.0001")))
    return replace(MARKET, quotes={**MARKET.quotes, "bitcoin": dearer})


def amounts(text: str) -> list[Decimal]:
    return [Decimal(re.sub(r"[$,]", "", found)) for found in AMOUNT.findall(text)]


def booked(bot: Bot, name: str = "shared") -> str:
    plan = plan_of(bot.ask_proposal(name))
    bot.press(bot.confirmation(plan))
    with bot.store() as store:
        apply_plan(store, plan, None, at=bot.now, by="ann")
    return plan


def test_nothing_proposed_is_said(bot: Bot) -> None:
    assert "no proposals yet" in bot.say("/history shared", VIEWER)
    assert "nothing was booked yet" in bot.say("/performance shared", VIEWER)


def test_a_proposal_is_told_with_its_parts_which_add_up(bot: Bot) -> None:
    booked(bot)
    bot.market = at_other_prices("1.1234567")
    text = bot.say("/history shared", VIEWER)
    line = next(line for line in text.splitlines() if "booked, " in line)
    total, *parts = amounts(line)
    assert total == sum(parts, Decimal(0))
    assert total != 0
    together = next(line for line in text.splitlines() if line.startswith("• approved 1: "))
    assert amounts(together) == [total]
    assert "too few to tell" in together


def test_what_became_of_each_is_told_the_newest_first(bot: Bot) -> None:
    bot.press(f"skip:{plan_of(bot.ask_proposal('shared'))}")
    bot.market = at_other_prices("1.2")
    bot.now += timedelta(minutes=1)
    bot.ask_proposal("shared")
    told = [line for line in bot.say("/history shared", VIEWER).splitlines() if ": " in line]
    assert "2 proposals" in told[0]
    assert "open, " in told[1]
    assert "skipped, " in told[2]
    bot.now += timedelta(hours=49)
    assert "lapsed, " in bot.say("/history shared", VIEWER).splitlines()[2]


def test_prices_that_are_not_known_are_no_zero(bot: Bot) -> None:
    bot.press(f"skip:{plan_of(bot.ask_proposal('shared'))}")
    bot.market = replace(MARKET, is_sample=False)
    text = bot.say("/history shared", VIEWER)
    assert "skipped, unknown: made-up prices and real ones are not mixed" in text
    assert "skipped 1: unknown" in text
    assert not amounts(text)


def test_performance_leads_line_by_line_from_doing_nothing_to_now(bot: Bot) -> None:
    booked(bot)
    with bot.store() as store:
        mine = store.load_portfolio("shared")
        store.save_portfolio(replace(mine, cash=mine.cash + Decimal("123.45")), at=bot.now)
    bot.market = at_other_prices("0.8765432")
    text = bot.say("/performance shared", VIEWER)
    head, table = text.split("<pre>", 1)[0], text.split("<pre>", 1)[1].split("</pre>", 1)[0]
    assert re.search(r"shared: [+-]\$[\d,.]+ \(-?\d+\.\d\d%\) against doing nothing since", head)
    start, *steps, now = amounts(table)
    assert start + sum(steps, Decimal(0)) == now
    assert Decimal("123.45") in steps
    assert amounts(head)[0] in steps
    assert max(len(line) for line in table.splitlines()) <= 34


def test_a_long_history_comes_in_pages(bot: Bot) -> None:
    first = plan_of(bot.ask_proposal("shared"))
    with bot.store() as store:
        plan = store.load_plan(first)
        for number in range(14):
            name = f"{number:012x}"
            store.save_plan(replace(plan, plan_id=name, inputs_hash=f"sha256:{name}"), at=bot.now)
            record_decision(store, name, Verdict.SKIP, at=bot.now, by="ann")
    reply = bot.dispatcher.answer(bot.heard("/history shared", VIEWER))
    assert reply is not None
    assert reply.message is not None
    (next_page,) = reply.message.buttons[0]
    second = bot.press(next_page.payload, VIEWER)
    assert second.message is not None
    assert len(second.message.blocks[0].items) == 3
    assert "skipped 14: " in second.message.blocks[2].items[0]


def test_results_are_of_ones_own_portfolios_and_not_for_groups(bot: Bot) -> None:
    booked(bot, CANARY)
    for command in ("history", "performance"):
        assert CANARY not in bot.say(f"/{command}", VIEWER)
        assert "booked, " not in bot.say(f"/{command} {CANARY}", VIEWER)
        assert bot.say(f"/{command}", VIEWER, chat=-100, is_private=False) == ""
