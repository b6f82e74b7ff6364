"""The command that tells about one token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from portfolios.errors import AmbiguousAssetError, InputError, UsageError
from portfolios.marketdata.trend_turns import turned_at
from portfolios.model.assets import Asset
from portfolios.model.market import Grade, Market
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import value_portfolio
from portfolios.providers import label_of
from portfolios.values import display
from rebalancer.bot.reply import Reply, again, as_of, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.bot.tables import shortened
from rebalancer.usecases.reports.market_table import (
    MarketRow,
    asset_named,
    market_rows,
)

MOST_CANDIDATES = 8
LONGEST_LABEL = 40
OWN = "our own"
UNKNOWN_SHARE = "an unknown share"


def token(request: Request) -> Reply:
    """Tell about one token: price, changes, rank, sector, trend, grades, and whether it is held."""
    if not request.names:
        raise UsageError("say which token", hint="/token SOL")
    market = request.market()
    try:
        asset = asset_named(market, " ".join(request.names))
    except AmbiguousAssetError as error:
        return _which(request, error)
    (row,) = market_rows(market, [asset])
    told = [
        _price(market, row),
        _place(asset),
        *_said_of(request, market, asset),
        _held(request, market, asset),
    ]
    reply = reply_with(request, f"{asset.symbol}, {asset.name}", lines(*told), note=as_of(market))
    chart = again("Chart", "chart", f"token={asset.asset_id}")
    return reply.with_buttons([again("Refresh", request.command, *request.words), chart])


def _which(request: Request, error: AmbiguousAssetError) -> Reply:
    """List the tokens that bear a symbol, each with a button that asks for it."""
    some = error.candidates[:MOST_CANDIDATES]
    told = [f"{c.asset_id}: {c.name}, rank {c.rank or 'unknown'}" for c in some]
    head = f"{error.symbol} names {len(error.candidates)} tokens: say which"
    rows = [[again(shortened(c.asset_id, LONGEST_LABEL), "token", c.asset_id)] for c in some]
    return reply_with(request, head, lines(*told)).with_buttons(*rows)


def _price(market: Market, row: MarketRow) -> str:
    """Tell price and changes; a line that begins with "price" is shown where amounts are hidden."""
    quote = row.quote
    if quote is None:
        return f"price unknown, {_changes(row)}"
    why = quote.quarantined or f"{display.age(market.age(quote.at))} old"
    doubt = f", in doubt: {why}" if market.doubts(quote) else ""
    return f"price {display.price(quote.price, market.currency)}{doubt}, {_changes(row)}"


def _changes(row: MarketRow) -> str:
    known = (("1 day", row.change_1d), ("7 days", row.change_7d), ("30 days", row.change_30d))
    told = (f"{_change(change)} in {days}" for days, change in known)
    return ", ".join(told)


def _change(change: float | None) -> str:
    return "unknown" if change is None else display.change(change)


def _place(asset: Asset) -> str:
    rank = f"rank {asset.rank}" if asset.rank else "rank unknown"
    shares = sorted(asset.sectors.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(shares) == 1:
        return f"{rank}, sector {asset.sector}"
    parts = ", ".join(f"{name} {display.percent(share, 0)}" for name, share in shares)
    return f"{rank}, sectors {parts}"


def _said_of(request: Request, market: Market, asset: Asset) -> Iterator[str]:
    grade = market.grades.get(asset.asset_id)
    if grade is None:
        yield "trend and grades unknown"
        return
    yield trend_of(request, asset, grade)
    for name, points, at in (("short", grade.short, grade.short_at),
                             ("long", grade.long, grade.long_at)):  # fmt: skip
        if points is not None:
            yield f"{name} grade {points:.0f} of 100 ({_source(grade)}{_aged(market, at)})"


def trend_of(request: Request, asset: Asset, grade: Grade) -> str:
    """Tell a trend, who says so, and since when where that was seen."""
    if grade.trend is None:
        return f"trend unknown ({_source(grade)})"
    since = turned_at(request.store.database, asset.asset_id, grade.source, grade.trend)
    if since is None and grade.signal:
        since = grade.short_at
    told = "" if since is None else f", since {display.day(since.date())}"
    return f"trend {display.TREND_WORDS[grade.trend]} ({_source(grade)}){told}"


def _source(grade: Grade) -> str:
    return OWN if grade.is_ours else label_of(grade.source)


def _aged(market: Market, at: datetime | None) -> str:
    return "" if at is None else f", {old(market.age(at))}"


def old(age: timedelta) -> str:
    """Tell an age in words.

    >>> old(timedelta(minutes=5)), old(timedelta(hours=30))
    ('under an hour old', '30 hours old')
    """
    return "under an hour old" if age < display.HOUR else f"{display.age(age)} old"


def _held(request: Request, market: Market, asset: Asset) -> str:
    """Tell the weight of a token in each portfolio that holds it; no quantity, no value."""
    told = []
    for own in request.portfolios():
        holding = own.holding(asset.asset_id)
        if holding is None or holding.quantity <= 0:
            continue
        told.append(f"{_share(own, market, asset)} of {own.name}")
    return f"you hold it: {', '.join(told)}" if told else "you do not hold it"


def _share(own: Portfolio, market: Market, asset: Asset) -> str:
    try:
        valuation = value_portfolio(own, market)
    except InputError:  # its money is another's: of its value nothing can be told
        return UNKNOWN_SHARE
    position = next(p for p in valuation.positions if p.asset.asset_id == asset.asset_id)
    known = valuation.total.known
    return display.percent(position.value / known) if known and position.value else UNKNOWN_SHARE
