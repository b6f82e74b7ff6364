"""The exact problem and its answer as `rebalancer.problem/1`, for anybody's own solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from portfolios.errors import SolverError
from portfolios.values.canonical import digest_of
from rebalancer.optimiser.certificate import certificate
from rebalancer.optimiser.inputs import Inputs, PenaltyPrices, Row, Solution

SCHEMA = "rebalancer.problem/1"
OWN_FORM = ("prices", "extra_rows", "extra_terms")
"""Fields that are no plain figures themselves."""


def to_problem_json(inputs: Inputs, solution: Solution) -> dict[str, Any]:
    """Return the document, with the proof of its answer that `certificate` describes.

    Weights are fractions of the value after flows, per 30 days. The price of volatility is the one
    charged on the scaled norm of the program. Further terms are named where there are any: they are
    code, and not part of the document.
    """
    plain = {
        f.name: _plain(getattr(inputs, f.name)) for f in fields(inputs) if f.name not in OWN_FORM
    }
    terms = {"extra_terms": [term.name for term in inputs.extra_terms]}
    prices = inputs.prices
    scale = float(np.sqrt(inputs.lam / 2.0))
    document = {
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
        "certificate": certificate(inputs, solution),
    }
    return {**document, "digest": digest_of(document)}


def inputs_from_json(document: Mapping[str, Any]) -> Inputs:
    """Return the program that `to_problem_json` wrote.

    Raises:
        SolverError: the program has a term that is code, or one that is charged no longer.
        KeyError, TypeError, ValueError: the document lacks something.
    """
    d = dict(document)
    if d.get("extra_terms"):
        raise SolverError(f"{', '.join(d['extra_terms'])}: a term that the document does not hold")
    if np.any(d.get("rho", 0.0)):
        raise SolverError("rho: a price of distance from the reference, which is charged no longer")
    n, s = len(d["assets"]), len(d["sector_names"])
    own: dict[str, Any] = {name: np.array(d[name], dtype=float) for name in _ARRAYS}
    own["B"], own["M"] = own["B"].reshape(n, -1 if n else 0), own["M"].reshape(n, s)
    exits, charge = d["exit_least"], d["prices"]["asset"]
    prices = {**d["prices"], "vol": d["prices"]["vol"] * float(np.sqrt(d["lam"] / 2.0))}
    prices["asset"] = np.array(charge, dtype=float) if isinstance(charge, list) else charge
    return Inputs(
        assets=tuple(d["assets"]),
        sector_names=tuple(d["sector_names"]),
        exit_least=None if exits is None else np.array(exits, dtype=float),
        prices=PenaltyPrices(**prices),
        extra_rows=tuple(Row(**{**r, "a": np.array(r["a"], dtype=float)}) for r in d["extra_rows"]),
        **own,
        **{name: d[name] for name in _NUMBERS},
    )


_ARRAYS = (
    "alpha", "B", "d", "r", "w0", "kappa_buy", "kappa_sell", "u_lo", "u_hi", "v_lo", "v_hi",
    "w_lock", "w_max", "M", "S_lo", "S_hi", "m_stable",
)  # fmt: skip
_NUMBERS = (
    "lam", "theta", "c0", "flow", "b_min", "turnover_max", "vol_max", "c_hard", "min_trade",
    "leg_cost",
)  # fmt: skip


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
