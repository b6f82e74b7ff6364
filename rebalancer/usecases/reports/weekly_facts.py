"""Gathers the facts of a weekly report from what is stored and from the proposal of the moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from portfolios.model.decisions import Verdict
from portfolios.model.insights import Insights
from portfolios.model.market import LONG_GRADE_LIMIT, Market
from portfolios.model.plan import Side
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation, value_portfolio
from portfolios.model.weekly_facts import Contribution, Decided, Week, WeeklyReport
from portfolios.store.portfolio_store import Store
from portfolios.values import display
from portfolios.values.causes import by_cause
from portfolios.values.schedule import week_name
from portfolios.values.total import Total
from rebalancer.usecases.performance.past_plans import PastPlan, past_plans
from rebalancer.usecases.performance.prices import prices_now
from rebalancer.usecases.performance.track_record import results_of
from rebalancer.usecases.proposals.analysis import Analysis
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.chart_data import paths_of, risk_shares

WEEK = timedelta(days=7)
LARGEST, RECORDED = 5, 8
COMING = timedelta(days=30)


def weekly_report(
    store: Store | None,
    analysis: Analysis,
    *,
    insights: Insights,
    week: str = "",
    notes: tuple[str, ...] = (),
    is_late: bool = False,
) -> WeeklyReport:
    """Return the report of one portfolio.

    Args:
        store: of past plans; None for a portfolio that is not kept.
        analysis: of the portfolio as it is now; its market's moment ends the week.
        insights: what the provider of grades says.
        week: its ISO name; that of the market's moment where empty.
        notes: on data, from above.
        is_late: sent noticeably after its time.
    """
    portfolio, market = analysis.portfolio, analysis.market
    plan = propose(analysis).plan
    past = past_plans(store, market, portfolio.name, now=market.as_of) if store else []
    then = _week_ago(portfolio, past, market.as_of - WEEK)
    return WeeklyReport(
        portfolio=portfolio.name,
        week=week or week_name(market.as_of.date()),
        as_of=market.as_of,
        plan=plan,
        numbers=_numbers(analysis.valuation.total, then, market),
        paths=paths_of(then, market),
        risks=_risks(analysis),
        worst=_worst(analysis.valuation, market),
        insights=insights,
        grades=tuple(_grades(analysis.valuation, market)),
        coming=tuple(_coming(portfolio, market)),
        record=tuple(_record(past))[:RECORDED],
        luck=results_of(past).choosing.words if past else "",
        notes=(*_ages(analysis.valuation, market), *notes),
        is_late=is_late,
    )


def _week_ago(portfolio: Portfolio, past: list[PastPlan], begin: datetime) -> Portfolio:
    """Return the portfolio with the plans taken back that were applied since."""
    quantities = {h.asset_id: h.quantity for h in portfolio.holdings}
    cash = portfolio.cash
    for entry in past:
        ruling = entry.ruling
        if ruling is None or ruling.verdict is not Verdict.APPLY or ruling.at < begin:
            continue
        cash -= entry.plan.proposed_cash - entry.plan.cash
        for trade in entry.plan.trades:
            back = trade.quantity if trade.side is Side.SELL else -trade.quantity
            quantities[trade.asset_id] = quantities.get(trade.asset_id, Decimal(0)) + back
    held = {a: q for a, q in quantities.items() if q >= 0}
    return replace(portfolio.with_quantities(held, max(cash, Decimal(0))), recorded=None)


def _numbers(total: Total, then: Portfolio, market: Market) -> Week:
    begin = market.as_of - WEEK
    ids = [h.asset_id for h in then.holdings if h.quantity > 0]
    now = _prices(then, market)
    before = _closes(market, ids, begin) | _stated(then, market)
    change = {a: now[a] / before[a] - 1 for a in ids if a in before and a in now}
    if set(ids) - set(change) or not ids or not total.is_known:
        return Week(begin, None, None, _return_of(market, "bitcoin", begin), None, None)
    parts = {
        h.asset_id: float(h.quantity) * before[h.asset_id] for h in then.holdings if h.quantity
    }
    start = sum(parts.values()) + float(then.cash)
    untouched = sum(value * (1 + change[a]) for a, value in parts.items()) + float(then.cash)
    found = [
        Contribution(a, market.symbol(a), value * change[a] / start, change[a])
        for a, value in parts.items()
    ]
    return Week(
        begin=begin,
        value_then=Decimal(repr(start)),
        change=float(total.amount) / start - 1 if start > 0 else None,
        bitcoin=_return_of(market, "bitcoin", begin),
        equal=float(np.mean(list(change.values()))),
        nothing=untouched / start - 1 if start > 0 else None,
        contributions=tuple(sorted(found, key=lambda c: -abs(c.share))),
    )


def _risks(analysis: Analysis) -> Mapping[str, float]:
    largest = sorted(risk_shares(analysis), key=lambda share: -share.risk)[:LARGEST]
    return {share.name: share.risk for share in largest}


def _worst(valuation: Valuation, market: Market) -> float | None:
    """Return the worst seven days of the last year for today's weights, as a positive loss."""
    held = [p for p in valuation.positions if p.value > 0]
    if not held or valuation.value <= 0 or not valuation.total.is_known:
        return None
    close = market.bars.columns([p.asset.asset_id for p in held]).close[-365:]
    close = close[np.isfinite(close).all(axis=1)]
    if len(close) < 60:
        return None
    weights = np.array([float(p.value / valuation.value) for p in held])
    moves = (close[7:] / close[:-7] - 1) @ weights
    return max(0.0, -float(moves.min()))


