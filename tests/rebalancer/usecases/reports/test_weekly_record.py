"""Past decisions in the weekly report: the same words and cents as everywhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from alerts.render.plain import plain_text
from alerts.texts.weekly_message import weekly_message
from portfolios.model.decisions import Verdict
from portfolios.model.insights import Insights
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from portfolios.values import display
from rebalancer.usecases.performance.past_plans import past_plans
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.record import record_decision
from rebalancer.usecases.proposals.status import offer
from rebalancer.usecases.reports.weekly_facts import weekly_report


def test_the_report_tells_past_decisions_to_the_cent_and_what_they_tell(tmp_path: Path) -> None:
    market = sample_market()
    held = (Holding("bitcoin", Decimal(2)), Holding("uniswap", Decimal(900)))
    targets = {"bitcoin": Decimal("0.5"), "uniswap": Decimal("0.2")}
    mine = Portfolio("mine", cash=Decimal(900), holdings=held, targets=targets)
    plan = propose(analyse(mine, market)).plan
    bitcoin = market.quotes["bitcoin"]
    dearer = replace(bitcoin, price=bitcoin.price * Decimal("1.1234567"))
    later = replace(market, quotes={**market.quotes, "bitcoin": dearer})
    with open_database(tmp_path / "w.db") as database:
        store = Store(database)
        store.save_plan(plan, at=market.as_of)
        offer(store, plan, at=market.as_of)
        record_decision(store, plan.plan_id, Verdict.APPROVE, at=market.as_of, by="me")
        facts = weekly_report(store, analyse(mine, later), insights=Insights())
        (past,) = past_plans(store, later, "mine", now=later.as_of)
    assert past.cents is not None
    shown = display.to_the_cent(past.cents, "usd", signed=True)
    text = plain_text(weekly_message(facts))
    assert f": approved {plan.plan_id}, {shown} since" in text
    assert "too few to tell (1 week, of 8 at least)" in text
    assert shown not in plain_text(weekly_message(facts, with_amounts=False))


def test_a_report_of_what_was_never_offered_does_not_say_that_it_is_open() -> None:
    held = (Holding("bitcoin", Decimal(2)),)
    mine = Portfolio("mine", cash=Decimal(900), holdings=held, targets={"bitcoin": Decimal("0.5")})
    facts = weekly_report(None, analyse(mine, sample_market()), insights=Insights())
    assert facts.plan.trades
    assert "Open for" not in plain_text(weekly_message(facts))
