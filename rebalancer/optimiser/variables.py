"""The variables of a program."""

from __future__ import annotations

from dataclasses import dataclass

import cvxpy as cp


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of the program, shapes (n,) but for the factors `y` (k,) and the cash `c`."""

    w: cp.Variable  # weights after
    u: cp.Variable  # buys
    v: cp.Variable  # sells
    a: cp.Variable  # active weights, w - r
    y: cp.Variable  # scaled factor exposures
    e: cp.Variable  # scaled own risk
    c: cp.Variable  # cash after
