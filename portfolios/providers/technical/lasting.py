"""Whether a trend is bearish by its last state that lasted."""

from __future__ import annotations

import numpy as np

from portfolios.model.market import TREND_LASTS, Array


def lasting_bearish(trend: Array) -> bool | None:
    """Tell whether a trend was bearish the last time that it stayed so, or otherwise, for long.

    Args:
        trend: one state a day, oldest first, shape (T,).

    Returns:
        None where nothing lasted.

    >>> lasting_bearish(np.array([-1.0] * 16 + [1.0] * 15))
    True
    >>> lasting_bearish(np.array([-1.0] * 16 + [1.0, 0.0] * 8))
    False
    """
    bearish = trend == -1
    bounds = [0, *np.flatnonzero(bearish[1:] != bearish[:-1]) + 1, len(bearish)]
    for begin, end in zip(bounds[-2::-1], bounds[:0:-1], strict=True):
        if end - begin > TREND_LASTS.days:
            return bool(bearish[begin])
    return None
