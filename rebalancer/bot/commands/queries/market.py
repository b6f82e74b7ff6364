"""The command that shows the token table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.messages import Button
from portfolios.errors import UsageError
from portfolios.model.market import Market
from portfolios.values import display
from rebalancer.bot.reply import Reply, again, as_of, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.bot.tables import short_price, table
from rebalancer.usecases.reports.market_table import (
    SORT_KEYS,
    MarketRow,
    asset_named,
    market_rows,
    require_sector,
)
from rebalancer.usecases.reports.sort_key import SortKey

TREND_SHORT: Mapping[int, str] = MappingProxyType({1: "bull", -1: "bear", 0: "flat"})
TRENDS: Mapping[str, int] = MappingProxyType(
    {word: trend for trend, word in display.TREND_WORDS.items()}
)
ORDERS: Mapping[SortKey, str] = MappingProxyType(
    {SortKey.RANK: "by rank", SortKey.CHANGE: "by 24h change", SortKey.SHORT: "by short grade",
     SortKey.LONG: "by long grade", SortKey.PRICE: "by price", SortKey.SYMBOL: "by symbol",
     SortKey.SECTOR: "by sector"}
)  # fmt: skip
LABELS = {SortKey.RANK: "Rank", SortKey.CHANGE: "24h", SortKey.SHORT: "Short", SortKey.LONG: "Long"}
KEYS = ("sort", "sector", "trend", "page")


def market(request: Request) -> Reply:
    """Tell tokens, by rank or as asked: `sort=change sector=defi trend=bullish`."""
    known, order = request.market(), _order(request)
    rows = sorted(_chosen(request, known), key=SORT_KEYS[order])
    if not rows:
        return reply_with(request, f"No token is {_which(request)}", note=as_of(known))
    shown, pages = page_of(request, len(rows))
    columns = ("asset", "price>", "24h>", f"{_last(order)}>")
    cells = [_cells(known, row, order) for row in rows[shown]]
    count = display.counted(len(rows), "token")
    head = " ".join(filter(None, (count, _which(request), ORDERS[order])))
    reply = reply_with(request, head, table(columns, cells), note=as_of(known))
    sorts = [_sorted_by(request, key, label) for key, label in LABELS.items() if key is not order]
    return reply.with_buttons(sorts, [again("Refresh", request.command, *request.words), *pages])


def _order(request: Request) -> SortKey:
    if unknown := [key for key in request.options if key not in KEYS]:
        told = ", ".join(f"{key}=" for key in KEYS[:-1])
        raise UsageError(f"{unknown[0][:30]}= means nothing to /market", hint=f"it knows {told}")
    word = request.options.get("sort", SortKey.RANK.value)
    if word not in list(SortKey):
        known = ", ".join(SortKey)
        raise UsageError(f"the table is not sorted by {word[:30]}", hint=f"sort= is {known}")
    return SortKey(word)


def _chosen(request: Request, known: Market) -> list[MarketRow]:
    """Return the rows that are asked for."""
    sector, trend = request.options.get("sector"), request.options.get("trend")
    require_sector(known, sector)
    if trend is not None and trend not in TRENDS:
        raise UsageError(f"no trend is called {trend[:30]}", hint=f"trend= is {', '.join(TRENDS)}")
    assets = [asset_named(known, word) for word in request.names] or list(known.assets.values())
    rows = market_rows(known, [a for a in assets if sector in (None, a.sector)])
    return [row for row in rows if trend is None or row.trend == TRENDS[trend]]


def _which(request: Request) -> str:
    trend, sector = request.options.get("trend", ""), request.options.get("sector", "")
    return " ".join(filter(None, (trend, f"in {sector}" if sector else "")))


def _last(order: SortKey) -> str:
    return order.value if order in (SortKey.SHORT, SortKey.LONG) else "trend"


def _cells(known: Market, row: MarketRow, order: SortKey) -> list[str]:
    grade = {SortKey.SHORT: row.short, SortKey.LONG: row.long}
    if order in grade:
        points = grade[order]
        last = "-" if points is None else f"{points:.0f}"
    else:
        last = "-" if row.trend is None else TREND_SHORT[row.trend]
    change = "-" if row.change_1d is None else display.change(row.change_1d)
    return [row.asset.symbol, _price(known, row), change, last]


def _price(known: Market, row: MarketRow) -> str:
    if row.quote is None:
        return "unknown"
    doubt = "?" if known.doubts(row.quote) else ""
    return short_price(row.quote.price, known.currency) + doubt


def _sorted_by(request: Request, key: SortKey, label: str) -> Button:
    kept = [word for word in request.words if not word.startswith(("sort=", "page="))]
    return again(label, request.command, *kept, f"sort={key.value}")
