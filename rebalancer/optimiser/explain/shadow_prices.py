"""What one point more of a limit would be worth, found by moving it and solving again.

A dual is a slope at the answer, and where two kinks meet it is any of several: it chooses which
limit is tried, and is never shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from portfolios.errors import PlanError
from portfolios.model.plan import LimitLine
from rebalancer.optimiser.inputs import Duals, Inputs, Solution

POINT = 0.01
"""How far a limit is moved: what is shown is what happens, not a slope at the answer."""
LEAST_BPS = 0.05
"""Less is shown as nothing, and so not shown."""

Solve = Callable[[Inputs], float]
"""Returns the best objective of a program where trades may be of any size."""


def priced(
    inputs: Inputs, solution: Solution, lines: list[LimitLine], solve: Solve
) -> list[LimitLine]:
    """Add what one point more is worth to the met limit that has the largest dual.

    Broken limits get none: their dual is the price that the program charges, not their worth.

    Args:
        inputs: the program.
        solution: its answer, with duals where there are any.
        lines: the limits that bind or are broken.
        solve: solves a program again.
    """
    duals = named_duals(inputs, solution.duals)
    met = [line.name for line in lines if line.violation == 0 and duals.get(line.name, 0.0) > 0]
    headline = max(met, key=lambda name: (duals[name], name), default="")
    worth = _worth(inputs, solution, headline, solve) if headline else 0.0
    return [_with_price(ln, worth) if ln.name == headline else ln for ln in lines]


def _worth(inputs: Inputs, solution: Solution, name: str, solve: Solve) -> float:
    """Return what one point more of a limit adds to the objective, in basis points of value."""
    try:
        return 1e4 * (solve(nudged(inputs, name, POINT)) - solution.relaxed_objective)
    except PlanError:
        return 0.0


def _with_price(line: LimitLine, bps: float) -> LimitLine:
    if bps < LEAST_BPS:
        return line
    text = f"{line.text}: one point more is worth {bps:.1f} bps"
    return replace(line, shadow_price_bps=round(bps, 3), text=text)


def named_duals(inputs: Inputs, duals: Duals | None) -> dict[str, float]:
    """Return the duals by the name of their limit, in objective per unit of weight."""
    if duals is None:
        return {}
    named = {"turnover": duals.turnover, "buffer": duals.buffer, "volatility": duals.vol}
    named |= {f"asset.{a}.max": float(x) for a, x in zip(inputs.assets, duals.asset, strict=True)}
    for end, values in (("max", duals.sector_hi), ("min", duals.sector_lo)):
        pairs = zip(inputs.sector_names, values, strict=True)
        named |= {f"sector.{name}.{end}": float(x) for name, x in pairs}
    named |= {r.name: float(x) for r, x in zip(inputs.extra_rows, duals.rows, strict=True)}
    return named


def nudged(inputs: Inputs, name: str, by: float) -> Inputs:
    """Return the program with one limit looser by an amount, tighter where it is negative."""
    if name == "turnover":
        return replace(inputs, turnover_max=inputs.turnover_max + by)
    if name == "buffer":
        return replace(inputs, b_min=inputs.b_min - by)
    if name == "volatility":
        return replace(inputs, vol_max=(inputs.vol_max or 0.0) + by)
    kind, _, rest = name.partition(".")
    subject, _, end = rest.rpartition(".")
    if kind == "asset" and subject in inputs.assets:
        at = np.array([a == subject for a in inputs.assets])
        return replace(inputs, w_max=inputs.w_max + by * at)
    if kind == "sector" and subject in inputs.sector_names:
        at = np.array([s == subject for s in inputs.sector_names])
        if end == "max":
            return replace(inputs, S_hi=inputs.S_hi + by * at)
        return replace(inputs, S_lo=inputs.S_lo - by * at)
    rows = tuple(replace(r, hi=r.hi + by) if r.name == name else r for r in inputs.extra_rows)
    return replace(inputs, extra_rows=rows)
