"""Where the user wants each weight: targets or recorded weights, brought inside the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from portfolios.model.market import Array, Market
from portfolios.model.policy import Freed, Policy, Signals
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation
from rebalancer.estimates.feasible_reference import bring_inside, calmed, ends
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.scores import acts_bearish
from rebalancer.estimates.trade_bounds import TradeBounds

TRIM_SHARE, LEAST_TRIMMED = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference at its three stages, shape (n,) each, fractions of value.

    Attributes:
        wished: r0, before signals and limits.
        signalled: r1, after signals lowered bearish assets.
        r: inside the limits: the aims, against which drift and bands are measured.
        inside: the limits that it was brought inside, at their inner edges.
        calmed: what a stated limit of volatility took from it last; nothing above 0.
        has_targets: the user stated targets.
        is_recorded: r0 is the weights recorded when the portfolio was added.
    """

    wished: Array
    signalled: Array
    r: Array
    inside: Limits
    calmed: Array
    has_targets: bool
    is_recorded: bool

    @property
    def cash(self) -> float:
        """Share that the reference leaves in cash."""
        return float(1.0 - self.r.sum())


def reference_of(
    portfolio: Portfolio,
    valuation: Valuation,
    market: Market,
    limits: Limits,
    bounds: TradeBounds,
    *,
    policy: Policy,
    covariance: Array,
) -> Reference:
    """Return the reference of a portfolio: wished, after signals, inside the limits.

    Args:
        portfolio: targets or recorded weights.
        valuation: what is held.
        market: grades and trends.
        limits: as stated or by default.
        bounds: what may be traded.
        policy: the portfolio's, with the mode asked for.
        covariance: per 30 days, shape (n, n), for a stated limit of volatility.
    """
    wished, has_targets, is_recorded = wished_reference(portfolio, valuation)
    w0 = valuation.weights()
    locked = np.minimum(bounds.w_lock, w0)
    signalled = after_signals(wished, valuation, market, limits, policy, locked=locked)
    inside = limits.inner(limits.kept_from(w0))
    r = bring_inside(
        signalled,
        w0,
        inside,
        bounds,
        spread=policy.freed is Freed.SPREAD,
        candidates=np.array([float(a in policy.candidates) for a in valuation.asset_ids]),
    )
    calm = r
    if policy.max_volatility is not None:
        low, _ = ends(w0, inside, bounds)
        calm = calmed(r, low, limits.m_stable, covariance, float(policy.max_volatility))
    return Reference(wished, signalled, calm, inside, calm - r, has_targets, is_recorded)


def wished_reference(portfolio: Portfolio, valuation: Valuation) -> tuple[Array, bool, bool]:
    """Return r0, whether it is stated targets, and whether it is recorded weights.

    r0 holds fractions of value, shape (n,). Without either it is what is held before the cash flow.
    A flow does not rescale it: after a deposit the weights lie below it, and that is what invests
    the money.
    """
    held = _held_before(valuation)
    if portfolio.targets is not None:
        return _weights(portfolio.targets, valuation), True, False
    if portfolio.recorded is None:
        return held, False, False
    # What had no weight when the others were recorded keeps its own; the others share the rest.
    is_new = np.array([a not in portfolio.recorded for a in valuation.asset_ids], dtype=bool)
    rest = 1.0 - held[is_new].sum()
    return np.where(is_new, held, rest * _weights(portfolio.recorded, valuation)), False, True


def _weights(stated: Mapping[str, Decimal], valuation: Valuation) -> Array:
    """Return stated weights; that of something without a usable price waits in cash."""
    return np.array(
        [
            0.0 if p.grey and not p.quantity else float(stated.get(p.asset.asset_id, 0))
            for p in valuation.positions
        ]
    )


def _held_before(valuation: Valuation) -> Array:
    """Return the weights before the cash flow, zeros for no value."""
    before = valuation.value - valuation.flow
    if before <= 0:
        return np.zeros(len(valuation.positions))
    return np.array([float(p.value / before) for p in valuation.positions])


def after_signals(
    wished: Array,
    valuation: Valuation,
    market: Market,
    limits: Limits,
    policy: Policy,
    *,
    locked: Array,
) -> Array:
    """Return r1, shape (n,): the reference of bearish assets lowered as far as the setting says.

    What that frees is cash. Lowering the reference is one step and no ratchet: with the trend
    back for good, the wish is back. Grades have no part in it: their ranks change within days.
    What is locked, shape (n,), frees nothing, so it must not make the others shrink.
    """
    signals = policy.signals_in_force
    if signals not in (Signals.TRIM, Signals.FOLLOW):
        return wished
    ids, technical = valuation.asset_ids, policy.technical
    bearish = np.array([acts_bearish(market, a, technical) for a in ids], dtype=bool)
    trimmed = np.maximum(TRIM_SHARE * limits.w_max, LEAST_TRIMMED)
    least = locked if signals is Signals.FOLLOW else np.maximum(trimmed, locked)
    lowered: Array = np.where(bearish, np.minimum(wished, least), wished)
    return lowered
