"""Takes out of a daily history what was no price: closes that nobody paid, and changes of unit.

What is taken out is unknown afterwards; a change of unit is carried back through the closes before
it. Both are told by what came after, so the newest days stay as they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array

SPIKE = 3.0
"""Closes this many times above, or below, the days on both sides were not paid."""
LONGEST_SPIKE = 2
"""Days; what lasts longer was a price."""
POWER_TOLERANCE = np.log10(1.15)
"""How far from a power of ten a change of unit may be: the price moves on the same day."""
DAYS_AROUND, FEWEST_AFTER = 10, 3
STAYS = np.log10(3.0)
"""The days on either side of a change of unit are as near as this to the close at it."""


def without_spikes(close: Array) -> Array:
    """Return closes of shape (T, ...) in which those that nobody paid are unknown (NaN)."""
    cleaned = close.copy()
    for length in range(1, LONGEST_SPIKE + 1):
        for place in _spikes(cleaned, length):
            cleaned[place] = np.nan
    return cleaned


def _spikes(close: Array, length: int) -> list[tuple[npt.NDArray[np.intp], ...]]:
    """Return the places of all runs of so many days between two much lower, or higher, closes."""
    starts = len(close) - length - 1
    if starts < 1:
        return []
    before, after = close[:starts], close[length + 1 :]
    inside = np.stack([close[1 + i : 1 + i + starts] for i in range(length)])
    high = inside.min(axis=0) > SPIKE * np.maximum(before, after)
    low = inside.max(axis=0) * SPIKE < np.minimum(before, after)
    first, *rest = np.nonzero(high | low)
    return [(first + 1 + i, *rest) for i in range(length)]


def in_one_unit(close: Array) -> Array:
    """Return closes of shape (T, n) in the unit of the last one.

    A step by a power of ten that stays is a change of unit. Downwards it must be by a hundred at
    least: coins have lost nine tenths in a day.
    """
    mended = close.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log10(close[1:] / close[:-1])
    for t, j in np.argwhere((steps > 1 - POWER_TOLERANCE) | (steps < POWER_TOLERANCE - 2)):
        power = np.round(steps[t, j])
        if abs(steps[t, j] - power) <= POWER_TOLERANCE and _stays(close[:, j], t):
            mended[: t + 1, j] *= 10.0**power
    return mended


def _stays(close: Array, t: int) -> bool:
    """Tell whether the level before a step, and the one after it, are those of the days around."""
    before, after = close[max(0, t + 1 - DAYS_AROUND) : t + 1], close[t + 1 : t + 1 + DAYS_AROUND]
    after = after[np.isfinite(after)]
    return (
        len(after) >= FEWEST_AFTER
        and abs(np.log10(np.median(after) / close[t + 1])) <= STAYS
        and abs(np.log10(np.nanmedian(before) / close[t])) <= STAYS
    )
