"""Price paths of the sample market: one market factor, a factor per sector, and each its own.

Every factor and every asset draws from a generator of its own, seeded by its name: adding an
asset leaves all other paths as they were. Returns have fat tails (Student's t) and volatility
that wanders (an autoregression of its logarithm, Taylor 1986).
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from portfolios.model.assets import AssetKind
from portfolios.model.market import Array
from portfolios.providers.sample.assets import SampleAsset

EDITION = 1763
"""Which of many possible markets; this one shows every situation of the sample portfolios."""
MARKET_VOLATILITY = 0.023
"""Of a day's log return of the factor behind everything."""
SECTOR_SHARE = 0.3
"""Part of what the market leaves of an asset's variance that its sector explains."""
TAIL, WORST = 5.0, 5.0
"""Degrees of freedom of the shocks (fewer are fatter), and the largest, in deviations."""
SINCE_CLOSE = 9.0 / 24.0
"""Part of a day between the last close and the quotes."""
PERSISTENCE, WANDER = 0.96, 0.11
"""Of the logarithm of volatility from day to day."""
PEG_MEMORY, PEG_WIDTH = 0.8, 0.0008
"""How slowly a peg heals, and the widest it strays."""


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator that belongs to a name, the same in every process."""
    return np.random.Generator(np.random.PCG64([EDITION, seed, zlib.crc32(name.encode())]))


def factor(seed: int, name: str, steps: int) -> Array:
    """Return unit-variance shocks with fat tails and wandering volatility, shape (steps,).

    The last step is shorter than the others: from the last close to the quotes.
    """
    rng = generator(seed, name)
    shocks = rng.standard_t(TAIL, steps) * math.sqrt((TAIL - 2.0) / TAIL)
    spread = WANDER / math.sqrt(1.0 - PERSISTENCE**2)
    log_vol = remembering(rng.standard_normal(steps), PERSISTENCE) * spread
    path = np.clip(shocks * np.exp(log_vol - spread**2), -WORST, WORST)
    path[-1] *= math.sqrt(SINCE_CLOSE)
    return path


def remembering(noise: Array, memory: float) -> Array:
    """Return the first-order autoregression of unit variance that noise of shape (T,) drives."""
    out = np.empty_like(noise)
    fresh = math.sqrt(1.0 - memory**2)
    last = float(noise[0])
    for i, shock in enumerate(noise.tolist()):
        last = memory * last + fresh * shock
        out[i] = last
    return out


def log_path(row: SampleAsset, factors: dict[str, Array], seed: int) -> Array:
    """Return an asset's log price relative to its end, so the last value is 0, shape (T,).

    Args:
        row: the asset; neither a stablecoin nor wrapped.
        factors: unit shocks of `market` and of each sector, shape (T,).
        seed: of the whole market.
    """
    left = row.volatility**2 - (row.beta * MARKET_VOLATILITY) ** 2
    own = factor(seed, row.asset.asset_id, len(factors["market"]))
    returns = (
        row.beta * MARKET_VOLATILITY * factors["market"]
        + math.sqrt(left * SECTOR_SHARE) * factors[row.asset.sector]
        + math.sqrt(left * (1.0 - SECTOR_SHARE)) * own
    )
    path = np.cumsum(returns)
    return np.asarray(path - path[-1])


def peg_path(row: SampleAsset, seed: int, steps: int) -> Array:
    """Return the log distance from a peg, shape (steps,): it strays a little and comes back."""
    noise = generator(seed, row.asset.asset_id).standard_normal(steps)
    return PEG_WIDTH * np.tanh(remembering(noise, PEG_MEMORY) * row.volatility / PEG_WIDTH)


def is_pegged(row: SampleAsset) -> bool:
    """Tell whether the price follows something instead of moving by itself."""
    return row.asset.kind in (AssetKind.STABLE, AssetKind.WRAPPED)
