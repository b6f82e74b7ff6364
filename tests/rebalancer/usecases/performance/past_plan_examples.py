"""Made-up markets, portfolios and plans, whose figures a person can check by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.market import Bars, Market, Quote
from portfolios.model.plan import Decision, Plan, PlanPosition, Side, Trade
from portfolios.model.portfolio import Holding, Portfolio
from rebalancer.usecases.performance.past_plans import PastPlan
from rebalancer.usecases.performance.prices import prices_now
from rebalancer.usecases.performance.profit import parts_since, total_of
from rebalancer.usecases.proposals.outcome import Outcome

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NO_BARS = Bars((), (), np.zeros((0, 0)), np.zeros((0, 0)))


def market_of(prices: Mapping[str, str | Decimal], **changes: object) -> Market:
    """A market at these prices, which have no history."""
    quotes = {a: Quote(Decimal(p), NOW, "test") for a, p in prices.items()}
    return replace(Market(NOW, "usd", {}, quotes, {}, NO_BARS), **changes)


def held(quantities: Mapping[str, str | Decimal], cash: str | Decimal = "0") -> Portfolio:
    """A portfolio called mine."""
    holdings = tuple(Holding(a, Decimal(q)) for a, q in quantities.items() if Decimal(q))
    return Portfolio("mine", cash=Decimal(cash), holdings=holdings)


def buys(
    asset_id: str, quantity: str, notional: str, cost: str = "0", price: Decimal | None = None
) -> Trade:
    """A purchase, at the price that its size makes unless another is given."""
    return _trade(asset_id, Side.BUY, quantity, notional, cost, price)


def sells(
    asset_id: str, quantity: str, notional: str, cost: str = "0", price: Decimal | None = None
) -> Trade:
    """A sale, likewise."""
    return _trade(asset_id, Side.SELL, quantity, notional, cost, price)


def _trade(
    asset_id: str, side: Side, quantity: str, notional: str, cost: str, price: Decimal | None
) -> Trade:
    size, money = Decimal(quantity), Decimal(notional)
    paid = money / size if price is None else price
    return Trade(asset_id, asset_id[:3].upper(), side, size, paid, money, Decimal(cost))


def plan_from(
    portfolio: Portfolio,
    trades: Iterable[Trade],
    *,
    number: int = 1,
    flow: str | Decimal = "0",
    at: datetime = NOW,
    **changes: object,
) -> Plan:
    """A plan that makes these trades in a portfolio, and whose cash adds up."""
    made, coming = tuple(trades), Decimal(flow)
    cash = portfolio.cash + coming
    after = cash
    for trade in made:
        after += (trade.notional if trade.side is Side.SELL else -trade.notional) - trade.cost
    plan = Plan(
        plan_id=f"{number:012x}",
        portfolio=portfolio.name,
        as_of=at,
        inputs_hash=f"sha256:{number:012x}",
        decision=Decision.TRADE if made else Decision.HOLD,
        reason="made up",
        trigger=("request",),
        mode="full",
        profile="balanced",
        currency=portfolio.currency,
        value=Decimal(1000),
        cash=cash,
        proposed_cash=after,
        flow=coming,
        drift=0.1,
        proposed_drift=0.0,
        turnover=0.1,
        estimated_cost=sum((trade.cost for trade in made), Decimal(0)),
        positions=tuple(_position(portfolio, a) for a in _touched(portfolio, made)),
        trades=made,
    )
    return replace(plan, **changes)


def _touched(portfolio: Portfolio, trades: Iterable[Trade]) -> list[str]:
    return sorted({h.asset_id for h in portfolio.holdings} | {t.asset_id for t in trades})


def _position(portfolio: Portfolio, asset_id: str) -> PlanPosition:
    holding = portfolio.holding(asset_id)
    quantity = holding.quantity if holding else Decimal(0)
    return PlanPosition(
        asset_id=asset_id, symbol=asset_id, sector="other", quantity=quantity, price=None,
        value=Decimal(0), weight=0.1, reference_weight=0.1, proposed_weight=0.1,
        proposed_quantity=quantity,
    )  # fmt: skip


def past(plan: Plan, outcome: Outcome, market: Market, *, after: int = 0) -> PastPlan:
    """What became of a plan so many hours after it was made."""
    verdict = {Outcome.BOOKED: Verdict.APPLY, Outcome.APPROVED: Verdict.APPROVE,
               Outcome.SKIPPED: Verdict.SKIP}.get(outcome)  # fmt: skip
    at = plan.as_of + timedelta(hours=after)
    ruling = Ruling(plan.plan_id, verdict, at, "me") if verdict else None
    prices = prices_now(market, [trade.asset_id for trade in plan.trades])
    parts = parts_since(plan, prices)
    return PastPlan(plan, ruling, outcome, parts, total_of(parts), prices.why_not(plan))
