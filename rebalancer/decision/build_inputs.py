"""An analysis as the optimiser's inputs: wishes and figures in one record."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt

from rebalancer.decision.analysis import Analysis
from rebalancer.optimiser.inputs import Inputs, PenaltyPrices, Row

TRACKING = 0.1
"""Price of a squared point away from the reference in weight units: the covariance barely sees a
swap between two correlated coins, so risk alone would leave such drift standing."""


def inputs_of(analysis: Analysis, *, may_sell: npt.NDArray[np.bool_] | None = None) -> Inputs:
    """Return the program of an analysis.

    Args:
        analysis: everything estimated about the portfolio.
        may_sell: shape (n,) booleans that restrict selling further; None leaves the bounds alone.
    """
    limits, bounds, n = analysis.limits, analysis.bounds, len(analysis.w0)
    v_hi = bounds.v_hi if may_sell is None else np.where(may_sell, bounds.v_hi, 0.0)
    return Inputs(
        assets=analysis.valuation.asset_ids,
        alpha=analysis.alpha.total,
        rho=analysis.alpha.rho,
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
        u_hi=bounds.u_hi,
        v_lo=np.zeros(n),
        v_hi=v_hi,
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
        prices=PenaltyPrices(),
        extra_rows=issuer_rows(analysis),
    )


def issuer_rows(analysis: Analysis) -> tuple[Row, ...]:
    """Return one priced row for each issuer: enough of the buffer must not depend on it.

    Cash and the other issuers' stablecoins make up at least 40% of a stated buffer.
    """
    price = PenaltyPrices().buffer
    return tuple(
        Row(f"buffer.{issuer}", -others, -1.0, -least, price)
        for issuer, others, least in analysis.limits.without_each_issuer()
    )


def _fraction(stated: Decimal | None) -> float | None:
    return None if stated is None else float(stated)
