"""Commands that look at proposals: the open one, its drivers, the week."""

from __future__ import annotations

from dataclasses import replace

from alerts.charts import charts
from alerts.messages import Block, Style
from alerts.render.clean import clean
from alerts.telling import proposal_message
from alerts.weekly import weekly_message
from portfolios import figures
from portfolios.plans import Plan
from rebalancer.bot.asking import Ask
from rebalancer.bot.replying import Reply, lines, said
from rebalancer.bot.verdicts import what_became
from rebalancer.service.standing import newest_standing, open_plan
from rebalancer.service.weekly import weekly_report


def proposal(ask: Ask) -> Reply:
    """Tell the open proposal again, with its buttons; or what became of the last one."""
    own = ask.portfolio()
    standing = newest_standing(ask.store, own.name, now=ask.now)
    if standing is None:
        return said(ask, f"{own.name}: no proposal yet", note="/rebalance asks for one now")
    if not standing.is_undecided:
        last = lines(what_became(standing))
        return said(ask, f"{own.name}: no proposal is open", last, note="/rebalance asks anew")
    told = proposal_message(standing.plan)
    put_off = f"{what_became(standing)} " if standing.ruling else ""
    until = Block(Style.NOTE, f"{put_off}Open until {figures.moment(standing.closes_at)}")
    return Reply(replace(told, blocks=(*told.blocks, until)))


def why(ask: Ask) -> Reply:
    """Tell what drives each trade of the open proposal, or of one asset."""
    own, rest = ask.about()
    plan = open_plan(ask.store, own.name, now=ask.now)
    if plan is None:
        return said(ask, f"{own.name}: no proposal is open", note="/rebalance asks for one now")
    return why_of(ask, plan, " ".join(rest).upper())


def why_of(ask: Ask, plan: Plan, symbol: str = "") -> Reply:
    """Tell what drives the trades of a plan, or why one asset is not traded."""
    trades = [t for t in plan.trades if not symbol or symbol in (t.symbol, t.asset_id.upper())]
    if symbol and not trades:
        return _untraded(ask, plan, symbol)
    blocks: list[Block] = []
    for trade in trades:
        amount = figures.money(trade.notional, plan.currency)
        blocks += [
            Block(Style.HEADING, f"{trade.side.value} {trade.symbol} {amount}"),
            lines(*(f"{figures.percent(r.share, 0)}: {r.text}" for r in trade.reasons)),
        ]
    if limits := [f"{limit.name}: {limit.text}" for limit in plan.limits if limit.text]:
        blocks += [Block(Style.HEADING, "Limits"), lines(*limits)]
    return said(ask, f"{plan.portfolio}: {plan.reason}", *blocks, note=f"plan {plan.plan_id}")


def _untraded(ask: Ask, plan: Plan, symbol: str) -> Reply:
    known = {name.upper() for p in plan.positions for name in (p.symbol, p.asset_id)}
    if symbol not in known:
        return said(ask, f"{plan.portfolio} neither holds nor wants {symbol[:30]}")
    return said(ask, f"{symbol} is not traded: nothing about it is worth its cost")


def report(ask: Ask) -> Reply:
    """Tell this week's report, and its pictures below."""
    own, known = ask.portfolio(), ask.market()
    facts = weekly_report(ask.store, own, known, insights=ask.load_insights())
    drawn = charts(facts)
    findings = [(picture.name, finding) for picture, finding in drawn]
    captions = tuple((picture, clean(f"{own.name}: {finding}")) for picture, finding in drawn)
    return Reply(weekly_message(facts, findings), pictures=captions)
