"""An analysis as the optimiser's inputs: wishes and figures in one record."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from rebalancer.decision.analysis import Analysis
from rebalancer.estimates.limits import Limits
from rebalancer.optimiser.inputs import Inputs, PenaltyPrices, Row

Flags = npt.NDArray[np.bool_]
TRACKING = 0.1
"""Price of a squared point away from the reference in weight units: the covariance barely sees a
swap between two correlated coins, so risk alone would leave such drift standing."""


def inputs_of(
    analysis: Analysis,
    *,
    may_sell: Flags | None = None,
    at_rest: Flags | None = None,
    limits: Limits | None = None,
) -> Inputs:
    """Return the program of an analysis.

    Args:
        analysis: everything estimated about the portfolio.
        may_sell: shape (n,) booleans that restrict selling further; None leaves the bounds alone.
        at_rest: shape (n,) booleans of what is neither bought nor sold; None for nothing.
        limits: what to keep; None for those that the analysis keeps.
    """
    limits = analysis.kept_limits() if limits is None else limits
    bounds, n = analysis.bounds, len(analysis.w0)
    rests = np.zeros(n, dtype=np.bool_) if at_rest is None else at_rest
    sells = ~rests if may_sell is None else may_sell & ~rests
    return Inputs(
        assets=analysis.valuation.asset_ids,
        alpha=analysis.alpha.total,
        B=analysis.risk.B,
        d=analysis.risk.d,
        lam=analysis.policy.defaults.risk_aversion,
        theta=TRACKING,
        r=analysis.reference.r,
        w0=analysis.w0,
        c0=analysis.c0,
        flow=analysis.flow,
        kappa_buy=analysis.kappa,
        kappa_sell=analysis.kappa,
        u_lo=np.zeros(n),
        u_hi=np.where(rests, 0.0, bounds.u_hi),
        v_lo=np.zeros(n),
        v_hi=np.where(sells, most_sold(analysis), 0.0),
        w_lock=bounds.w_lock,
        w_max=limits.w_max,
        sector_names=limits.sector_names,
        M=limits.M,
        S_lo=limits.S_lo,
        S_hi=limits.S_hi,
        m_stable=limits.m_stable,
        b_min=limits.b_min,
        turnover_max=float(analysis.policy.turnover_in_force),
        vol_max=_fraction(analysis.policy.max_volatility),
        c_hard=limits.c_hard,
        min_trade=analysis.min_trade_weight,
        exit_least=exit_least(analysis),
        prices=PenaltyPrices(),
        extra_rows=issuer_rows(analysis, analysis.plain_limits),
    )


def most_sold(analysis: Analysis) -> Array:
    """Return the most that may be sold of each asset, shape (n,).

    What may not be bought back is not sold below its aim: the aim would follow its weight down, and
    each run would sell a little more. A withdrawal that needs it sells it all the same.
    """
    v_hi = analysis.bounds.v_hi
    if analysis.c0 < analysis.limits.c_hard:
        return v_hi
    above = np.maximum(0.0, analysis.w0 - analysis.reference.r)
    return np.where(analysis.bounds.u_hi <= 0, np.minimum(v_hi, above), v_hi)


def exit_least(analysis: Analysis) -> Array:
    """Return the smallest sale of all that is free, shape (n,), where it may be below the minimum.

    An exit is meant where the aim is zero, or where what would be left after the smallest trade is
    nothing that an exchange executes, and the exit ends nearer to the aim than it began. It is
    never itself below what an exchange executes.
    """
    least, minimum = analysis.exchange_least_weight, analysis.min_trade_weight
    w0, r = analysis.w0, analysis.reference.r
    ends_nearer = np.abs(w0 - analysis.bounds.v_hi - r) < np.abs(w0 - r)
    is_meant = (r <= 0) | ((w0 - minimum < least) & ends_nearer)
    return np.where(is_meant, least, minimum)


def issuer_rows(analysis: Analysis, limits: Limits) -> tuple[Row, ...]:
    """Return one priced row for each issuer: enough of the buffer must not depend on it.

    Cash and the other issuers' stablecoins make up at least 40% of a stated buffer.
    """
    price = PenaltyPrices().buffer
    sales = (1.0 - analysis.kappa) * analysis.bounds.v_hi * limits.m_stable
    return tuple(
        # Coins are not sold for it: it asks for no more than the issuer's stablecoins can give.
        Row(
            f"buffer.{issuer}",
            -others,
            -1.0,
            -min(least, analysis.c0 + float(others @ analysis.w0 + (1.0 - others) @ sales)),
            price,
        )
        for issuer, others, least in limits.without_each_issuer()
    )


def _fraction(stated: Decimal | None) -> float | None:
    return None if stated is None else float(stated)
