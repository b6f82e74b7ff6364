"""After an approval: what to trade, as a ticket and a file; and booking it once it was traded."""

from __future__ import annotations

from alerts.messages import Block, Button, Style
from alerts.texts.decision_message import ruling_text
from portfolios.documents.trades_csv import trades_csv
from portfolios.errors import RebalancerError
from portfolios.model.plan import Plan, Trade
from portfolios.values import display
from rebalancer.bot.commands.proposals.decision_notice import refused_reply
from rebalancer.bot.reply import Reply, lines, reply_with
from rebalancer.bot.request import File, Request
from rebalancer.usecases.proposals.decide import book
from rebalancer.usecases.proposals.refusals import Decider, Refused


def ticket(request: Request, plan: Plan) -> Reply:
    """Return what somebody who agreed takes to their exchange: nothing is sent there from here."""
    told = [_order(number, trade, plan.currency) for number, trade in enumerate(plan.trades, 1)]
    how = "You trade; afterwards press the button, so that holdings here follow."
    head = display.marked(f"{plan.portfolio}: approved, yours to trade", is_sample=plan.is_sample)
    reply = reply_with(request, head, lines(*told),
                 Block(Style.NOTE, how), note=f"plan {plan.plan_id}. Not advice.")  # fmt: skip
    file = File(f"trades-{plan.plan_id}.csv", trades_csv([plan]).encode())
    booked = Button("I have traded", f"book:{plan.plan_id}")
    return reply.with_buttons([booked]).deciding("Approved.", files=(file,))


def _order(number: int, trade: Trade, currency: str) -> str:
    price = display.price(trade.price, currency)
    worth = display.to_the_cent(trade.notional, currency)
    what = f"{number}. {trade.side.value} {display.quantity(trade.quantity)} {trade.symbol}"
    return f"{what} at about {price}: {worth}"


def ask_to_book(request: Request, plan: Plan) -> Reply:
    """Ask once more before holdings change."""
    count = display.counted(len(plan.trades), "trade")
    asked = f"{plan.portfolio}: book {count} as done, at the proposal's prices?"
    reply = reply_with(
        request,
        display.marked(asked, is_sample=plan.is_sample),
        note="Holdings here change; nothing is sent to any exchange.",
    )
    buttons = (
        Button("Book", f"booked:{plan.plan_id}"),
        Button("Not yet", f"unbooked:{plan.plan_id}"),
    )
    return reply.with_buttons(buttons)


def book_trades(request: Request, plan: Plan) -> Reply:
    """Record the trades as done: once, however often and by however many people it is pressed."""
    market = request.load_market()
    try:
        with request.store.database.transaction():
            now = request.anew()
            done = book(
                now.store, plan, Decider(now.person),
                people=now.people, at=now.now, market=market,
            )  # fmt: skip
    except RebalancerError as error:
        return Reply(notice=f"{error}. {error.hint}"[:200], is_done=True)
    if isinstance(done, Refused):
        return refused_reply(now, done)
    if not done.is_new:
        told = ruling_text(done.ruling, request.person.timezone)
        return Reply(notice=f"{told}.", is_done=True)
    head = display.marked(f"{plan.portfolio}: booked", is_sample=plan.is_sample)
    return reply_with(request, head, note=f"plan {plan.plan_id}").deciding("Booked.")
