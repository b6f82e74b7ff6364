"""Everything estimated about one portfolio at one moment: the record that deciding works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from portfolios.model.market import Array, Market
from portfolios.model.measures import drift
from portfolios.model.policy import Mode, Policy, Signals, Technical
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation, value_portfolio
from rebalancer.estimates.alpha import Alpha, estimate_alpha, market_uncertainty
from rebalancer.estimates.bands import band_of
from rebalancer.estimates.costs import exchange_least_of, fee_of, min_trade_of
from rebalancer.estimates.limits import Limits, limits_of
from rebalancer.estimates.per_market import per_market
from rebalancer.estimates.reference import Reference, reference_of
from rebalancer.estimates.risk.cache import market_risk
from rebalancer.estimates.risk.model import RiskModel
from rebalancer.estimates.trade_bounds import TradeBounds, bounds_of
from rebalancer.estimates.violations import Violation, broken
from rebalancer.zones.situation import Situation

ROUNDING_SLACK = Decimal("0.02")
"""Two cents above the smallest trade, so that rounding down never makes a trade too small."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One portfolio, its market, and what follows from both; n assets sorted by id.

    Attributes:
        portfolio, market, valuation: what is held, at which prices, after the flow.
        policy: the portfolio's, with the mode asked for.
        risk, limits, bounds, reference, alpha: see their types.
        bands: tolerance band of each asset, shape (n,).
        fees: cost of a trade as a fraction of its size, per asset, exact.
        min_trade: smallest trade worth making, in money.
    """

    portfolio: Portfolio
    market: Market
    valuation: Valuation
    policy: Policy
    risk: RiskModel
    limits: Limits
    bounds: TradeBounds
    reference: Reference
    alpha: Alpha
    bands: Array
    fees: tuple[Decimal, ...]
    min_trade: Decimal

    @property
    def w0(self) -> Array:
        """Weights held, fractions of the value after the flow, shape (n,)."""
        return self.valuation.weights()

    @property
    def c0(self) -> float:
        """Cash weight after the flow: exactly what the weights leave."""
        return float(1.0 - self.w0.sum())

    @property
    def before_flow(self) -> Analysis:
        """The portfolio as it is now, before any money comes in or goes out."""
        valuation = self.valuation
        before = replace(valuation, cash=valuation.cash - valuation.flow, flow=Decimal(0))
        return replace(self, valuation=before)

    @property
    def flow(self) -> float:
        """Cash flow as a fraction of value, deposits positive."""
        value = self.valuation.value
        return float(self.valuation.flow / value) if value > 0 else 0.0

    @property
    def kappa(self) -> Array:
        """Cost of a trade as a fraction of its size, shape (n,)."""
        return np.array([float(fee) for fee in self.fees])

    @property
    def min_trade_weight(self) -> float:
        """Smallest trade as a fraction of value, a hair above the one in money."""
        return self._weight(self.min_trade + ROUNDING_SLACK)

    @property
    def exchange_least_weight(self) -> float:
        """Smallest trade that an exchange executes, likewise."""
        return self._weight(exchange_least_of(self.policy) + ROUNDING_SLACK)

    def _weight(self, money: Decimal) -> float:
        value = self.valuation.value
        return float(money / value) if value > 0 else 1.0

    @property
    def drift(self) -> float | None:
        """Share of the money in the wrong place today; None while the total is unknown."""
        is_known = self.valuation.total.is_known
        return drift(self.w0, self.c0, self.reference.r) if is_known else None

    def kept_limits(self, share_left: float = 1.0) -> Limits:
        """The limits of the program: inner edges, or what stands beyond one without a breach.

        Args:
            share_left: what costs leave of the value.
        """
        return self.limits.kept_at(self.w0, self.c0, share_left=share_left)

    @property
    def plain_limits(self) -> Limits:
        """The limits of the program, each where it is."""
        return self.limits.kept_from(self.w0)

    @property
    def broken(self) -> tuple[Violation, ...]:
        """Limits broken at today's weights."""
        return self.broken_at()

    def broken_at(self, share_left: float = 1.0) -> tuple[Violation, ...]:
        """Return the limits broken at today's weights as shares of what costs leave."""
        weights = self.w0 / share_left
        return broken(self.limits, self.valuation.asset_ids, weights, self.c0)


def analyse(
    portfolio: Portfolio,
    market: Market,
    *,
    flow: Decimal = Decimal(0),
    mode: Mode | None = None,
) -> Analysis:
    """Estimate everything about a portfolio.

    Args:
        portfolio: what is held and wanted.
        market: prices, grades and history.
        flow: money coming in, negative for money going out.
        mode: instead of the policy's.

    Raises:
        InputError: the portfolio is in another currency than the market's prices.
    """
    policy = replace(portfolio.policy, mode=mode) if mode else portfolio.policy
    valuation = value_portfolio(portfolio, market, flow=flow)
    everything = market_risk(market, [p.asset for p in valuation.positions])
    risk = everything.of(valuation.asset_ids)
    limits = limits_of(valuation, portfolio, market)
    bounds = bounds_of(valuation, portfolio, market, policy=policy)
    reference = reference_of(
        portfolio, valuation, market, limits, bounds, policy=policy, covariance=risk.covariance
    )
    has_wish = reference.has_targets or reference.is_recorded
    alpha = estimate_alpha(
        market,
        risk,
        reference.r,
        doubt=_doubts(market)[policy.technical],
        active=has_wish and policy.signals_in_force is not Signals.IGNORE,
        technical=policy.technical,
    )
    return Analysis(
        portfolio=portfolio,
        market=market,
        valuation=valuation,
        policy=policy,
        risk=risk,
        limits=limits,
        bounds=bounds,
        reference=reference,
        alpha=alpha,
        bands=band_of(reference.r, policy),
        fees=tuple(fee_of(position.asset, policy) for position in valuation.positions),
        min_trade=min_trade_of(policy, valuation.value),
    )


@per_market
def _doubts(market: Market) -> Mapping[Technical, float]:
    """Return the uncertainty of alpha by what our own grades count for."""
    everything = market_risk(market).of(tuple(market.assets))
    return {use: market_uncertainty(market, everything, use) for use in Technical}


def situation_of(analysis: Analysis, w: Array, cash: float) -> Situation:
    """Return what zone rules look at, at weights of shape (n,) and cash, fractions of value."""
    return Situation(
        valuation=analysis.valuation,
        w=w,
        cash=cash,
        r=analysis.reference.r,
        limits=analysis.limits,
        bounds=analysis.bounds,
        risk=analysis.risk,
        market=analysis.market,
        policy=analysis.policy,
    )