def _grades(valuation: Valuation, market: Market) -> Iterator[str]:
    positions = sorted(valuation.positions, key=lambda p: -p.value)
    for position in positions[:LARGEST]:
        grade = market.grades.get(position.asset.asset_id)
        if grade is None or position.quantity <= 0:
            continue
        trend = "trend unknown" if grade.trend is None else display.TREND_WORDS[grade.trend]
        told = [f"{position.asset.symbol} {trend}"]
        if grade.short is not None:
            told.append(f"short grade {grade.short:.0f}")
        is_fresh = grade.long_at is None or market.age(grade.long_at) <= LONG_GRADE_LIMIT
        if grade.long is not None and is_fresh:
            told.append(f"long grade {grade.long:.0f}")
        yield ", ".join(told) + f" ({'ours' if grade.is_ours else grade.source})"


def _coming(portfolio: Portfolio, market: Market) -> Iterator[str]:
    today = market.as_of.date()
    for holding in portfolio.holdings:
        every = holding.every_lock(portfolio.investor)
        for until in sorted({lock.until for lock in every if lock.until is not None}):
            if today <= until <= today + COMING:
                yield f"{market.symbol(holding.asset_id)}: a lock ends on {display.day(until)}"


def _record(past: list[PastPlan]) -> Iterator[Decided]:
    for entry in past:
        if entry.ruling is not None and entry.outcome is not None:
            on = entry.ruling.at.date()
            yield Decided(entry.plan.plan_id, on, entry.outcome.value, entry.cents)


def _ages(valuation: Valuation, market: Market) -> Iterator[str]:
    yield f"prices {valuation.as_of_text}"
    doubtful = by_cause((market.symbol(a), q.quarantined) for a, q in market.quotes.items()
                        if q.quarantined)  # fmt: skip
    yield from doubtful[:LARGEST]
    if market.is_sample:
        yield "made up by the built-in sample market: for looking, not for acting"


def _closes(market: Market, ids: list[str], at: datetime) -> dict[str, float]:
    """Return the close of the day before a moment, of the assets that have one."""
    day = at.date() - timedelta(days=1)
    if day not in market.bars.days:
        return {}
    row = market.bars.columns(ids).close[market.bars.days.index(day)]
    return {a: float(p) for a, p in zip(ids, row, strict=True) if np.isfinite(p) and p > 0}


def _prices(portfolio: Portfolio, market: Market) -> dict[str, float]:
    """Return the prices at which a portfolio is valued; none of what makes its total unknown."""
    valuation = value_portfolio(portfolio, market)
    return {
        p.asset.asset_id: float(p.price)
        for p in valuation.positions
        if p.price is not None and p.value and p.asset.asset_id not in valuation.in_doubt
    }


def _stated(portfolio: Portfolio, market: Market) -> dict[str, float]:
    """Return the prices of what has no market: their holder's word, which moves with nothing."""
    positions = value_portfolio(portfolio, market).positions
    return {
        p.asset.asset_id: float(p.quote.price)
        for p in positions
        if p.quote is not None and p.is_stated
    }


def _return_of(market: Market, asset_id: str, begin: datetime) -> float | None:
    before, now = _closes(market, [asset_id], begin), prices_now(market, [asset_id]).of
    if asset_id not in before or asset_id not in now:
        return None
    return float(now[asset_id]) / before[asset_id] - 1
