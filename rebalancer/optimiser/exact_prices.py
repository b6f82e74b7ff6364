"""Prices of soft limits that no gain outbids, so that a limit is met wherever it can be.

A price is exact while no slope of the objective exceeds it (Han & Mangasarian 1979). Moving a unit
of weight from one asset to another gains at most twice the steepest slope: expected return, risk
against the aims (two portfolios differ by 2 in sum at most), tracking, and fees.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from rebalancer.optimiser.inputs import Inputs, PenaltyPrices


def with_exact_prices(inputs: Inputs) -> Inputs:
    """Return a program whose limits cost more than breaking them gains, in the same proportions."""
    prices = {f.name: getattr(inputs.prices, f.name) for f in fields(inputs.prices)}
    lowest = min(float(np.min(price)) for price in prices.values())
    scale = max(1.0, 2.0 * _steepest(inputs) / lowest) if lowest > 0 else 1.0
    return replace(
        inputs,
        prices=PenaltyPrices(**{name: scale * price for name, price in prices.items()}),
        extra_rows=tuple(replace(row, price=scale * row.price) for row in inputs.extra_rows),
    )


def _steepest(inputs: Inputs) -> float:
    """Return a bound on the slope of the objective in any weight, limits apart."""
    variance = np.sum(inputs.B**2, axis=1) + inputs.d**2
    slopes = np.abs(inputs.alpha) + 2.0 * inputs.lam * variance
    slopes += inputs.theta + np.maximum(inputs.kappa_buy, inputs.kappa_sell)
    return float(slopes.max(initial=0.0))
