"""Small markets made to order: who exists, what it did, how it is graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Bars, Grade, Market, Quote
from portfolios.model.portfolio import Holding, Portfolio

AS_OF = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def coin(asset_id: str, sector: str = "defi", *, rank: int | None = 50, **more: object) -> Asset:
    return Asset(asset_id, asset_id.upper(), asset_id, sector, rank=rank, **more)  # type: ignore[arg-type]


def stable(asset_id: str, issuer: str = "") -> Asset:
    return coin(asset_id, "stablecoin", kind=AssetKind.STABLE, issuer=issuer, peg="usd")


def wrapped(asset_id: str, underlying: str) -> Asset:
    return coin(asset_id, "wrapped_staked", kind=AssetKind.WRAPPED, underlying=underlying)


def graded(
    short: float | None = 50.0,
    long: float | None = 50.0,
    trend: int | None = 0,
    *,
    age: timedelta = HOUR,
    source: str = "vendor",
    kind: str = "a",
) -> Grade:
    return Grade(source, short, long, trend, 0, AS_OF - age, AS_OF - age, kind, trend == -1)


def paths(n: int, days: int = 400, *, seed: int = 1, beta: float = 0.03) -> Array:
    """Closes that move together and apart, shape (days, n)."""
    draw = np.random.default_rng(seed)
    common = draw.normal(0, beta, (days, 1))
    own = draw.normal(0, 0.02, (days, n))
    closes: Array = 100 * np.exp(np.cumsum(common + own, axis=0))
    return closes


def market_of(
    assets: Sequence[Asset],
    *,
    close: Array | None = None,
    volume: float | Array = 1e9,
    grades: Mapping[str, Grade] | None = None,
    prices: Mapping[str, str] | None = None,
) -> Market:
    """A market in which everything costs 100, stablecoins 1, unless said."""
    closes = paths(len(assets)) if close is None else close
    days = tuple(AS_OF.date() - timedelta(days=back) for back in range(len(closes), 0, -1))
    ids = tuple(asset.asset_id for asset in assets)
    usual = {a.asset_id: "1" if a.kind is AssetKind.STABLE else "100" for a in assets}
    quotes = {
        asset_id: Quote(Decimal(price), AS_OF - HOUR, "test")
        for asset_id, price in {**usual, **(prices or {})}.items()
    }
    bars = Bars(days, ids, closes, np.broadcast_to(np.asarray(volume, float), closes.shape).copy())
    return Market(AS_OF, "usd", {a.asset_id: a for a in assets}, quotes, grades or {}, bars)


def portfolio_of(market: Market, weights: Mapping[str, float], **more: object) -> Portfolio:
    """A portfolio of 100,000 with these weights; the rest is cash unless said."""
    holdings = tuple(
        Holding(a, Decimal(str(w)) * 100_000 / market.quotes[a].price) for a, w in weights.items()
    )
    cash = Decimal(100_000) * (1 - sum((Decimal(str(w)) for w in weights.values()), Decimal(0)))
    return Portfolio("made", **{"holdings": holdings, "cash": cash, **more})  # type: ignore[arg-type]
