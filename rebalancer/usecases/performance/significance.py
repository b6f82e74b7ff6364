"""Whether some proposals earned more, or less, than luck alone would have made them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from portfolios.model.market import Array
from portfolios.values import display
from portfolios.values.schedule import week_name

LEVEL = 0.01
"""What luck does more often than this is no sign of skill.

Stricter than the usual 5%, because what two proposals earned until today rests in part on the same
days, so that they say less than two independent ones.
"""
LEAST = 8
"""Weeks below which nothing can be told: even if all seven earn, luck does so 2 times in 128."""
_ALL_UP_TO = 14
_DRAWS = 9_999


@dataclass(frozen=True, slots=True)
class Significance:
    """How far a record tells skill from luck.

    Attributes:
        weeks: in which there was something to judge.
        chance: how often luck alone does as well or as badly; None below `LEAST` weeks.
    """

    weeks: int
    chance: float | None

    @property
    def is_told(self) -> bool:
        """Tell whether luck is an unlikely explanation."""
        return self.chance is not None and self.chance <= LEVEL

    @property
    def words(self) -> str:
        """Say it in words."""
        if self.chance is None:
            count = display.counted(self.weeks, "week")
            return f"too few to tell ({count}, of {LEAST} at least)"
        often = f"{display.percent(self.chance)} of the time"
        if self.chance < 0.001:
            often = "less than 0.1% of the time"
        head = "hardly luck" if self.is_told else "too few to tell"
        return f"{head} (luck alone does so {often})"


def sign_flip_test(returns: Iterable[tuple[date, float]]) -> Significance:
    """Judge returns against doing nothing by a randomisation test, which assumes no distribution.

    Were it luck, each return could as well have had the other sign. So all signs are turned in
    every way, or in many ways drawn by lot, and it is counted how often the sum then is as far from
    zero as the one seen. Sources: R. A. Fisher, The Design of Experiments (1935), section 21; for
    the drawn ones, which count the one seen among them, B. Phipson and G. K. Smyth, Permutation
    P-values Should Never Be Zero (2010).

    Args:
        returns: day and earned money as a fraction of the portfolio's value. Those of one week rest
            on the same prices, so their mean counts as one.
    """
    by_week: defaultdict[str, list[float]] = defaultdict(list)
    for day, value in returns:
        by_week[week_name(day)].append(value)
    means = np.array([float(np.mean(own)) for own in by_week.values()])
    return Significance(len(means), _chance(means) if len(means) >= LEAST else None)


def _chance(values: Array) -> float:
    signs = _every_sign(len(values)) if len(values) <= _ALL_UP_TO else _drawn_signs(len(values))
    seen, slack = abs(values.sum()), 1e-12 * np.abs(values).sum()
    return float(np.mean(np.abs(signs @ values) >= seen - slack))


def _every_sign(count: int) -> Array:
    bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
    return np.asarray(1.0 - 2.0 * bits)


def _drawn_signs(count: int) -> Array:
    # Always the same lots: the same record is always judged alike.
    drawn = np.random.default_rng(0).integers(0, 2, (_DRAWS, count))
    return np.asarray(np.vstack([np.ones(count), 1.0 - 2.0 * drawn]))
