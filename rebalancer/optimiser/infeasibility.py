"""Says which limits contradict each other, and the smallest relaxation that ends it.

Almost everything is soft, so only two things are impossible: limits that no portfolio of these
assets could meet whatever it held, and a withdrawal beyond what may be sold. A linear program asks
whether any weights meet all limits; the smallest set at fault is found by leaving limits out one
by one (deletion filter).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from portfolios.errors import Conflict, InfeasibleError
from portfolios.model.market import Array
from portfolios.values import display
from rebalancer.optimiser.inputs import Inputs

SLACK = 1e-9
KEYS = {"buffer": "cash_buffer"}
"""Limits whose key in a portfolio file is another word."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as `a @ (w, c) <= hi`, the cash weight last; `is_floor` where stated from below."""

    name: str
    a: Array
    hi: float
    is_floor: bool

    @property
    def bound(self) -> float:
        """The bound as the user states it."""
        return -self.hi if self.is_floor else self.hi


def require_consistent(inputs: Inputs) -> None:
    """Refuse limits that contradict each other.

    Raises:
        InfeasibleError: with the smallest set at fault and what would mend each.
    """
    scenario = with_stand_ins(inputs)
    limits = tuple(limits_in_force(scenario))
    if any(_keeps(weights, limits) for weights in _candidates(scenario)):
        return  # which is nearly always so, and needs no linear program
    if _most_violation(limits, scenario.n) <= SLACK:
        return
    fault = smallest_fault(limits, scenario.n)
    conflicts = [_conflict(limit, fault, scenario.n) for limit in fault]
    names = " and ".join(f"{c.limit} {display.limit(c.bound)}" for c in conflicts)
    best = min(conflicts, key=lambda c: (abs(c.bound - c.relaxed), c.limit))
    raise InfeasibleError(
        f"limits contradict each other: {names}",
        conflicts=conflicts,
        hint=f"smallest relaxation: {KEYS.get(best.limit, best.limit)} to {_met_at(best)}",
    )


def _candidates(inputs: Inputs) -> Iterator[Array]:
    """Yield weights, cash last, that keep most limits: nothing but cash, and the reference."""
    yield np.append(np.zeros(inputs.n), 1.0)
    cash = 1.0 - float(inputs.r.sum())
    if cash >= 0 and np.all(inputs.r >= 0):
        yield np.concatenate([inputs.r, np.zeros(inputs.n - len(inputs.r)), [cash]])


def _keeps(weights: Array, limits: Sequence[Limit]) -> bool:
    return all(float(limit.a @ weights) <= limit.hi + SLACK for limit in limits)


def _met_at(conflict: Conflict) -> str:
    """Write the relaxed bound so that it ends the contradiction as it is written."""
    steps = conflict.relaxed * 10_000  # of a hundredth of a percent, as bounds are shown
    is_floor = conflict.relaxed < conflict.bound
    whole = floor(steps + SLACK * 10) if is_floor else ceil(steps - SLACK * 10)
    return display.limit(whole / 10_000)


def require_cash(inputs: Inputs) -> None:
    """Refuse a withdrawal beyond what may be sold.

    Raises:
        InfeasibleError: with what may be taken out.
    """
    reachable = inputs.c0 + float(((1.0 - inputs.kappa_sell) * inputs.v_hi).sum())
    short = inputs.c_hard - reachable
    if short > SLACK:
        raise InfeasibleError(
            f"the withdrawal exceeds what may be sold by {display.percent(short)} of what is left",
            conflicts=[Conflict("withdrawal", abs(inputs.flow), abs(inputs.flow) - short)],
            hint="take out less, or lift a lock",
        )


def with_stand_ins(inputs: Inputs) -> Inputs:
    """Return the limits in a world where each sector without members here has one.

    A floor of a sector in which nothing is held is unmet, not contradictory; a floor over its cap
    is contradictory whatever is held.
    """
    empty = np.flatnonzero(~(inputs.M > 0).any(axis=0))
    count, s = len(empty), len(inputs.sector_names)
    return replace(
        inputs,
        assets=(*inputs.assets, *(f"any of {inputs.sector_names[j]}" for j in empty)),
        M=np.vstack([inputs.M.reshape(inputs.n, s), np.eye(s)[empty]]),
        w_max=np.append(inputs.w_max, np.ones(count)),
        m_stable=np.append(inputs.m_stable, np.zeros(count)),
    )


def limits_in_force(inputs: Inputs) -> Iterator[Limit]:
    """Yield every limit that limits something."""
    n = inputs.n
    for j, name in enumerate(inputs.sector_names):
        members = np.append(inputs.M[:, j], 0.0)
        if inputs.S_lo[j] > 0:
            yield Limit(f"sector.{name}.min", -members, -float(inputs.S_lo[j]), True)
        if inputs.S_hi[j] < 1:
            yield Limit(f"sector.{name}.max", members, float(inputs.S_hi[j]), False)
    unit = np.eye(n + 1)
    for i, asset_id in enumerate(inputs.assets):
        if inputs.w_max[i] < 1:
            yield Limit(f"asset.{asset_id}.max", unit[i], float(inputs.w_max[i]), False)
    if inputs.b_min > 0:
        yield Limit("buffer", -np.append(inputs.m_stable, 1.0), -inputs.b_min, True)


def smallest_fault(limits: Sequence[Limit], n: int) -> tuple[Limit, ...]:
    """Return an irreducible contradictory set: without any one of them the rest can be met."""
    kept = list(limits)
    for limit in limits:
        rest = [other for other in kept if other is not limit]
        if _most_violation(rest, n) > SLACK:
            kept = rest
    return tuple(kept)


def _conflict(limit: Limit, fault: Sequence[Limit], n: int) -> Conflict:
    """Return how far one limit must move alone for the others of the set to hold."""
    others = [other for other in fault if other is not limit]
    nearest = _least(limit.a, others, n)
    return Conflict(limit.name, limit.bound, -nearest if limit.is_floor else nearest)


def _most_violation(limits: Sequence[Limit], n: int) -> float:
    """Return the least t such that some weights break no limit by more than t."""
    if not limits:
        return 0.0
    rows = np.array([np.append(limit.a, -1.0) for limit in limits])
    cost = np.append(np.zeros(n + 1), 1.0)
    return _minimum(cost, rows, np.array([limit.hi for limit in limits]), n)


def _least(a: Array, limits: Sequence[Limit], n: int) -> float:
    """Return the least value of a limit's left side while others hold."""
    rows = np.array([np.append(limit.a, 0.0) for limit in limits]).reshape(len(limits), n + 2)
    return _minimum(np.append(a, 0.0), rows, np.array([limit.hi for limit in limits]), n)


def _minimum(cost: Array, rows: Array, hi: Array, n: int) -> float:
    """Solve a linear program over weights and cash that sum to 1, and one free slack >= 0."""
    # scipy takes half a second to load, so only commands that solve pay for it.
    from scipy.optimize import linprog

    whole = np.append(np.ones(n + 1), 0.0)[None, :]
    found = linprog(
        cost,
        A_ub=rows if len(rows) else None,
        b_ub=hi if len(rows) else None,
        A_eq=whole,
        b_eq=[1.0],
        bounds=[(0, None)] * (n + 2),
        method="highs",
    )
    return float(found.fun)
