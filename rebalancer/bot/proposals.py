"""Commands that look at proposals: the open one, its drivers, the past ones, the week."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from alerts.messages import Block, Style
from alerts.telling import proposal_message
from alerts.weekly import weekly_message
from portfolios import figures
from portfolios.plans import Plan
from rebalancer.bot.asking import Ask
from rebalancer.bot.replying import Reply, lines, page_of, said
from rebalancer.bot.verdicts import what_became
from rebalancer.service.history import PastPlan, past_plans
from rebalancer.service.standing import newest_standing, open_plan
from rebalancer.service.weekly import weekly_report

FEW = 8


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


def history(ask: Ask) -> Reply:
    """Tell past proposals and what each has earned since."""
    own = ask.portfolio()
    past = past_plans(ask.store, ask.load_market(), own.name)
    if not past:
        return said(ask, f"{own.name}: no proposals yet", note="/rebalance asks for one now")
    shown, pages = page_of(ask, len(past))
    few = "too few to tell skill from luck" if len(past) < FEW else ""
    head = f"{own.name}: 1 proposal" if len(past) == 1 else f"{own.name}: {len(past)} proposals"
    reply = said(ask, head, lines(*(_past(each) for each in past[shown])), note=few)
    return reply.with_buttons(pages)


def _past(past: PastPlan) -> str:
    verdict = past.ruling.verdict.value if past.ruling else "open or lapsed"
    earned: Decimal | None = past.earned
    since = "" if earned is None else figures.money(earned, past.plan.currency, signed=True)
    day = figures.day(past.plan.as_of.date())
    return f"{day}: {verdict}, {since} since" if since else f"{day}: {verdict}"


def report(ask: Ask) -> Reply:
    """Tell this week's report, without its pictures."""
    own, known = ask.portfolio(), ask.market()
    facts = weekly_report(ask.store, own, known, insights=ask.load_insights())
    return Reply(weekly_message(facts))
