"""Every coin that the provider of prices knows: what names and symbols in a file are looked up in.

The whole list says nothing of size, and a symbol is settled by size; so the largest coins are
kept beside it, and each of the others is taken to be as large as the smallest of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from portfolios.marketdata.asset_description import described
from portfolios.marketdata.fetch_log import FetchLog, Response
from portfolios.marketdata.market_store import MarketStore
from portfolios.model.assets import Asset, AssetIndex
from portfolios.model.sectors import primary_sector
from portfolios.providers.records import CoinRow, PriceRow
from portfolios.store.database import Database

COINS, LARGEST, CATEGORIES = "all coins", "largest coins", "all categories"


def keep_listing(
    database: Database,
    provider: str,
    coins: Sequence[CoinRow],
    largest: Iterable[PriceRow],
    categories: Iterable[str],
    *,
    at: datetime,
) -> None:
    """Keep the lists of a provider, with the moment they were fetched."""
    asked = FetchLog(database)
    sized = [[r.asset_id, r.symbol, r.name, r.rank, r.market_cap] for r in largest]
    with database.transaction():
        asked.save_response(provider, COINS, [[c.asset_id, c.symbol, c.name] for c in coins], at=at)
        asked.save_response(provider, LARGEST, sized, at=at)
        asked.save_response(provider, CATEGORIES, sorted(categories), at=at)


def listed_ids(database: Database) -> frozenset[str]:
    """Return the ids of every coin on the list; none when no list was ever kept."""
    return frozenset(row[0] for row in _rows(FetchLog(database).newest_response(COINS)))


def known_categories(database: Database, provider: str) -> frozenset[str]:
    """Return the ids of every category on the list; none when no list was ever kept."""
    return frozenset(_rows(FetchLog(database).response(provider, CATEGORIES)))


def has_listing(database: Database) -> bool:
    """Tell whether a list was ever kept."""
    return FetchLog(database).newest_response(COINS) is not None


def known_assets(database: Database, *, currency: str) -> AssetIndex:
    """Return the look-up of every asset that is known, described or only listed."""
    asked, assets = FetchLog(database), MarketStore(database, currency=currency).assets()
    sized = [_asset(*row) for row in _rows(asked.newest_response(LARGEST))]
    smallest = min((a.market_cap for a in sized if a.market_cap), default=None)
    rest = [_asset(a, s, n, None, smallest) for a, s, n in _rows(asked.newest_response(COINS))]
    by_id = {asset.asset_id: asset for asset in (*rest, *sized)}
    return AssetIndex((by_id | assets).values())


def _rows(body: Response | None) -> list[Any]:
    return body.content if body is not None and isinstance(body.content, list) else []


def _asset(
    asset_id: str, symbol: str, name: str, rank: int | None, market_cap: float | None
) -> Asset:
    return described(
        asset_id,
        symbol=symbol,
        name=name,
        sector=primary_sector(asset_id),
        rank=rank,
        market_cap=market_cap,
    )
