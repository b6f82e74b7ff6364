"""How far an asset is from what it stands for: a stablecoin's peg, a wrapped coin's underlying.

A staked coin earns, so its price in its underlying grows: it is measured against its own usual
price there, and only below it. On daily closes of two wrapped forms of bitcoin from 2019 to 2023
two days of 1,410 were over 2% below, both in the first months of one of them; staked ether in
June 2022 was 5% below for weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

import numpy as np

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import PRICE_LIMIT, Market, Quote
from portfolios.values import display

STABLE_AMBER, STABLE_RED = 0.005, 0.01
WRAPPED_AMBER, WRAPPED_RED = 0.01, 0.02
"""Fractions of the price that an asset should have."""
HEALTHY = 0.02
"""Up to so far from its peg a stablecoin counts as money."""
FEWEST_PEERS = 3
USUAL_DAYS, FEWEST_DAYS = 180, 30


@dataclass(frozen=True, slots=True)
class Gap:
    """The distance of an asset from what it stands for.

    Attributes:
        away: fraction of the price it should have; of a wrapped coin only what is missing.
        amber, red: where it begins to matter, in the same unit.
        text: in words, `1.20% away from its peg`.
    """

    away: float
    amber: float
    red: float
    text: str

    @property
    def is_lost(self) -> bool:
        """Tell whether it is so far away that more of it may not be bought."""
        return self.away >= self.red


def has_peg(asset: Asset) -> bool:
    """Tell whether an asset stands for something else."""
    return asset.kind is AssetKind.STABLE or asset.underlying is not None


def gap_of(market: Market, asset: Asset) -> Gap | str:
    """Return the distance of an asset that has a peg, or why it is unknown."""
    quote = market.quotes.get(asset.asset_id)
    if quote is None or not _is_usable(market, quote):
        return "no price to trust"
    is_stable = asset.kind is AssetKind.STABLE
    return (_stable if is_stable else _wrapped)(market, asset, quote)


def lost_peg(market: Market, asset: Asset) -> str:
    """Say that an asset has lost what it stands for; empty while it has not or is unknown."""
    gap = gap_of(market, asset) if has_peg(asset) else ""
    return gap.text if isinstance(gap, Gap) and gap.is_lost else ""


def is_healthy_stable(market: Market, asset: Asset) -> bool:
    """Tell whether an asset is a stablecoin known to be near its peg."""
    gap = gap_of(market, asset) if asset.kind is AssetKind.STABLE else ""
    return isinstance(gap, Gap) and gap.away <= HEALTHY


def _stable(market: Market, asset: Asset, quote: Quote) -> Gap | str:
    par = _par(market, asset.peg)
    if par is None:
        return "what its peg is worth is unknown"
    away = float(abs(quote.price / par - 1))
    text = f"{display.percent(away, 2)} away from its peg"
    return Gap(away, STABLE_AMBER, STABLE_RED, text)


def _par(market: Market, peg: str) -> Decimal | None:
    """Return what a peg is worth: in another currency the median of the coins that follow it."""
    if not peg:
        return None
    if peg == market.currency:
        return Decimal(1)
    peers = list(_peers(market, peg))
    return median(peers) if len(peers) >= FEWEST_PEERS else None


def _peers(market: Market, peg: str) -> Iterator[Decimal]:
    for asset_id, quote in sorted(market.quotes.items()):
        asset = market.assets.get(asset_id)
        if asset is None or asset.kind is not AssetKind.STABLE or asset.peg != peg:
            continue
        if _is_usable(market, quote):
            yield quote.price


def _wrapped(market: Market, asset: Asset, quote: Quote) -> Gap | str:
    below = asset.underlying or ""
    beneath = market.quotes.get(below)
    if beneath is None or not _is_usable(market, beneath):
        return f"{market.symbol(below)}, for which it stands, has no price to trust"
    usual = _usual_ratio(market, asset.asset_id, below)
    if usual is None:
        return f"too few days with prices of it and of {market.symbol(below)}"
    away = max(0.0, 1 - float(quote.price / beneath.price) / usual)
    text = f"{display.percent(away, 2)} below its usual price in {market.symbol(below)}"
    return Gap(away, WRAPPED_AMBER, WRAPPED_RED, text)


def _usual_ratio(market: Market, asset_id: str, below: str) -> float | None:
    """Return the median of the daily closes in the underlying; None for too few of them."""
    close = market.bars.columns((asset_id, below)).close[-USUAL_DAYS:]
    both = close[np.isfinite(close).all(axis=1) & (close > 0).all(axis=1)]
    return float(np.median(both[:, 0] / both[:, 1])) if len(both) >= FEWEST_DAYS else None


def _is_usable(market: Market, quote: Quote) -> bool:
    return not quote.quarantined and market.age(quote.at) <= PRICE_LIMIT
