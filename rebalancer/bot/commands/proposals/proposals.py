"""Commands that look at proposals: the open one, its drivers, the week."""

from __future__ import annotations

from dataclasses import replace

from alerts.charts import charts
from alerts.messages import Block, Style
from alerts.render.clean import clean
from alerts.texts.event_messages import proposal_message
from alerts.texts.plan_figures import numbered
from alerts.texts.plan_weights import aims_moved
from alerts.texts.reason_shares import shown_reasons
from alerts.texts.weekly_message import weekly_message
from portfolios.model.plan import Plan, Trade
from portfolios.model.policy import Signals
from portfolios.values import display
from rebalancer.bot.commands.proposals.decision_notice import status_text
from rebalancer.bot.reply import Captioned, Reply, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.explanations.why_untraded import positions_named, trade_of, why_untraded
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.status import newest_status, open_plan
from rebalancer.usecases.reports.weekly_facts import weekly_report

FEW = 12
"""Assets that are not traded and told of at once."""


def proposal(request: Request) -> Reply:
    """Tell the open proposal again, with its buttons; or what became of the last one."""
    own, zone = request.portfolio(), request.person.timezone
    status = newest_status(request.store, own.name, now=request.now)
    if status is None:
        return reply_with(
            request, f"{own.name}: no proposal yet", note="/rebalance asks for one now"
        )
    if not status.is_undecided:
        last = lines(status_text(status, zone))
        return reply_with(
            request, f"{own.name}: no proposal is open", last, note="/rebalance asks anew"
        )
    told = proposal_message(status.plan)
    put_off = f"{status_text(status, zone)} " if status.ruling else ""
    until = Block(Style.NOTE, f"{put_off}Open until {display.moment(status.closes_at, zone)}")
    return Reply(replace(told, blocks=(*told.blocks, until)))


def why(request: Request) -> Reply:
    """Tell what drives the open proposal, or one asset; where none is open, what would be."""
    own, rest = request.about()
    plan = open_plan(request.store, own.name, now=request.now)
    note = ""
    if plan is None:
        plan = propose(analyse(own, request.market())).plan
        note = "no proposal is open: this is what /rebalance would come to now"
    signals = own.policy.signals_in_force
    return why_of(request, plan, " ".join(rest), signals=signals, note=note)


def why_of(
    request: Request, plan: Plan, name: str = "", *, signals: Signals | None = None, note: str = ""
) -> Reply:
    """Tell what drives the trades of a plan, and why what it does not trade stays.

    Args:
        request: by whom.
        plan: kept, or made just now.
        name: of one asset; everything where empty.
        signals: how far trends count in the portfolio, where that is known.
        note: instead of the plan's id.
    """
    asked = positions_named(plan, name) if name else plan.positions
    if not asked and name:
        return reply_with(request, f"{plan.portfolio} neither holds nor wants {name[:30]}")
    traded = [t for p in asked if (t := trade_of(plan, p.asset_id)) is not None]
    blocks = [block for trade in traded for block in _driven(plan, trade)]
    still = [p for p in asked if trade_of(plan, p.asset_id) is None]
    untold = [f"{p.symbol} is not traded: {why_untraded(plan, p, signals=signals)}" for p in still]
    head = plan.reason if plan.trades else f"nothing to do, {plan.reason}"
    if name and len(asked) == 1:
        head = untold.pop() if untold else f"{_named(plan, traded[0])}, {traded[0].reasons[0].text}"
    if untold and (name or not traded):
        blocks.append(lines(*untold[:FEW]))
    if limits := [f"{limit.name}: {limit.text}" for limit in plan.limits if limit.text]:
        blocks += [Block(Style.HEADING, "Limits"), lines(*limits)]
    if moved := aims_moved(plan):
        blocks += [Block(Style.HEADING, "Aims that are not the targets"), lines(*moved)]
    head = display.marked(f"{plan.portfolio}: {head}", is_sample=plan.is_sample)
    return reply_with(request, head, *blocks, note=note or f"plan {plan.plan_id}")


def _driven(plan: Plan, trade: Trade) -> tuple[Block, Block]:
    reasons = (f"{share}: {text}" for text, share in shown_reasons(trade.reasons))
    return Block(Style.HEADING, _named(plan, trade)), lines(*reasons)


def _named(plan: Plan, trade: Trade) -> str:
    return f"{numbered(plan, trade)} {display.money(trade.notional, plan.currency)}"


def report(request: Request) -> Reply:
    """Tell this week's report, and its pictures below."""
    own, known = request.portfolio(), request.market()
    analysis = analyse(own, known)
    facts = weekly_report(request.store, analysis, insights=request.load_insights())

    def draw() -> Captioned:
        return tuple((picture, clean(f"{own.name}: {found}")) for picture, found in charts(facts))

    return Reply(weekly_message(facts), drawing=draw)
