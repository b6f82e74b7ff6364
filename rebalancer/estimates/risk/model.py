"""The risk model: covariance in factor form, per 30 days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portfolios.model.market import Array

HORIZON_DAYS = 30


@dataclass(frozen=True, slots=True)
class RiskModel:
    """Covariance of n assets over 30 days: `B @ B.T + diag(d**2)`.

    Attributes:
        assets: ids, sorted; the order of every array.
        B: loadings, shape (n, k).
        d: own volatility, shape (n,), per 30 days.
        history_days: daily returns behind each asset's estimate, shape (n,), integers.
        residual_daily: own (non-market) volatility per day, shape (n,), for alphas.
    """

    assets: tuple[str, ...]
    B: Array
    d: Array
    history_days: Array
    residual_daily: Array

    @property
    def covariance(self) -> Array:
        """The full matrix, shape (n, n), per 30 days."""
        matrix: Array = self.B @ self.B.T + np.diag(self.d**2)
        return matrix

    @property
    def volatility(self) -> Array:
        """Volatility of each asset per 30 days, shape (n,)."""
        sigma: Array = np.sqrt(np.sum(self.B**2, axis=1) + self.d**2)
        return sigma
