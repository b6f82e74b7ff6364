"""A survey as the optimiser's inputs: the user's wishes and the market's figures in one record."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt

from rebalancer.decision.analysis import Survey
from rebalancer.optimiser.inputs import Inputs, Prices, Row

TRACKING = 0.1
"""Price of a squared point away from the reference in weight units: the covariance barely sees a
swap between two correlated coins, so risk alone would leave such drift standing."""


def inputs_of(survey: Survey, *, may_sell: npt.NDArray[np.bool_] | None = None) -> Inputs:
    """Return the program of a survey.

    Args:
        survey: everything estimated about the portfolio.
        may_sell: shape (n,) booleans that restrict selling further; None leaves the boxes alone.
    """
    limits, boxes, n = survey.limits, survey.boxes, len(survey.w0)
    v_hi = boxes.v_hi if may_sell is None else np.where(may_sell, boxes.v_hi, 0.0)
    return Inputs(
        assets=survey.valuation.asset_ids,
        alpha=survey.alpha.total,
        rho=survey.alpha.rho,
        B=survey.risk.B,
        d=survey.risk.d,
        lam=survey.policy.defaults.risk_aversion,
        theta=TRACKING,
        r=survey.reference.r,
        w0=survey.w0,
        c0=survey.c0,
        flow=survey.flow,
        kappa_buy=survey.kappa,
        kappa_sell=survey.kappa,
        u_lo=np.zeros(n),
        u_hi=boxes.u_hi,
        v_lo=np.zeros(n),
        v_hi=v_hi,
        w_lock=boxes.w_lock,
        w_max=limits.w_max,
        sector_names=limits.sector_names,
        M=limits.M,
        S_lo=limits.S_lo,
        S_hi=limits.S_hi,
        m_stable=limits.m_stable,
        b_min=limits.b_min,
        turnover_max=turnover_limit(survey),
        vol_max=_fraction(survey.policy.max_volatility),
        c_hard=limits.c_hard,
        min_trade=survey.min_trade_weight,
        prices=Prices(),
        extra_rows=issuer_rows(survey),
    )


def turnover_limit(survey: Survey) -> float:
    """Return the hard turnover limit, one way and net of the flow, with what a withdrawal forces.

    A withdrawal larger than the cash forces sales; their cost makes them a little larger than the
    money taken out, and that little would break a turnover limit of zero.
    """
    stated = float(survey.policy.turnover_in_force)
    short = max(0.0, survey.limits.c_hard - survey.c0)
    dearest = float(np.max(survey.kappa, initial=0.0))
    forced = 0.5 * (short / (1.0 - dearest) - abs(survey.flow))
    return max(stated, forced)


def issuer_rows(survey: Survey) -> tuple[Row, ...]:
    """Return one priced row for each issuer: enough of the buffer must not depend on it.

    Cash and the other issuers' stablecoins make up at least 40% of a stated buffer.
    """
    price = Prices().buffer
    return tuple(
        Row(f"buffer.{issuer}", -others, -1.0, -least, price)
        for issuer, others, least in survey.limits.without_each_issuer()
    )


def _fraction(stated: Decimal | None) -> float | None:
    return None if stated is None else float(stated)
