"""Why an aim is not the target that the person wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from portfolios.values import display
from rebalancer.decision.analysis import Analysis
from rebalancer.decision.build_inputs import inputs_of
from rebalancer.estimates.limits import Limits
from rebalancer.optimiser.explain.reference_moves import (
    CALMED,
    FROZEN,
    LEAST_CASH,
    SIGNALS,
    SPREAD,
    reference_moves,
)

VISIBLE = 5e-4
"""Half a tenth of a point: less is not shown as a difference."""


def aims_apart(analysis: Analysis) -> list[str]:
    """Say for each limit which targets it moves, and where they are aimed instead.

    Only stated targets have aims that can differ from them; a lock or a missing price of the asset
    itself is said elsewhere.
    """
    if not analysis.reference.has_targets:
        return []
    moved: dict[str, list[int]] = defaultdict(list)
    for i, name in _largest_moves(analysis):
        moved[_cause(analysis, name)].append(i)
    return [
        f"{cause}: {', '.join(_aimed(analysis, i) for i in places)}"
        for cause, places in moved.items()
        if cause
    ]


def _largest_moves(analysis: Analysis) -> Iterator[tuple[int, str]]:
    """Yield each asset whose aim differs from its target, with what moved it most."""
    reference = analysis.reference
    moves = reference_moves(reference, inputs_of(analysis), analysis.bounds)
    for i in np.flatnonzero(np.abs(reference.r - reference.wished) > VISIBLE):
        if moves and reference.wished[i] > 0 and not _is_kept(analysis, int(i)):
            yield int(i), max(moves, key=lambda move: abs(move.change[i])).name


def _is_kept(analysis: Analysis, i: int) -> bool:
    """Tell whether an asset stands at its own lock, which is said beside it."""
    lock = float(analysis.bounds.w_lock[i])
    return lock > 0 and abs(float(analysis.reference.r[i]) - lock) <= VISIBLE


def _aimed(analysis: Analysis, i: int) -> str:
    reference, position = analysis.reference, analysis.valuation.positions[i]
    target, aim = display.percent(reference.wished[i]), display.percent(reference.r[i])
    return f"{position.asset.symbol} at {aim} for a target of {target}"


def _cause(analysis: Analysis, name: str) -> str:
    """Return the words for what moves an aim; empty where others say it."""
    if name in (FROZEN, LEAST_CASH):
        return "aimed at a share of what locked holdings leave"
    if name == SIGNALS:
        return (
            f"aimed lower in a bearish trend (signals = {analysis.policy.signals_in_force.value})"
        )
    if name == CALMED:
        most = analysis.policy.max_volatility or 0
        return f"aimed inside the volatility of {display.limit(most)}"
    if name == SPREAD:
        return "aimed higher with the weight that limits freed"
    if name.startswith("buffer"):
        return f"aimed inside the buffer of {display.limit(analysis.limits.b_min)}"
    return _by_limit(analysis.limits, name)


def _by_limit(limits: Limits, name: str) -> str:
    kind, _, rest = name.partition(".")
    subject, _, end = rest.rpartition(".")
    if kind == "asset" and subject in limits.asset_ids:
        bound = display.limit(limits.w_max[limits.asset_ids.index(subject)])
        return f"aimed inside its limit of {bound}"
    if kind == "sector" and subject in limits.sector_names:
        bounds, noun = (limits.S_hi, "limit") if end == "max" else (limits.S_lo, "minimum")
        bound = display.limit(bounds[limits.sector_names.index(subject)])
        return f"aimed inside the {subject} {noun} of {bound}"
    return ""
