"""What each cause contributed to the objective, trade by trade, exactly and whatever the order.

Along the straight way from the weights held to the answer every part of the objective is integrated
(Aumann & Shapley 1974): quadratic parts by the trapezoid of their gradients, which is exact,
costs directly, priced limits over the stretch on which they are broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs, Row, Solution

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Attribution:
    """Gains in the objective, shape (n,) each: per asset, positive where the trade helps.

    Attributes:
        trend: expected return by trend.
        grade: expected return by grades.
        risk: variance away from the reference.
        drift: distance from the reference in weights.
        cost: minus what the trades cost; never positive.
        limits: name of a priced limit -> its penalty's fall; only limits whose penalty moves.
    """

    trend: Array
    grade: Array
    risk: Array
    drift: Array
    cost: Array
    limits: Mapping[str, Array]

    @property
    def total(self) -> float:
        """Objective at the answer less the objective of doing nothing."""
        parts = (self.trend, self.grade, self.risk, self.drift, self.cost)
        return float(sum(part.sum() for part in (*parts, *self.limits.values())))


def attribute(inputs: Inputs, solution: Solution, trend: Array, grade: Array) -> Attribution:
    """Split the gain of a solution over doing nothing by cause and trade.

    Args:
        inputs: the program.
        solution: its answer.
        trend: the part of `inputs.alpha` that comes from trends, shape (n,).
        grade: the part that comes from grades, shape (n,).

    Raises:
        ValueError: the parts do not sum to `inputs.alpha`.
    """
    if not np.allclose(trend + grade, inputs.alpha, rtol=1e-9, atol=1e-12):
        raise ValueError("trend and grade must sum to the expected return of the program")
    before, z = inputs.w0 - inputs.r, solution.w - inputs.w0
    middle = before + 0.5 * z
    return Attribution(
        trend=z * trend,
        grade=z * grade,
        risk=-inputs.lam * z * _covariance_with(inputs, middle),
        drift=-inputs.theta * z * middle,
        cost=-_costs(inputs, solution),
        limits={name: gain for name, gain in _penalties(inputs, solution) if np.any(gain)},
    )


def limit_rows(inputs: Inputs) -> Iterator[Row]:
    """Yield every linear priced limit as `a @ w + cash * c <= hi`, in a fixed order."""
    caps = np.broadcast_to(np.asarray(inputs.prices.asset, dtype=float), (inputs.n,))
    for i, asset_id in enumerate(inputs.assets):
        yield Row(f"asset.{asset_id}.max", _unit(inputs.n, i), 0.0, inputs.w_max[i], caps[i])
    for j, name in enumerate(inputs.sector_names):
        members, prices = inputs.M[:, j], inputs.prices
        yield Row(f"sector.{name}.max", members, 0.0, inputs.S_hi[j], prices.sector_hi)
        yield Row(f"sector.{name}.min", -members, 0.0, -inputs.S_lo[j], prices.sector_lo)
    yield Row("buffer", -inputs.m_stable, -1.0, -inputs.b_min, inputs.prices.buffer)
    yield from inputs.extra_rows


def volatility(inputs: Inputs, w: Array) -> float:
    """Return the volatility per 30 days of weights, shape (n,)."""
    return float(np.sqrt(np.sum((inputs.B.T @ w) ** 2) + np.sum((inputs.d * w) ** 2)))


def _costs(inputs: Inputs, solution: Solution) -> Array:
    traded = np.abs(solution.w - inputs.w0) > _TOLERANCE
    return _money_costs(inputs, solution) + inputs.leg_cost * traded.astype(np.float64)


def _money_costs(inputs: Inputs, solution: Solution) -> Array:
    return inputs.kappa_buy * solution.u + inputs.kappa_sell * solution.v


def _penalties(inputs: Inputs, solution: Solution) -> Iterator[tuple[str, Array]]:
    z = solution.w - inputs.w0
    spent = -z - _money_costs(inputs, solution)  # what each trade does to cash
    for row in limit_rows(inputs):
        effect = row.a * z + row.cash * spent
        start = float(row.a @ inputs.w0) + row.cash * inputs.c0 - row.hi
        yield row.name, -row.price * effect * _share_above(start, float(effect.sum()))
    if inputs.vol_max is not None:
        yield "volatility", _volatility_gain(inputs, z)


def _share_above(start: float, change: float) -> float:
    """Return the share of the way on which `start + t * change` is positive, t from 0 to 1."""
    end = start + change
    if start > 0 and end > 0:
        return 1.0
    if start <= 0 and end <= 0:
        return 0.0
    return max(start, end) / abs(change)


def _volatility_gain(inputs: Inputs, z: Array) -> Array:
    """Integrate the gradient of the broken part of the volatility limit along the way.

    Measured from the point of least volatility the variance is `along * t**2 + least**2`, so the
    integrals are closed, and their sum over assets is the change of volatility exactly.
    """
    most, speed = inputs.vol_max or 0.0, volatility(inputs, z)
    if speed <= _TOLERANCE:
        return np.zeros(inputs.n)
    turn = -float(_covariance_with(inputs, inputs.w0) @ z) / speed**2
    lowest = inputs.w0 + turn * z
    least = volatility(inputs, lowest)
    reach = np.sqrt(max(most**2 - least**2, 0.0)) / speed
    straight, bent = 0.0, 0.0
    for left, right in ((-turn, min(-reach, 1.0 - turn)), (max(reach, -turn), 1.0 - turn)):
        if right > left:
            ends = np.array([left, right]) * speed
            straight += float(np.diff(np.hypot(ends, least))[0]) / speed**2
            bent += float(np.diff(np.arcsinh(ends / least))[0]) / speed if least > 0 else 0.0
    slope = _covariance_with(inputs, lowest) * bent + _covariance_with(inputs, z) * straight
    # The program scales the row by sqrt(lam / 2) and divides the price by it: they cancel.
    gain: Array = -inputs.prices.vol * z * slope
    return gain


def _covariance_with(inputs: Inputs, w: Array) -> Array:
    product: Array = inputs.B @ (inputs.B.T @ w) + inputs.d**2 * w
    return product


def _unit(n: int, i: int) -> Array:
    unit = np.zeros(n)
    unit[i] = 1.0
    return unit
