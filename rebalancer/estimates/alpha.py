"""Expected residual returns from grades and trends, decaying with age."""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.market import Array


@dataclass(frozen=True, slots=True)
class Alpha:
    """Expected residual return per 30 days by source, shape (n,) each; 0 where nothing is known.

    Attributes:
        trend: from the trend's state.
        grade: from the short and long grades.
        rho: uncertainty of the total, >= 0.
    """

    trend: Array
    grade: Array
    rho: Array

    @property
    def total(self) -> Array:
        """All sources together."""
        return self.trend + self.grade
