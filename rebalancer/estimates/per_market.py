"""What follows from a market alone is worked out once, for everybody who looks at that market.

A market is a value that never changes, so what follows from it may be kept as long as it is used;
the few last ones are enough, since everybody looks at the newest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Market

MOST_KEPT = 6

Found = TypeVar("Found")


def per_market(work: Callable[[Market], Found]) -> Callable[[Market], Found]:
    """Keep the results of a function for the last few markets; any thread may call it."""
    kept: deque[tuple[Market, Found]] = deque(maxlen=MOST_KEPT)
    lock = Lock()

    @wraps(work)
    def known(market: Market) -> Found:
        with lock:
            for seen, found in kept:
                if seen is market:
                    return found
            found = work(market)
            kept.append((market, found))
            return found

    return known


def columns(market: Market) -> tuple[str, ...]:
    """Return the ids that arrays over a whole market follow, sorted; last comes an empty one.

    In its column stands what is true of an asset that the market does not know.
    """
    return tuple(_places(market))


def places(market: Market, asset_ids: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return in which columns of such arrays some assets stand."""
    known = _places(market)
    return np.array([known.get(a, len(known) - 1) for a in asset_ids], dtype=np.intp)


@per_market
def _places(market: Market) -> Mapping[str, int]:
    known = {*market.assets, *market.quotes, *market.bars.asset_ids}
    return {asset_id: i for i, asset_id in enumerate((*sorted(known), ""))}
