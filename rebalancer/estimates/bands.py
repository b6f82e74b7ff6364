"""How far a weight may stray: bands around weights, and how far inside a limit a trade ends."""

from __future__ import annotations

import numpy as np

from portfolios.model.market import Array
from portfolios.model.policy import Policy

LEAST_BAND, MOST_BAND, RELATIVE_BAND = 0.01, 0.05, 0.25


def usual_band(w: Array) -> Array:
    """Return the band of weights, any shape: the 5/25 rule with a floor of one point.

    >>> usual_band(np.array([0.02, 0.1, 0.6])).tolist()
    [0.01, 0.025, 0.05]
    """
    band: Array = np.clip(RELATIVE_BAND * w, LEAST_BAND, MOST_BAND)
    return band


def band_of(w: Array, policy: Policy) -> Array:
    """Return the tolerance band around weights, any shape: as stated, else the usual one."""
    return usual_band(w) if policy.band is None else np.full_like(w, float(policy.band))


def margin_of(bound: Array) -> Array:
    """Return how far inside a limit a trade ends that mends it, of the shape of the limits.

    It is half the band of the limit, so that the next move of prices does not break it again, and
    never more than half the limit.

    >>> margin_of(np.array([0.0, 0.005, 0.1, 0.6])).tolist()
    [0.0, 0.0025, 0.0125, 0.025]
    """
    margin: Array = 0.5 * np.minimum(usual_band(bound), bound)
    return margin
