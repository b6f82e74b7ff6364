"""Why each asset trades, as shares that sum to one, before any words.

Gains of the attribution are the weights. The pull towards the reference is split by what put the
distance there: the user's own drift, a cash flow, or the rule that moved the reference; what goes
beyond the reference is risk. What a withdrawal forces is said by rule, whatever else it gains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array
from rebalancer.estimates.reference import Reference
from rebalancer.optimiser.explain.attribution import Attribution
from rebalancer.optimiser.explain.reference_moves import LEAST_CASH, ReferenceMove
from rebalancer.optimiser.inputs import Inputs, Solution

DRIFT, FLOW, TREND, GRADE, RISK = "drift", "flow", "trend", "grade", "risk"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a trade: the name of a limit, of a move of the reference, or one of the above.

    Attributes:
        name: see above.
        share: of all causes of this trade, 0 to 1; they sum to 1.
    """

    name: str
    share: float


def causes_of(
    i: int,
    inputs: Inputs,
    solution: Solution,
    *,
    attribution: Attribution,
    reference: Reference,
    moves: Sequence[ReferenceMove],
) -> tuple[Cause, ...]:
    """Return why the asset at place `i` trades, the largest share first.

    At least one cause is returned for any trade.
    """
    z = float(solution.w[i] - inputs.w0[i])
    distances = _distances(i, 1.0 if z > 0 else -1.0, inputs, reference, moves)
    gains = _gains(i, abs(z), attribution, distances)
    if sum(gains.values()) <= 0:
        gains = distances or {RISK: 1.0}
    forced = forced_share(inputs, solution) if z < 0 else 0.0
    whole = sum(gains.values())
    shares = {name: (1.0 - forced) * gain / whole for name, gain in gains.items()}
    if forced > 0:
        rule = FLOW if inputs.flow < 0 else LEAST_CASH
        shares[rule] = shares.get(rule, 0.0) + forced
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Cause(name, share) for name, share in ordered if share > 0)


def forced_share(inputs: Inputs, solution: Solution) -> float:
    """Return how much of the sales only lifts cash to its least share, 0 to 1."""
    sold = float(solution.v.sum())
    short = inputs.c_hard - inputs.c0
    return min(1.0, short / sold) if short > 0 and sold > 0 else 0.0


def weight_before_flow(inputs: Inputs, i: int) -> float:
    """Return the weight that an asset had before the cash flow; today's where nothing was held."""
    rest = 1.0 - inputs.flow
    return float(inputs.w0[i]) / rest if rest > 1e-9 else float(inputs.w0[i])


def _distances(
    i: int, side: float, inputs: Inputs, reference: Reference, moves: Sequence[ReferenceMove]
) -> dict[str, float]:
    """Return what put the reference on the trade's side of the weight held, in weights."""
    before, now, wished = weight_before_flow(inputs, i), inputs.w0[i], reference.wished[i]
    steps = [(DRIFT, wished - before), (FLOW, before - now)]
    if inputs.flow > 0 and 1.0 - inputs.flow <= 1e-9:  # the first money ever: all of it is new
        steps = [(FLOW, wished - now)]
    steps += [(move.name, move.change[i]) for move in moves]
    return {name: float(side * step) for name, step in steps if side * step > 1e-9}


def _gains(
    i: int, size: float, attribution: Attribution, distances: dict[str, float]
) -> dict[str, float]:
    gains = {TREND: attribution.trend[i], GRADE: attribution.grade[i]}
    pull = float(attribution.risk[i] + attribution.drift[i])
    whole = sum(distances.values())
    towards = min(1.0, whole / size) if size > 0 else 0.0
    gains[RISK] = pull * (1.0 - towards)
    for name, distance in distances.items():
        gains[name] = pull * towards * distance / whole
    for name, gain in attribution.limits.items():
        gains[name] = max(0.0, gains.get(name, 0.0)) + gain[i]
    return {name: float(gain) for name, gain in gains.items() if gain > 0}


def places(assets: Sequence[str]) -> dict[str, int]:
    """Return where each asset stands in the arrays.

    >>> places(("bitcoin", "ethereum"))
    {'bitcoin': 0, 'ethereum': 1}
    """
    return {asset_id: i for i, asset_id in enumerate(assets)}


def largest_cross(i: int, inputs: Inputs, solution: Solution) -> int | None:
    """Return the other asset whose distance from the reference most moves asset `i`."""
    z = solution.w - inputs.w0
    middle = inputs.w0 - inputs.r + 0.5 * z
    shared: Array = -z[i] * (inputs.B @ inputs.B[i]) * middle
    shared[i] = 0.0
    best = int(np.argmax(shared))
    return best if shared[best] > 0 else None
