"""The limits that join assets, read from the stated problem, cash written as what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from portfolios.model.market import Array


@dataclass(frozen=True, slots=True)
class Row:
    """`a @ w + e * costs + b * bought + s * sold <= h`; a unit above costs `top`, if it may be."""

    name: str
    a: Array
    e: float
    b: float
    s: float
    h: float
    top: float

    def used(self, w: Array, u: Array, v: Array, costs: float) -> float:
        """Return the left side at weights, buys and sells, shape (n,)."""
        traded = self.b * float(u.sum()) + self.s * float(v.sum())
        return float(self.a @ w) + self.e * costs + traded


def rows_of(d: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a problem whose lists are arrays."""
    ones, p, most = np.ones(len(d["assets"])), d["prices"], d["turnover_max"]
    forced = max(0.0, d["c_hard"] - d["c0"]) / (1.0 - d["kappa_sell"].max(initial=0.0))
    rows = [
        Row("cash", ones, 1.0, 0.0, 0.0, 1.0 - d["c_hard"], np.inf),
        Row("bought", 0.0 * ones, 0.0, 1.0, 0.0, most + max(0.0, d["flow"]), np.inf),
        Row("sold", 0.0 * ones, 0.0, 0.0, 1.0, most + forced, np.inf),
        Row("buffer", 1.0 - d["m_stable"], 1.0, 0.0, 0.0, 1.0 - d["b_min"], p["buffer"]),
    ]
    for name, a, low, high in zip(d["sector_names"], d["M"].T, d["S_lo"], d["S_hi"], strict=True):
        rows.append(Row(f"sector.{name}.max", a, 0.0, 0.0, 0.0, high, p["sector_hi"]))
        rows.append(Row(f"sector.{name}.min", -a, 0.0, 0.0, 0.0, -low, p["sector_lo"]))
    for each in d["extra_rows"]:
        a, cash, h = np.array(each["a"], dtype=float), each["cash"], each["hi"]
        rows.append(Row(f"row {each['name']}", a - cash, -cash, 0.0, 0.0, h - cash, each["price"]))
    return rows
