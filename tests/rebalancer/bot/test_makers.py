"""Whatever makes a message, hidden amounts are hidden in it: over plans with any amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.messages import Message
from alerts.preferences.personalise import Wording, personal
from alerts.render.plain import plain_text
from alerts.texts.event_messages import (
    digest_message,
    proposal_message,
    rules_message,
    zone_message,
)
from alerts.texts.weekly_message import weekly_message
from alerts.triggers.flips import Advance, Flip
from alerts.triggers.user_rules import Fired
from portfolios.model.insights import Insights
from portfolios.model.plan import Plan, Scope, Zone
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.model.weekly_facts import Decided, WeeklyReport
from portfolios.values import display
from portfolios.values.canonical import plain
from rebalancer.bot.commands.proposals.order_ticket import ticket
from rebalancer.bot.commands.proposals.proposals import why_of
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.weekly_facts import weekly_report
from tests.rebalancer.bot.bot_fixture import MARKET, NOW, Bot

OWN = Portfolio(
    "core",
    cash=Decimal(900),
    holdings=(Holding("bitcoin", Decimal(2)), Holding("uniswap", Decimal(900))),
    targets={"bitcoin": Decimal("0.5"), "uniswap": Decimal("0.2")},
)
PLAN = propose(analyse(OWN, MARKET)).plan
REPORT = weekly_report(None, analyse(OWN, MARKET), insights=Insights())
HIDES = Wording(hides_amounts=True)
# Five digits and more: a shorter figure may be a percentage's by chance.
AMOUNTS = st.decimals(min_value=10_000, max_value=10**12, places=4)
CURRENCIES = st.sampled_from(["usd", "eur", "gbp", "jpy", "chf", "pln"])


def with_amounts(amounts: list[Decimal], currency: str) -> Plan:
    """Return the plan with other money in it, also in its words."""
    value, cost, flow, *rest = amounts
    trades = tuple(
        replace(trade, quantity=a, price=b, notional=c, cost=a)
        for trade, a, b, c in zip(PLAN.trades, rest, rest[1:], rest[2:], strict=False)
    )
    told = f"a withdrawal of {display.money(flow, currency)} is paid out first"
    return replace(
        PLAN, value=value, estimated_cost=cost, currency=currency, trades=trades, reason=told
    )


def made(plan: Plan, level: Decimal, ask: Request) -> Iterator[Message]:
    """Yield what each maker of messages tells of it."""
    money = display.money(level, plan.currency)
    fired = Fired(f"value > {plain(level)}", float(level), NOW)
    rules = rules_message("core", [fired], as_of=NOW)
    flip = Flip(Scope.PORTFOLIO, "core", Zone.RED, Zone.GREEN, (f"{money} cannot be sold",), 1.0)
    zones = zone_message("core", Advance((), (), (flip,)), as_of=NOW, names={})
    assert rules is not None
    assert zones is not None
    past = Decided(plan.plan_id, NOW.date(), "approved", level)
    report: WeeklyReport = replace(REPORT, plan=plan, record=(past,))
    alone = (rules, zones, proposal_message(plan), weekly_message(report))
    replies = (ticket(ask, plan).message, why_of(ask, plan).message)
    yield from alone
    yield from (message for message in replies if message is not None)
    yield digest_message("ann", [*alone], day="2026-11-22", now=NOW)


def shown(message: Message) -> str:
    """Return all texts of a message; every channel shows these and no others."""
    labels = (button.label for row in message.buttons for button in row)
    return "\n".join((plain_text(message), message.subject, *labels))


def figures_of(amount: Decimal, currency: str) -> set[str]:
    """Return the digits of an amount, in each way that it could be written."""
    money = re.sub(r"[^\d.,]", "", display.money(amount, currency))
    price = re.sub(r"[^\d.,]", "", display.price(amount, currency))
    rounded = f"{float(amount):,.6g}"
    return {money, price, rounded, display.quantity(amount), plain(amount)}


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Request]:
    with Bot(tmp_path).store() as store:
        yield Request(
            person=Person("ann", Role.OWNER), command="", words=(), store=store,
            load_market=lambda: MARKET, load_insights=Insights, now=NOW,
        )  # fmt: skip


@pytest.mark.parametrize("count", [25, pytest.param(10_000, marks=pytest.mark.campaign)])
def test_no_maker_of_messages_leaks_an_amount(count: int, ask: Request) -> None:
    @settings(max_examples=count, deadline=None)
    @given(st.lists(AMOUNTS, min_size=8, max_size=8), CURRENCIES)
    def holds(amounts: list[Decimal], currency: str) -> None:
        level, *rest = amounts
        secrets = {figure for amount in amounts for figure in figures_of(amount, currency)}
        for message in made(with_amounts(rest, currency), level, ask):
            left = shown(personal(message, HIDES))
            assert not [secret for secret in secrets if secret in left], left

    holds()


def test_each_maker_tells_amounts_to_who_wants_them(ask: Request) -> None:
    amounts = [Decimal(10_000 + 1_111 * number) for number in range(8)]
    secrets = {figure for amount in amounts for figure in figures_of(amount, "usd")}
    for message in made(with_amounts(amounts[1:], "usd"), amounts[0], ask):
        assert any(secret in shown(message) for secret in secrets), message.key
