"""The exact problem and its answer as `rebalancer.problem/1`, for anybody's own solver."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from rebalancer.optimiser.inputs import Inputs, Solution

SCHEMA = "rebalancer.problem/1"
OWN_FORM = ("prices", "extra_rows", "extra_terms")
"""Fields that are no plain figures themselves."""


def to_problem_json(inputs: Inputs, solution: Solution) -> dict[str, object]:
    """Return the document; weights are fractions of the value after flows, per 30 days.

    The price of volatility is the one charged on the scaled norm of the program. Further terms are
    named where there are any: they are code, and not part of the document.
    """
    plain = {
        f.name: _plain(getattr(inputs, f.name)) for f in fields(inputs) if f.name not in OWN_FORM
    }
    terms = {"extra_terms": [term.name for term in inputs.extra_terms]}
    prices = inputs.prices
    scale = float(np.sqrt(inputs.lam / 2.0))
    return {
        "schema": SCHEMA,
        **plain,
        **(terms if inputs.extra_terms else {}),
        "prices": {
            "asset": _plain(prices.asset),
            "sector_hi": prices.sector_hi,
            "sector_lo": prices.sector_lo,
            "buffer": prices.buffer,
            "vol": prices.vol / scale,
        },
        "extra_rows": [
            {"name": r.name, "a": _plain(r.a), "cash": r.cash, "hi": r.hi, "price": r.price}
            for r in inputs.extra_rows
        ],
        "solution": {
            "w": _plain(solution.w),
            "u": _plain(solution.u),
            "v": _plain(solution.v),
            "c": solution.c,
            "relaxed_objective": solution.relaxed_objective,
            "objective": solution.objective,
        },
    }


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
