"""Common factors of a correlation by maximum likelihood, and the loadings of assets on them.

A variance is what the factors explain, at most 96% of it, and the asset's own part. Where factors
would explain more, loadings are scaled back, so that every volatility stays exact.
"""

from __future__ import annotations

import numpy as np

from portfolios.model.market import Array

MOST_FACTORS = 10
LEAST_OWN = 0.04
"""Share of a variance that no common factor explains."""
STEPS = 60
"""Of the likelihood's climb: a fixed number, so that equal matrices have equal factors."""


def maximum_likelihood(correlation: Array, most: int = MOST_FACTORS) -> Array:
    """Return loadings of the factor model nearest to a correlation, shape (m, k).

    The expectation-maximisation of Rubin and Thayer (1982), begun at the principal components. Two
    assets have one factor and m have m - 1 at most; one asset, or none, has one too.

    Args:
        correlation: shape (m, m), positive definite, ones on the diagonal.
        most: of k.
    """
    k = max(1, min(most, len(correlation) - 1))
    loadings, own = _principal(correlation, k)
    for _ in range(STEPS):
        scores = _scores(loadings, own)
        pulled = correlation @ scores.T
        second = np.eye(k) - scores @ loadings + scores @ pulled
        loadings = np.asarray(np.linalg.solve(second, pulled.T).T)
        own = np.maximum(1.0 - (loadings * pulled).sum(axis=1), LEAST_OWN)
    return bounded(loadings)


def regressed(correlation: Array, loadings: Array) -> Array:
    """Return the loadings of p further assets, shape (p, k).

    Least squares on the loadings of the m first, each weighted by what is known of it: the inverse
    of its own part; a factor that says little is left near zero.

    Args:
        correlation: of the further assets with the first, shape (p, m).
        loadings: of the first, shape (m, k).
    """
    return np.asarray(correlation @ _scores(loadings, own_part(loadings)).T)


def direction(loading: Array, loadings: Array) -> Array:
    """Return the market as a direction among the factors, of length 1, shape (k,).

    Args:
        loading: of m assets on the market, shape (m,).
        loadings: theirs on the factors, shape (m, k).
    """
    found = regressed(loading[None, :], loadings)[0]
    length = float(np.sqrt(found @ found))
    return np.asarray(found / length if length > 0 else np.eye(loadings.shape[1])[0])


def bounded(loadings: Array) -> Array:
    """Scale loadings of shape (n, k) back where they leave an asset too little of its own."""
    common = (loadings**2).sum(axis=1, keepdims=True)
    return np.asarray(loadings * np.sqrt((1.0 - LEAST_OWN) / np.maximum(common, 1.0 - LEAST_OWN)))


def own_part(loadings: Array) -> Array:
    """Return the share of each variance that loadings of shape (n, k) leave, shape (n,)."""
    return np.asarray(np.maximum(1.0 - (loadings**2).sum(axis=1), 0.0))


def _principal(correlation: Array, k: int) -> tuple[Array, Array]:
    if not len(correlation):
        return np.zeros((0, k)), np.zeros(0)
    values, vectors = np.linalg.eigh(correlation)
    rest = float(values[:-k].mean()) if len(values) > k else 0.0
    loadings = vectors[:, -k:] * np.sqrt(np.maximum(values[-k:] - rest, LEAST_OWN))
    # The sign of an eigenvector is the library's whim.
    loadings = bounded(loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0))
    return loadings, own_part(loadings)


def _scores(loadings: Array, own: Array) -> Array:
    """Return what m returns say of k factors: coefficients of their mean, shape (k, m)."""
    weighted = loadings / own[:, None]
    precision = np.eye(loadings.shape[1]) + loadings.T @ weighted
    return np.asarray(np.linalg.solve(precision, weighted.T))
