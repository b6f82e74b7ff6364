"""Portfolios by their weights, on the sample market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from portfolios.model.market import Market
from portfolios.model.plan import Plan, Side
from portfolios.model.policy import Policy, Profile, Range, Signals
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from rebalancer.usecases.accounts.imports import record_weights

VALUE = Decimal(100_000)


def book(
    market: Market,
    weights: Mapping[str, float],
    *,
    policy: Policy | None = None,
    targets: Mapping[str, float] | None = None,
    frozen: tuple[str, ...] = (),
    recorded: bool = True,
) -> Portfolio:
    """A portfolio of 100,000 with these weights; the rest is cash."""
    holdings = tuple(
        Holding(
            asset_id,
            (VALUE * Decimal(str(w)) / market.quotes[asset_id].price).quantize(Decimal("1e-8")),
            locks=(Lock(LockKind.FROZEN, reason="staked"),) if asset_id in frozen else (),
        )
        for asset_id, w in weights.items()
    )
    value = sum((h.quantity * market.quotes[h.asset_id].price for h in holdings), Decimal(0))
    made = Portfolio(
        name="book",
        cash=(VALUE - value).quantize(Decimal("0.01")),
        holdings=holdings,
        policy=policy or ignoring(),
        targets=None if targets is None else {a: Decimal(str(w)) for a, w in targets.items()},
    )
    if targets is None and recorded:
        made = replace(made, recorded=record_weights(made, market))
    return made


def ignoring(**wishes: object) -> Policy:
    """A policy under which grades and trends move nothing."""
    return replace(Policy(profile=Profile.BALANCED, signals=Signals.IGNORE), **wishes)


def cap(**most: float) -> dict[str, Range]:
    """Caps by name."""
    return {name: Range(max=Decimal(str(w))) for name, w in most.items()}


def applied(portfolio: Portfolio, plan: Plan) -> Portfolio:
    """The portfolio once a plan's trades are done."""
    held = {h.asset_id: h.quantity for h in portfolio.holdings}
    for trade in plan.trades:
        sign = 1 if trade.side is Side.BUY else -1
        held[trade.asset_id] = held.get(trade.asset_id, Decimal(0)) + sign * trade.quantity
    return portfolio.with_quantities(held, plan.proposed_cash)


def sides(plan: Plan) -> dict[str, str]:
    """Who is bought and who is sold."""
    return {trade.asset_id: trade.side.value for trade in plan.trades}


def weight(plan: Plan, asset_id: str) -> float:
    """Proposed weight of an asset."""
    return next(p.proposed_weight for p in plan.positions if p.asset_id == asset_id)
