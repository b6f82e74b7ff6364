"""Whether any trades within their bounds keep the cash and the turnover that must be kept."""

from __future__ import annotations

import numpy as np

from portfolios.errors import SolverError
from rebalancer.optimiser.exact.separable import highest, lowest
from rebalancer.optimiser.inputs import Inputs

SLACK = 1e-9


def require_reachable(inputs: Inputs) -> None:
    """Refuse bounds within which the hard limits cannot be met.

    Each asset moves as little as its bounds make it; what may still be sold then raises cash, by
    the sales that cost least.

    Raises:
        SolverError: naming the limit.
    """
    low, high = lowest(inputs), highest(inputs)
    if np.any(low > high + SLACK):
        raise SolverError("the bounds of a trade contradict each other")
    w = np.clip(inputs.w0, low, high)
    moved = w - inputs.w0
    bought, sold = np.maximum(moved, 0.0), np.maximum(-moved, 0.0)
    left = inputs.most_sold - float(sold.sum())
    if min(left, inputs.most_bought - float(bought.sum())) < -SLACK:
        raise SolverError("no trades within their bounds keep the turnover")
    cash = 1.0 - float(w.sum() + inputs.kappa_buy @ bought + inputs.kappa_sell @ sold)
    order = np.argsort(inputs.kappa_sell, kind="stable")
    free = np.where(w <= inputs.w0, w - low, 0.0)[order]
    before = np.cumsum(free) - free
    sales = np.clip(left - before, 0.0, free)
    cash += float(((1.0 - inputs.kappa_sell[order]) * sales).sum())
    if cash < inputs.c_hard - SLACK:
        raise SolverError("no trades within their bounds keep the cash")


def is_reachable(inputs: Inputs) -> bool:
    """Tell whether some trades within their bounds meet the hard limits."""
    try:
        require_reachable(inputs)
    except SolverError:
        return False
    return True
