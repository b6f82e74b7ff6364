"""Why an aim is not the target that the person wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from portfolios.model.plan import AIMED
from portfolios.values import display
from portfolios.values.parts import VISIBLE
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


def wishes_of(analysis: Analysis) -> list[tuple[float | None, float]]:
    """Return target and aim of each asset; the target None where the person wrote none at all."""
    reference = analysis.reference
    aims = reference.r.tolist()
    targets = reference.wished.tolist() if reference.has_targets else [None] * len(aims)
    return list(zip(targets, aims, strict=True))


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
        f"{AIMED}{cause}: {', '.join(_aimed(analysis, i) for i in places)}"
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
    """Return where an aim lies, and so what moves it; empty where others say it."""
    if name in (FROZEN, LEAST_CASH):
        return "at a share of what locked holdings leave"
    if name == SIGNALS:
        return f"lower in a bearish trend (signals = {analysis.policy.signals_in_force.value})"
    if name == CALMED:
        most = analysis.policy.max_volatility or 0
        return f"inside the volatility of {display.limit(most)}"
    if name == SPREAD:
        return "higher with the weight that limits freed"
    if name.startswith("buffer"):
        return f"inside the buffer of {display.limit(analysis.limits.b_min)}"
    return _by_limit(analysis.limits, name)


def _by_limit(limits: Limits, name: str) -> str:
    kind, _, rest = name.partition(".")
    subject, _, end = rest.rpartition(".")
    if kind == "asset" and subject in limits.asset_ids:
        bound = display.limit(limits.w_max[limits.asset_ids.index(subject)])
        return f"inside its limit of {bound}"
    if kind == "sector" and subject in limits.sector_names:
        bounds, noun = (limits.S_hi, "limit") if end == "max" else (limits.S_lo, "minimum")
        bound = display.limit(bounds[limits.sector_names.index(subject)])
        return f"inside the {subject} {noun} of {bound}"
    return ""
