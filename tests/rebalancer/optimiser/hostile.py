"""Programs that no portfolio should make: figures, shapes and limits that mean next to nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rebalancer.optimiser.inputs import Inputs, Row
from tests.rebalancer.optimiser.programs import KINDS, program

Rng = np.random.Generator
ARRAYS = (
    "alpha", "B", "d", "r", "w0", "kappa_buy", "kappa_sell", "u_lo", "u_hi", "v_lo", "v_hi",
    "w_lock", "w_max", "M", "S_lo", "S_hi", "m_stable",
)  # fmt: skip
NUMBERS = (
    "lam", "theta", "c0", "flow", "b_min", "turnover_max", "vol_max", "c_hard", "min_trade",
    "leg_cost",
)  # fmt: skip
FACTORS = (0.0, 1e-300, 1e-12, 1e-9, 1e-3, 10.0, 1e3, 1e6, 1e9, 1e12, -1.0)
VALUES = (np.nan, np.inf, -np.inf, 0.0, 1e-9, 1.0, 2.0, -0.5)


def hostile(seed: int, most: int = 12) -> Inputs:
    """Return a program of up to so many assets with one to three faults."""
    rng = np.random.default_rng(seed)
    least = float(rng.choice([0.0, 0.01, 0.03]))
    made = program(str(rng.choice(KINDS)), seed, int(rng.integers(1, most + 1)), min_trade=least)
    with np.errstate(all="ignore"):
        for _ in range(int(rng.integers(1, 4))):
            made = FAULTS[int(rng.integers(len(FAULTS)))](made, rng)
    return made


def _scaled(p: Inputs, rng: Rng) -> Inputs:
    name = str(rng.choice(ARRAYS))
    return replace(p, **{name: getattr(p, name) * rng.choice(FACTORS)})


def _replaced(p: Inputs, rng: Rng) -> Inputs:
    """One entry of an array is another."""
    name = str(rng.choice(ARRAYS))
    x = getattr(p, name).copy()
    if x.size:
        x.flat[rng.integers(x.size)] = rng.choice(VALUES)
    return replace(p, **{name: x})


def _other_number(p: Inputs, rng: Rng) -> Inputs:
    name = str(rng.choice(NUMBERS))
    old = getattr(p, name) or 0.1
    value = rng.choice(VALUES) if rng.random() < 0.3 else old * rng.choice(FACTORS)
    return replace(p, **{name: float(value)})


def _empty(p: Inputs, _: Rng) -> Inputs:
    """No assets at all."""
    cut = {name: getattr(p, name)[:0] for name in ARRAYS if name not in ("S_lo", "S_hi")}
    rows = tuple(replace(row, a=row.a[:0]) for row in p.extra_rows)
    return replace(p, assets=(), c0=1.0, extra_rows=rows, **cut)


def _many_factors(p: Inputs, rng: Rng) -> Inputs:
    return replace(p, B=rng.normal(0, 0.1, (p.n, 3 * p.n + 2)))


def _flat(p: Inputs, _: Rng) -> Inputs:
    return replace(p, theta=0.0, d=0.0 * p.d)


def _repeated_rows(p: Inputs, rng: Rng) -> Inputs:
    row = Row("one", rng.uniform(-1, 1, p.n), float(rng.choice([-1.0, 0.0, 1.0])), 0.1, 0.5)
    return replace(p, extra_rows=(row, replace(row, name="two"), *p.extra_rows))


def _contradictory(p: Inputs, rng: Rng) -> Inputs:
    ways = (
        {"S_lo": p.S_hi + 0.2}, {"u_lo": p.u_hi + 0.1}, {"v_lo": p.v_hi + 0.1}, {"c_hard": 1.5},
        {"turnover_max": -0.1}, {"w_lock": p.w0 + 0.1}, {"vol_max": 0.0}, {"b_min": 3.0},
    )  # fmt: skip
    return replace(p, **ways[int(rng.integers(len(ways)))])


def _dear(p: Inputs, rng: Rng) -> Inputs:
    factor = float(rng.choice([0.0, 1e-9, 1e3, 1e6, 1e9]))
    prices = {name: getattr(p.prices, name) * factor for name in ("asset", "sector_hi", "buffer")}
    return replace(p, prices=replace(p.prices, **prices))


FAULTS = (
    _scaled, _scaled, _replaced, _other_number, _other_number, _many_factors, _flat,
    _repeated_rows, _contradictory, _dear, _empty,
)  # fmt: skip
