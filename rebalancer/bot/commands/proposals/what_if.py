"""The command that supposes: `/whatif sector.meme.max=5%`; nothing is kept or changed by it."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.messages import Block, Style
from portfolios.model.plan import Plan, Scope, Trade
from portfolios.values import display
from rebalancer.bot.reply import Reply, as_of, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.explanations.plan_diff import Difference, TradeChange, ZoneChange
from rebalancer.usecases.explanations.what_if import WhatIf, what_if
from rebalancer.usecases.proposals.analysis import analyse

MOST_LINES = 12
UNCHANGED = "nothing was changed"


def whatif(request: Request) -> Reply:
    """Tell what would be proposed if something were otherwise."""
    own, strange = request.about()
    changes = [word for word in request.words if "=" in word]
    supposed = what_if(analyse(own, request.market()), [*strange, *changes])
    blocks = list(_compared(supposed))
    if supposed.then.hint:
        blocks.append(Block(Style.TEXT, supposed.then.hint))
    note = f"{UNCHANGED}; {as_of(supposed.market)}"
    return reply_with(request, supposed.headline, *blocks, note=note)


def _compared(supposed: WhatIf) -> Sequence[Block]:
    now, then, difference = supposed.now.plan, supposed.then.plan, supposed.difference
    if now is None or then is None or difference is None:
        return ()
    rows = [[name, *pair] for name, *pair in zip(FIGURES, _column(now), _column(then), strict=True)]
    table = Block(Style.TABLE, columns=("", "as it is>", "with it>"), rows=rows)
    return (table, *_differences(difference, now.currency))


FIGURES = ("trades", "cost", "turnover", "drift after", "cash after")


def _column(plan: Plan) -> list[str]:
    return [
        str(len(plan.trades)),
        display.money(plan.estimated_cost, plan.currency),
        display.percent(plan.turnover),
        display.percent(plan.proposed_drift),
        display.share(plan.share_after(plan.proposed_cash_weight), is_known=plan.is_value_known),
    ]


def _differences(difference: Difference, currency: str) -> Sequence[Block]:
    """Return what differs, each kind under its heading."""
    limits = [
        *(f"only as it is: {line.text}" for line in difference.limits_now),
        *(f"only with it: {line.text}" for line in difference.limits_then),
    ]
    told = {
        "Trades": [_traded(change, currency) for change in difference.trades],
        "Zones after": [_judged(change) for change in difference.zones],
        "Limits": limits,
    }
    return [
        block
        for heading, said_of in told.items()
        if said_of
        for block in (Block(Style.HEADING, heading), lines(*_few(said_of)))
    ]


def _traded(change: TradeChange, currency: str) -> str:
    now, then = _amount(change.now, currency), _amount(change.then, currency)
    return f"{change.symbol}: {now}, with it {then}"


def _amount(trade: Trade | None, currency: str) -> str:
    if trade is None:
        return "not traded"
    return f"{trade.side.value} {display.money(trade.notional, currency)}"


def _judged(change: ZoneChange) -> str:
    subject = "the portfolio" if change.scope is Scope.PORTFOLIO else change.subject
    now, then = (zone.value if zone else "not judged" for zone in (change.now, change.then))
    return f"{subject}: {now}, with it {then} ({change.text})"


def _few(every: Sequence[str]) -> list[str]:
    more = len(every) - MOST_LINES
    return [*every[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]
