"""Commands that look at what is held: status, portfolio, sectors, risk."""

from __future__ import annotations

from alerts.messages import Block, Button, Style
from portfolios import figures
from portfolios.holdings import Portfolio
from portfolios.market import Market
from portfolios.plans import ORDER, Finding, Zone, worst
from portfolios.valuation import Valuation, value_portfolio
from rebalancer.bot.asking import Ask
from rebalancer.bot.replying import Reply, again, as_of, lines, page_of, said
from rebalancer.decide.survey import survey_portfolio
from rebalancer.service.propose import judge_portfolio
from rebalancer.service.standing import open_plan

BAR = 8
"""Letters of a bar that is full."""


def status(ask: Ask) -> Reply:
    """Tell value, drift and zone of each portfolio."""
    market, mine = ask.market(), ask.portfolios()
    shown, pages = page_of(ask, len(mine))
    told = [_standing(ask, portfolio, market) for portfolio in mine[shown]]
    if not told:
        return said(ask, "You see no portfolio yet", note="the owner adds one, or gives you one")
    columns = ("name", "value>", "drift>", "zone", "proposal")
    overall = worst(tuple(zone for _, zone in told))
    head = f"{len(mine)} portfolios" if len(mine) > 1 else mine[0].name
    table = Block(Style.TABLE, columns=columns, rows=[row for row, _ in told])
    reply = said(ask, f"{head}: {overall.value}", table, zone=overall, note=as_of(market))
    names = [again(p.name, "portfolio", p.name) for p in mine[shown]] if len(told) > 1 else []
    return reply.with_buttons(*_rows(names), [_refresh(ask), *pages])


def _standing(ask: Ask, portfolio: Portfolio, market: Market) -> tuple[list[str], Zone]:
    survey = survey_portfolio(portfolio, market)
    zone = worst(tuple(finding.zone for finding in judge_portfolio(portfolio, market)))
    value = figures.money(survey.valuation.value, portfolio.currency)
    open_ = "open" if open_plan(ask.store, portfolio.name, now=ask.now) else "none"
    drift = figures.percent(survey.drift)
    return [portfolio.name, value, drift, zone.value, open_], zone


def portfolio(ask: Ask) -> Reply:
    """Tell what is held."""
    own, market = ask.portfolio(), ask.market()
    valuation = value_portfolio(own, market)
    rows = _holdings(own, valuation)
    shown, pages = page_of(ask, len(rows))
    table = Block(Style.TABLE, columns=("asset", "value>", "weight>"), rows=rows[shown])
    head = f"{own.name}: {figures.money(valuation.value, own.currency)}"
    reply = said(ask, head, table, note=as_of(market))
    return reply.with_buttons([_refresh(ask), _chart(own, "value"), *pages])


def _holdings(own: Portfolio, valuation: Valuation) -> list[list[str]]:
    """Return a row for each holding, the heaviest first, and one for the cash."""
    rows = [
        [
            p.asset.symbol,
            figures.money(p.value, own.currency) if p.price is not None else "unknown",
            figures.percent(float(p.value / valuation.value)) if valuation.value else "-",
        ]
        for p in sorted(valuation.positions, key=lambda p: (-p.value, p.asset.asset_id))
        if p.quantity > 0
    ]
    cash = figures.money(valuation.cash, own.currency)
    return [*rows, ["cash", cash, figures.percent(valuation.cash_weight())]]


def sectors(ask: Ask) -> Reply:
    """Tell the sectors against their limits."""
    own, market = ask.portfolio(), ask.market()
    survey = survey_portfolio(own, market)
    weights = (survey.limits.M.T @ survey.w0).tolist()
    limits = zip(survey.limits.sector_names, weights, survey.limits.S_hi.tolist(), strict=True)
    held = sorted((row for row in limits if row[1] > 0.0005), key=lambda row: -row[1])
    over = sum(weight > cap + 1e-9 for _, weight, cap in held)
    rows = [
        [name, figures.percent(weight), _cap(cap), bar(weight / cap if cap > 0 else 1.0)]
        for name, weight, cap in held
    ]
    shown, pages = page_of(ask, len(rows))
    columns = ("sector", "now>", "limit>", "used")
    table = Block(Style.TABLE, columns=columns, rows=rows[shown])
    how = f"{over} over their limit" if over else "none over its limit"
    reply = said(ask, f"{own.name}: {len(rows)} sectors, {how}", table, note=as_of(market))
    return reply.with_buttons([_refresh(ask), _chart(own, "sectors"), *pages])


def _cap(cap: float) -> str:
    return "-" if cap >= 1 else figures.limit(cap)


def bar(share: float) -> str:
    """Show a share as a bar of at most eight letters; one that is over ends in an arrow.

    >>> bar(0.5), bar(1.2), bar(0.0)
    ('████', '███████▶', '▏')
    """
    if share > 1 + 1e-9:
        return "█" * (BAR - 1) + "▶"
    return "█" * round(share * BAR) or "▏"


def risk(ask: Ask) -> Reply:
    """Tell the risk zones with their reasons."""
    own, market = ask.portfolio(), ask.market()
    findings = judge_portfolio(own, market)
    loud = sorted((f for f in findings if f.zone is not Zone.GREEN), key=_loudness)
    shown, pages = page_of(ask, len(loud))
    told = [f"{f.zone.value.upper()} {f.subject}: {f.text}" for f in loud[shown]]
    green = f"{len(findings) - len(loud)} checks are green"
    overall = worst(tuple(f.zone for f in findings))
    head = f"{own.name}: {overall.value}, {len(loud)} to look at"
    reply = said(ask, head, lines(*told, green), zone=overall, note=as_of(market))
    return reply.with_buttons([_refresh(ask), _chart(own, "risk"), *pages])


def _loudness(finding: Finding) -> tuple[int, float]:
    return -ORDER[finding.zone], -finding.severity


def _refresh(ask: Ask) -> Button:
    return again("Refresh", ask.command, *ask.words)


def _chart(own: Portfolio, of: str) -> Button:
    return again("Chart", "chart", own.name, f"of={of}")


def _rows(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + 3] for start in range(0, len(buttons), 3)]
