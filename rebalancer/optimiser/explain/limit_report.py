"""Limits that bind or stay broken after the trades, and why they stay so, in words.

A limit binds as well when only the reference stands at it: the reference was brought inside the
limits before the program saw it. Caps on what nobody holds are not worth a line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array
from portfolios.model.plan import LimitLine
from portfolios.model.policy import BREACH
from portfolios.values import display
from rebalancer.estimates.limits import Limits
from rebalancer.optimiser.explain.attribution import volatility
from rebalancer.optimiser.explain.shadow_prices import Solve, priced
from rebalancer.optimiser.inputs import Inputs, Solution

ROUNDED_STEP = 0.05
"""A last step smaller than this is none."""
MET = 5e-4
"""Half a tenth of a point: nearer than this a limit is reached."""


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit: `a @ w + cash * c` against `bound`, from above or (`is_floor`) from below.

    `edge` is what the program kept to: the bound, or its inner edge where the limit was broken.
    """

    name: str
    label: str
    a: Array
    cash: float
    bound: float
    edge: float
    is_floor: bool

    def at(self, w: Array, cash: float) -> float:
        return float(self.a @ w) + self.cash * cash

    def excess(self, value: float) -> float:
        return self.bound - value if self.is_floor else value - self.bound

    def beyond_edge(self, value: float) -> float:
        return self.edge - value if self.is_floor else value - self.edge


def limit_lines(
    inputs: Inputs,
    solution: Solution,
    limits: Limits,
    *,
    after: Array,
    cash_after: float,
    solve: Solve | None = None,
) -> tuple[LimitLine, ...]:
    """Return every limit that binds or is broken after the trades, sorted by name.

    Args:
        inputs: the program.
        solution: its answer, with duals where there are any.
        limits: the policy, for which limits the user stated.
        after: weights after rounding, shape (n,), fractions of the value before the trades.
        cash_after: cash after rounding, the same way.
        solve: solves a program again without the minimum trade; without it no price is shown.
    """
    found = [_line(inputs, limits, limit, after, cash_after) for limit in _linear(inputs, limits)]
    found += [_turnover(inputs, limits, after), _volatility(inputs, limits, after)]
    lines = [line for line in found if line is not None]
    lines = priced(inputs, solution, lines, solve) if solve else lines
    return tuple(sorted(lines, key=lambda line: line.name))


def _linear(inputs: Inputs, limits: Limits) -> Iterator[_Limit]:
    """Yield the linear limits that mean something: caps under 1, floors and buffer over 0."""
    unit = np.eye(inputs.n)
    for i, asset_id in enumerate(inputs.assets):
        cap, edge = float(limits.w_max[i]), float(inputs.w_max[i])
        yield _Limit(f"asset.{asset_id}.max", asset_id, unit[i], 0.0, cap, edge, False)
    for j, name in enumerate(inputs.sector_names):
        members, low, high = inputs.M[:, j], float(limits.S_lo[j]), float(limits.S_hi[j])
        top, bottom = float(inputs.S_hi[j]), float(inputs.S_lo[j])
        yield _Limit(f"sector.{name}.max", name, members, 0.0, high, top, False)
        yield _Limit(f"sector.{name}.min", name, members, 0.0, low, bottom, True)
    label, least = "cash with stablecoins", limits.b_min
    yield _Limit("buffer", label, inputs.m_stable, 1.0, least, inputs.b_min, True)
    for row in inputs.extra_rows:
        label = "the buffer outside its largest issuer" if "buffer" in row.name else row.name
        if row.hi < 0:  # a floor, written as a cap
            yield _Limit(row.name, label, -row.a, -row.cash, -row.hi, -row.hi, True)
        else:
            yield _Limit(row.name, label, row.a, row.cash, row.hi, row.hi, False)


def _line(
    inputs: Inputs, limits: Limits, limit: _Limit, after: Array, cash_after: float
) -> LimitLine | None:
    value = limit.at(after, cash_after)
    excess = limit.excess(value)
    is_near = max(excess, limit.beyond_edge(value)) >= -MET
    if not _means_something(limit) or not is_near or not _concerns(inputs, limit, after):
        return None
    broken = excess > BREACH
    if not broken and not _is_leant_on(inputs, limit, after):
        return None
    if not broken and limit.name in limits.raised:
        return None  # no limit that was set, only the user's own target
    why = f"; {_why_left(inputs, limits, limit, after, cash_after)}" if broken else ""
    return LimitLine(
        name=limit.name,
        bound=limit.bound,
        value=value,
        binding=True,
        violation=excess if broken else 0.0,
        text=_text(limit, value) + why,
        stated=limit.name in limits.stated,
    )


def _means_something(limit: _Limit) -> bool:
    return limit.bound > 0 if limit.is_floor else limit.bound < 1


def _concerns(inputs: Inputs, limit: _Limit, after: Array) -> bool:
    """Tell whether anybody holds, or would hold, what a cap is about; floors concern everybody."""
    if limit.is_floor or limit.cash:
        return True
    members = limit.a > 0
    return bool((np.maximum(inputs.w0, after)[members] > MET).any())


