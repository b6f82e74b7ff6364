"""Commands about what past proposals led to: each by itself, and all against doing nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from alerts.messages import Block, Style
from portfolios.model.portfolio import Portfolio
from portfolios.values import display
from portfolios.values.cents import to_cents
from rebalancer.bot.reply import Reply, as_of, lines, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.performance.past_plans import PastPlan, past_plans
from rebalancer.usecases.performance.performance import performance_of
from rebalancer.usecases.performance.reconciliation import (
    Reconciliation,
    StepCause,
    Unreconciled,
    ValueStep,
)
from rebalancer.usecases.performance.track_record import in_words, results_of

MOST_PARTS = 3
"""Trades of one proposal that are told one by one."""


def history(request: Request) -> Reply:
    """Tell past proposals, what became of each, and what it has earned since."""
    own, market = request.portfolio(), request.load_market()
    every = past_plans(request.store, market, own.name, now=request.now)
    past = [entry for entry in every if entry.plan.trades]
    if not past:
        return reply_with(
            request, f"{own.name}: no proposals yet", note="/rebalance asks for one now"
        )
    shown, pages = page_of(request, len(past))
    told = in_words(results_of(past), own.currency)
    together = (Block(Style.HEADING, "Together"), lines(*told)) if told else ()
    head = f"{own.name}: {display.counted(len(past), 'proposal')}"
    note = f"earned since, costs included, against doing nothing; {as_of(market)}" if market else ""
    reply = reply_with(request, head, lines(*map(_past, past[shown])), *together, note=note)
    return reply.with_buttons(pages)


def _past(past: PastPlan) -> str:
    head = f"{display.day(past.plan.as_of.date())}: {past.outcome}"
    if past.cents is None:
        return f"{head}, unknown: {past.unknown}"
    return f"{head}, {_signed(past.cents, past.plan.currency)} ({', '.join(_parts(past))})"


def _parts(past: PastPlan) -> Iterator[str]:
    """Tell the trades that made most of the difference; together with the rest they add up."""
    known = zip(past.parts, past.cents_of_parts, strict=True)
    parts = sorted(((p.trade, c) for p, c in known if c is not None), key=lambda p: -abs(p[1]))
    for trade, cents in parts[:MOST_PARTS]:
        yield f"{trade.side.value} {trade.symbol} {_signed(cents, past.plan.currency)}"
    if rest := [cents for _, cents in parts[MOST_PARTS:]]:
        yield f"{len(rest)} more {_signed(sum(rest, Decimal(0)), past.plan.currency)}"


def performance(request: Request) -> Reply:
    """Tell what the booked proposals have made of a portfolio, against doing nothing."""
    own, market = request.portfolio(), request.market()
    made = performance_of(request.store, own, market, now=request.now)
    found, totals = made.against_nothing, in_words(made.results, own.currency)
    together = (Block(Style.HEADING, "All proposals"), lines(*totals)) if totals else ()
    if isinstance(found, Unreconciled):
        head = f"{own.name}: nothing to set against doing nothing"
        return reply_with(request, head, lines(found.why), *together, note=as_of(market))
    rows = list(_rows(found, own))
    shown, pages = page_of(request, len(rows))
    table = Block(Style.TABLE, columns=("", "worth>"), rows=rows[shown])
    note = f"{_legend(found)}; {as_of(market)}"
    return reply_with(request, _head(found, own), table, *together, note=note).with_buttons(pages)


def _head(found: Reconciliation, own: Portfolio) -> str:
    growth = "" if found.growth is None else f" ({display.percent(found.growth, 2)})"
    since = display.day(found.since.date())
    earned = _signed(found.earned, own.currency)
    return f"{own.name}: {earned}{growth} against doing nothing since {since}"


def _rows(found: Reconciliation, own: Portfolio) -> Iterator[tuple[str, str]]:
    """Yield the lines that lead from doing nothing to what is held now; they add up."""
    yield "doing nothing", display.to_the_cent(found.shown_start, own.currency)
    for step in found.shown:
        yield f"{display.day(step.at.date())} {_cause(step)}", _signed(step.amount, own.currency)
    if to_cents(found.lost):
        yield "parts of cents lost", _signed(found.lost, own.currency)
    yield "held now", display.to_the_cent(found.now, own.currency)


def _cause(step: ValueStep) -> str:
    if step.cause is StepCause.FLOW:
        return "in" if step.amount > 0 else "out"
    return step.cause.value


def _legend(found: Reconciliation) -> str:
    left_out = f"; in no line for want of a price: {', '.join(found.left_out)}"
    told = "plan: earned by a booked proposal; in, out, edit: what else changed, at today's prices"
    return f"{told}{left_out if found.left_out else ''}"


def _signed(amount: Decimal, currency: str) -> str:
    return display.to_the_cent(amount, currency, signed=True)
