"""Commands that look at the market: signals, one token, the largest tokens."""

from __future__ import annotations

from alerts.messages import Block, Style
from portfolios import figures
from portfolios.errors import NotFoundError, UsageError
from portfolios.market import Grade, Market
from rebalancer.bot.asking import Ask
from rebalancer.bot.replying import Reply, again, as_of, lines, page_of, said

TRENDS = {1: "bullish", -1: "bearish", 0: "undecided", None: "unknown"}


def signals(ask: Ask) -> Reply:
    """Tell trend and grades of what is held."""
    market = ask.market()
    held = {h.asset_id for own in ask.portfolios() for h in own.holdings if h.quantity > 0}
    rows = sorted(_grades(market, asset_id) for asset_id in held if asset_id in market.grades)
    shown, pages = page_of(ask, len(rows))
    columns = ("asset", "trend", "short>", "long>")
    blocks = [Block(Style.TABLE, columns=columns, rows=rows[shown])]
    if regime := ask.load_insights().regime:
        blocks.append(lines(f"the market's last signal is {regime}"))
    reply = said(ask, f"Signals of {len(rows)} holdings", *blocks, note=as_of(market))
    return reply.with_buttons([again("Refresh", ask.command, *ask.words), *pages])


def _grades(market: Market, asset_id: str) -> list[str]:
    grade, asset = market.grades[asset_id], market.assets.get(asset_id)
    symbol = asset_id if asset is None else asset.symbol
    return [symbol, TRENDS[grade.trend], _points(grade.short), _points(grade.long)]


def _points(grade: float | None) -> str:
    return "-" if grade is None else f"{grade:.0f}"


def token(ask: Ask) -> Reply:
    """Tell about one token."""
    if not ask.names:
        raise UsageError("say which token", hint="/token SOL")
    market, word = ask.market(), " ".join(ask.names)
    index = market.index()
    asset = index.get(word.lower()) or index.resolve(word)
    if asset is None:
        raise NotFoundError(f"no asset is called {word[:40]}", hint="write an id or a symbol")
    told = [*_price(market, asset.asset_id), f"sector {asset.sector}"]
    if (grade := market.grades.get(asset.asset_id)) is not None:
        told += _said_of(grade)
    reply = said(ask, f"{asset.symbol}: {asset.name}", lines(*told), note=as_of(market))
    chart = again("Chart", "chart", f"token={asset.asset_id}")
    return reply.with_buttons([again("Refresh", ask.command, *ask.words), chart])


def _price(market: Market, asset_id: str) -> list[str]:
    quote = market.quotes.get(asset_id)
    if quote is None:
        return ["price unknown"]
    doubt = f" (in doubt: {quote.quarantined})" if quote.quarantined else ""
    return [f"price {figures.price(quote.price, market.currency)}{doubt}"]


def _said_of(grade: Grade) -> list[str]:
    whose = "ours" if grade.is_ours else grade.source
    known = (("short", grade.short), ("long", grade.long))
    grades = [f"{name} grade {points:.0f}" for name, points in known if points is not None]
    return [f"trend {TRENDS[grade.trend]} ({whose})", *grades]


def market(ask: Ask) -> Reply:
    """Tell the largest tokens."""
    known = ask.market()
    ranked = sorted(known.assets.values(), key=lambda a: (a.rank or 10**9, a.asset_id))
    shown, pages = page_of(ask, len(ranked))
    rows = []
    for asset in ranked[shown]:
        quote, grade = known.quotes.get(asset.asset_id), known.grades.get(asset.asset_id)
        price = figures.price(quote.price, known.currency) if quote else "unknown"
        rows.append([asset.symbol, price, TRENDS[grade.trend if grade else None]])
    table = Block(Style.TABLE, columns=("asset", "price>", "trend"), rows=rows)
    reply = said(ask, f"{len(ranked)} tokens, the largest first", table, note=as_of(known))
    return reply.with_buttons([again("Refresh", ask.command, *ask.words), *pages])
