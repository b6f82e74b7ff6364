"""What the pictures of a portfolio or a token are made of; how they look is decided elsewhere."""

from __future__ import annotations

from datetime import date

import numpy as np

from portfolios.model.assets import Asset
from portfolios.model.chart_data import RiskShare, SectorWeight, TokenPath, Weight
from portfolios.model.market import Array, Market
from portfolios.model.measures import risk_contributions
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Portfolio
from portfolios.model.weekly_facts import Paths
from rebalancer.usecases.proposals.analysis import Analysis, wishes_of

PATH_DAYS = 90
MEAN_DAYS = 30
CASH = "cash"


def holding_weights(analysis: Analysis) -> list[Weight]:
    """Return what is held and wanted beside its aim and its target, cash included."""
    wishes = wishes_of(analysis)
    rows = zip(analysis.valuation.positions, analysis.w0.tolist(), wishes, strict=True)
    found = [Weight(p.asset.symbol, now, aim, target) for p, now, (target, aim) in rows]
    targets = [w.target for w in found if w.target is not None]
    cash = 1.0 - sum(targets) if targets else None
    return [*found, Weight(CASH, analysis.c0, 1.0 - sum(w.other for w in found), cash)]


def plan_weights(plan: Plan) -> list[Weight]:
    """Return weights before and after a proposal, cash included."""
    found = [Weight(p.symbol, plan.share_now(p.weight), plan.share_after(p.proposed_weight))
             for p in plan.positions]  # fmt: skip
    cash = plan.share_after(plan.proposed_cash_weight)
    return [*found, Weight(CASH, plan.cash_share_now, cash)]


def sector_weights(analysis: Analysis) -> list[SectorWeight]:
    """Return the sectors with their limits; a limit of everything is none.

    Where the total is unknown the weights are those at the last known prices.
    """
    limits = analysis.limits
    rows = zip(
        limits.sector_names, (limits.M.T @ analysis.w0).tolist(), limits.S_hi.tolist(), strict=True
    )
    return [SectorWeight(name, now, most if most < 1 else None) for name, now, most in rows]


def risk_shares(analysis: Analysis) -> list[RiskShare]:
    """Return what each holding adds to the risk; nothing where some of it is unknown."""
    shares = risk_contributions(analysis.w0, analysis.risk.covariance)
    if not analysis.valuation.total.is_known or not np.isfinite(shares).all():
        return []
    rows = zip(analysis.valuation.positions, shares.tolist(), analysis.w0.tolist(), strict=True)
    return [RiskShare(p.asset.symbol, share, weight) for p, share, weight in rows if weight > 0]


def paths_of(portfolio: Portfolio, market: Market) -> Paths:
    """Return a portfolio's quantities over the last weeks, bitcoin, and equal parts.

    What has no price in these weeks is left out, and said so; a day on which one of the others has
    none is left out too.
    """
    held = [h for h in portfolio.holdings if h.quantity > 0]
    days, close = _closes(market, [*(h.asset_id for h in held), "bitcoin"])
    has_past = np.asarray(np.isfinite(close).any(axis=0))
    without = tuple(market.symbol(held[i].asset_id) for i in np.flatnonzero(~has_past[:-1]))
    kept = np.flatnonzero(has_past[:-1])
    close = close[:, [*kept, -1]]
    whole = np.flatnonzero(np.isfinite(close).all(axis=1))
    if len(whole) < 2 or not len(kept):
        return Paths((), {}, without)
    quantities = np.array([float(held[i].quantity) for i in kept])
    known = close[whole]
    values = known[:, :-1] @ quantities + float(portfolio.cash)
    relative = known / known[0]
    lines = {
        "your portfolio": values / values[0],
        "bitcoin": relative[:, -1],
        "equal weight": relative[:, :-1].mean(axis=1),
    }
    told = {name: tuple(line.tolist()) for name, line in lines.items()}
    return Paths(tuple(days[i] for i in whole), told, without)


def token_path(market: Market, asset: Asset, *, trend: str) -> TokenPath:
    """Return the price of one token over the last weeks, with the mean of the days before.

    Args:
        market: its history.
        asset: the token.
        trend: in words.
    """
    days, close = _closes(market, [asset.asset_id], reach=PATH_DAYS + MEAN_DAYS)
    prices = close[:, 0]
    first = max(0, len(days) - PATH_DAYS)
    known = [i for i in range(first, len(days)) if np.isfinite(prices[i])]
    start = prices[known[0]] if known else 1.0
    return TokenPath(
        name=asset.symbol,
        days=tuple(days[i] for i in known),
        levels=tuple(float(prices[i] / start) for i in known),
        mean=tuple(_mean(prices[: i + 1], float(start)) for i in known),
        trend=trend,
    )


def _mean(prices: Array, start: float) -> float | None:
    """Return the mean of the last days relative to the first shown; None where a day is missing."""
    last = prices[-MEAN_DAYS:]
    if len(last) < MEAN_DAYS or not np.isfinite(last).all():
        return None
    return float(last.mean() / start)


def _closes(
    market: Market, ids: list[str], *, reach: int = PATH_DAYS
) -> tuple[tuple[date, ...], Array]:
    """Return the last days and closes, shape (T, n)."""
    bars = market.bars.columns(ids)
    return bars.days[-reach:], bars.close[-reach:]
