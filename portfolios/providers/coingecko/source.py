"""CoinGecko: prices, history, categories and the list of all coins, under each of its plans.

Asset ids are its ids. What it does not know it leaves out without a word, and a price may be days
old, so every row bears its moment and nothing is believed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from portfolios.errors import ReplyError
from portfolios.providers.coingecko.traits import COINGECKO
from portfolios.providers.http.client import Client, Service
from portfolios.providers.http.fields import amount, decimal, moment, text, whole, with_fields
from portfolios.providers.records import CoinRow, Daily, PriceRow

NAME = COINGECKO.name
KEY_HEADERS: Mapping[str, str] = MappingProxyType(
    {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
)
PAGE = 250
HINTS: Mapping[int, str] = MappingProxyType(
    {
        10002: "set the key, or coingecko.plan = keyless",
        10005: "this needs a larger plan of CoinGecko; everything else goes on",
        10010: "this is a pro key: set coingecko.plan = pro",
        10011: "this is a demo key: set coingecko.plan = demo",
        10012: "the plan gives a year of history; the rest grows from day to day",
    }
)
DAY, NEAR_MIDNIGHT = 24 * 60 * 60_000, 10 * 60_000  # milliseconds
DAY_BEFORE_FIRST = date(1969, 12, 31)


def service(base_url: str, *, plan: str, key: str) -> Service:
    """Return what the client needs to know.

    Args:
        base_url: with the version.
        plan: keyless, demo or pro.
        key: empty on the keyless plan.
    """
    headers = {KEY_HEADERS[plan]: key} if key and plan in KEY_HEADERS else {}
    return Service(NAME, base_url, headers, HINTS)


class CoinGecko:
    """The source of prices; each method is one call unless it says otherwise."""

    name = NAME

    def __init__(self, client: Client) -> None:
        self._client = client

    def prices(self, asset_ids: Sequence[str], *, currency: str) -> Sequence[PriceRow]:
        """Return the prices of at most 250 assets; unknown ids are left out."""
        return self._markets(
            vs_currency=currency,
            ids=",".join(asset_ids),
            precision="full",
            include_rehypothecated="true",
        )

    def largest(self, page: int, *, currency: str) -> Sequence[PriceRow]:
        """Return the 250 assets of a page, by market value from the largest."""
        return self._markets(vs_currency=currency, order="market_cap_desc", page=page)

    def members(self, category: str) -> Sequence[str]:
        """Return the ids of the 250 largest assets of a category; none for an unknown one."""
        return tuple(row.asset_id for row in self._markets(vs_currency="usd", category=category))

    def history(self, asset_id: str, *, currency: str, days: int) -> Sequence[Daily]:
        """Return the closes of the finished days; none for an unknown asset."""
        reply = self._client.get(
            f"coins/{asset_id}/market_chart",
            {"vs_currency": currency, "days": days, "interval": "daily"},
            endpoint="coins/market_chart",
        )
        if reply is None:
            return ()
        (chart,) = with_fields([reply], "market_chart", ("prices",), provider=NAME)
        volumes = dict(_closes(chart.get("total_volumes")))
        return [
            (day, float(close), _volume(volumes.get(day)))
            for day, close in _closes(chart.get("prices"))
        ]

    def coins(self) -> Sequence[CoinRow]:
        """Return every active coin: id, symbol and name."""
        rows = _rows(self._client.get("coins/list"), "coins/list", "id", "symbol", "name")
        return [
            CoinRow(asset_id, text(row.get("symbol")), text(row.get("name")))
            for row in rows
            if (asset_id := text(row.get("id")))
        ]

    def simple_prices(self, asset_ids: Sequence[str], *, currency: str) -> Mapping[str, Decimal]:
        """Return the present prices of a few assets: the cheapest question there is."""
        reply = self._client.get(
            "simple/price",
            {"ids": ",".join(asset_ids), "vs_currencies": currency, "precision": "full"},
        )
        (rows,) = with_fields([reply], "simple/price", (), provider=NAME)
        found = {
            a: decimal(row.get(currency)) for a, row in rows.items() if isinstance(row, Mapping)
        }
        return {asset_id: price for asset_id, price in found.items() if price is not None}

    def category_ids(self) -> frozenset[str]:
        """Return the ids of all categories, as the provider spells them."""
        path = "coins/categories/list"
        rows = _rows(self._client.get(path), path, "category_id")
        return frozenset(text(row.get("category_id")) for row in rows)

    def _markets(self, **asked: str | int) -> Sequence[PriceRow]:
        reply = self._client.get("coins/markets", {**asked, "per_page": PAGE})
        needed = ("id", "symbol", "name", "current_price", "last_updated")
        rows = () if reply is None else _rows(reply, "coins/markets", *needed)
        return [_price_row(row) for row in rows if text(row.get("id"))]


def _price_row(row: Mapping[str, object]) -> PriceRow:
    price = row.get("current_price")
    return PriceRow(
        asset_id=text(row.get("id")),
        price=None if isinstance(price, str) else decimal(price),  # a number is never quoted here
        at=moment(row.get("last_updated")),
        symbol=text(row.get("symbol")),
        name=text(row.get("name")),
        rank=whole(row.get("market_cap_rank")),
        market_cap=amount(row.get("market_cap")),
        volume=amount(row.get("total_volume")),
    )


def _closes(points: object) -> Iterator[tuple[date, Decimal]]:
    """Yield each finished day with its value: the point at the midnight that ends it.

    The last point of a chart is the present and stands at no midnight, so it falls out.
    """
    seen = set()
    for at, value in _points(points):
        days, past_midnight = divmod(at, DAY)
        if past_midnight <= NEAR_MIDNIGHT and days not in seen:
            seen.add(days)
            yield DAY_BEFORE_FIRST + timedelta(days=days), value


def _points(points: object) -> Iterable[tuple[int, Decimal]]:
    """Yield each point: milliseconds since 1970 in UTC, and the value."""
    for point in points if isinstance(points, list) else ():
        if not (isinstance(point, list) and len(point) == 2):
            raise ReplyError(f"{NAME} sent a chart of another shape", provider=NAME)
        at, value = whole(point[0]), decimal(point[1])
        if at is not None and value is not None and 0 < at < 10**14:
            yield at, value


def _volume(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _rows(reply: object, endpoint: str, *needed: str) -> Sequence[Mapping[str, object]]:
    if not isinstance(reply, list):
        raise ReplyError(f"{NAME} answered {endpoint} with something else", provider=NAME)
    return with_fields(reply, endpoint, needed, provider=NAME)