def _is_leant_on(inputs: Inputs, limit: _Limit, after: Array) -> bool:
    """Tell whether a limit just met matters: a member moved, or the reference stands at it."""
    moved = np.abs(after - inputs.w0) > MET
    if limit.cash or bool(moved[limit.a != 0].any()):
        return True
    return abs(limit.beyond_edge(limit.at(inputs.r, 1.0 - float(inputs.r.sum())))) <= MET


def _text(limit: _Limit, value: float) -> str:
    excess = limit.excess(value)
    bound = display.limit(limit.bound)
    noun = "minimum" if limit.is_floor else "limit"
    if excess < -MET:
        return f"{limit.label} ends at {display.percent(value)}, inside its {noun} of {bound}"
    if excess <= BREACH:
        return f"{limit.label} is at its {noun} of {bound}"
    side = "under" if limit.is_floor else "over"
    return f"{limit.label} stays {display.points(excess)} {side} its {noun} of {bound}"


def _why_left(
    inputs: Inputs, limits: Limits, limit: _Limit, after: Array, cash_after: float
) -> str:
    """Say why a broken limit is not mended: locks, what may be traded, turnover, or its cost."""
    if limit.name.endswith(".max") and not limits.holds(limit.name):
        return "it is a default, which only warns"
    if limit.is_floor and not limit.cash and not _may_grow(limit, inputs):
        return "cannot fix: nothing in it is held, wanted or a candidate"
    locked = limit.excess(_nearest(limit, inputs, inputs.w_lock, np.ones(inputs.n), cash_after))
    if locked > BREACH:
        return "cannot fix: locked"
    if not limit.is_floor and limit.edge - limit.bound > BREACH:
        return "cannot fix: locked, and a default limit sells nothing below its target"
    sold, bought = inputs.w0 - inputs.v_hi, inputs.w0 + inputs.u_hi
    if limit.excess(_nearest(limit, inputs, sold, bought, cash_after)) > BREACH:
        return "cannot fix: may not be sold" if not limit.is_floor else "cannot fix: nothing to buy"
    if inputs.turnover_to(after) >= inputs.turnover_max - MET:
        return f"left for the next run: turnover limit {display.limit(inputs.turnover_max)}"
    if limit.beyond_edge(limit.at(after, cash_after)) < inputs.min_trade:
        return "left: what would mend it is less than the smallest trade"
    return "left: mending it costs more than it is worth now"


def _may_grow(limit: _Limit, inputs: Inputs) -> bool:
    """Tell whether anything in a floor is held, wanted or a candidate."""
    return bool(np.any((limit.a > 0) & ((inputs.w0 > 0) | (inputs.u_hi > 0) | (inputs.r > 0))))


def _nearest(
    limit: _Limit, inputs: Inputs, lowest: Array, highest: Array, cash_after: float
) -> float:
    """Return the value of a limit when its members go as far as bounds of weights allow."""
    if limit.cash:
        wanted = np.where(limit.a * limit.cash > 0, inputs.w0, lowest)
        return limit.at(wanted, 1.0 - float(wanted.sum()))
    ends = highest if limit.is_floor else lowest
    return limit.at(ends, cash_after)


def _turnover(inputs: Inputs, limits: Limits, after: Array) -> LimitLine | None:
    value, bound = inputs.turnover_to(after), inputs.turnover_max
    if value < bound - MET or value <= 0:
        return None
    text = f"turnover is at its limit of {display.limit(bound)}{_steps(inputs)}"
    broken = max(0.0, value - bound) if value > bound + MET else 0.0
    stated = "turnover" in limits.stated
    return LimitLine("turnover", bound, value, True, broken, text=text, stated=stated)


def _steps(inputs: Inputs) -> str:
    """Say how many proposals of this size the aims take."""
    steps = steps_of(inputs.turnover_to(inputs.r), inputs.turnover_max)
    return f" (step 1 of about {steps})" if steps > 1 else ""


def steps_of(whole: float, most: float) -> int:
    """Count the proposals that a turnover takes, where each may be so much; 0 for never.

    >>> steps_of(0.45, 0.2), steps_of(0.201, 0.2), steps_of(0.1, 0.0)
    (3, 1, 0)
    """
    return math.ceil(whole / most - ROUNDED_STEP) if most > 0 else 0


def _volatility(inputs: Inputs, limits: Limits, after: Array) -> LimitLine | None:
    if inputs.vol_max is None:
        return None
    value, bound = volatility(inputs, after), inputs.vol_max
    if value < bound - MET:
        return None
    excess = value - bound
    limit = _Limit("volatility", "volatility", after, 0.0, bound, bound, False)
    why = ""
    if excess > BREACH:
        full = inputs.turnover_to(after) >= inputs.turnover_max - MET
        reach = f"left for the next run: turnover limit {display.limit(inputs.turnover_max)}"
        locked = "locked, or " if inputs.w_lock.any() else ""
        why = "; " + (reach if full else f"cannot fix: {locked}too costly now")
    broken = excess if excess > BREACH else 0.0
    text = _text(limit, value) + why
    stated = "volatility" in limits.stated
    return LimitLine("volatility", bound, value, True, broken, text=text, stated=stated)
