"""A proposal that was put off comes again once, when its time has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.delivery.delivery import Delivery
from alerts.delivery.outbox import Outbox
from portfolios.model.users import Person, Role
from rebalancer.usecases.proposals.reoffer import resend_snoozed
from tests.rebalancer.bot.bot_fixture import CANARY, NOW, OWNER, Bot, plan_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ANN = Person("ann", Role.OWNER, addresses={"telegram": str(OWNER)})
STRANGER = Person("bob", addresses={"telegram": "8"}, portfolios=("another",))


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


@pytest.fixture
def plan(bot: Bot) -> str:
    """A proposal that was put off for a day, right after it was made."""
    plan = plan_of(bot.ask_proposal())
    assert "it comes again on 23 Nov 2026 09:05 UTC" in bot.press(f"later:{plan}").notice
    return plan


def told(bot: Bot, after: timedelta) -> bool:
    bot.now = NOW + after
    with bot.store() as store:
        return resend_snoozed(store, CANARY, [ANN, STRANGER], now=bot.now)


def waiting(bot: Bot) -> list[Delivery]:
    with bot.store() as store:
        return list(Outbox(store.database).find())


def test_it_comes_again_when_its_time_has_come_and_only_once(bot: Bot, plan: str) -> None:
    assert not told(bot, DAY - timedelta(seconds=1))
    assert told(bot, DAY)
    assert not told(bot, DAY)
    assert not told(bot, DAY + HOUR)
    (delivery,) = waiting(bot)
    assert delivery.person == "ann"
    assert delivery.message.key == f"plan:{plan}:again:2026-11-23T09:05:00Z"
    assert delivery.message.headline.startswith(f"Again: SAMPLE {CANARY}: drift")
    assert [plan_of(delivery.message)] == [plan]
    assert "Approve" in [button.label for row in delivery.message.buttons for button in row]


def test_its_buttons_work_again(bot: Bot, plan: str) -> None:
    assert told(bot, DAY)
    bot.market = replace(bot.market, as_of=bot.now)
    assert bot.press(f"skip:{plan}").notice == "Skipped."


def test_put_off_again_it_comes_once_more(bot: Bot, plan: str) -> None:
    assert told(bot, DAY)
    bot.press(f"later:{plan}")
    assert not told(bot, DAY + HOUR)
    assert told(bot, 2 * DAY)
    assert not told(bot, 2 * DAY + HOUR)
    assert len({delivery.message.key for delivery in waiting(bot)}) == 2


def test_what_was_decided_replaced_or_lapsed_does_not_come(bot: Bot, plan: str) -> None:
    assert not told(bot, DAY + timedelta(hours=49))
    bot.now = NOW + DAY
    bot.press(f"skip:{plan}")
    assert not told(bot, DAY + HOUR)


def test_a_newer_proposal_takes_its_place(bot: Bot, plan: str) -> None:
    bot.now = NOW + HOUR
    answer = bot.dispatcher.answer(bot.heard(f"/rebalance {CANARY} cash=500", OWNER))
    assert answer is not None
    assert answer.message is not None
    assert plan_of(answer.message) != plan
    assert not told(bot, DAY)
    assert waiting(bot) == []


def test_one_that_a_clock_put_off_that_was_ahead_is_open_again_at_once(bot: Bot) -> None:
    plan = plan_of(bot.ask_proposal())
    bot.now = NOW + 40 * HOUR
    bot.press(f"later:{plan}")
    assert told(bot, HOUR)
    assert not told(bot, HOUR)
    bot.market = replace(bot.market, as_of=bot.now)
    assert bot.press(f"skip:{plan}").notice == "Skipped."
