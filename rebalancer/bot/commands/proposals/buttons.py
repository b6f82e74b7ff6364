"""Buttons that decide: approve in two steps, snooze, skip; and why.

A button names a plan and nothing else. Who pressed, whether they may, where the proposal stands and
how far prices have moved is looked up when it is pressed, in the unit that writes the decision
down: an old or foreign button explains itself and does nothing, and of two presses one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from alerts.messages import Button
from portfolios.errors import NotFoundError
from portfolios.model.decisions import Verdict
from portfolios.model.plan import Plan, Side
from portfolios.store.button_payloads import ButtonPayloads
from portfolios.values import display
from rebalancer.bot.commands.accounts import drafts, prices, users
from rebalancer.bot.commands.proposals.decision_notice import NOT_YOURS, refused_reply
from rebalancer.bot.commands.proposals.order_ticket import ask_to_book, book_trades, ticket
from rebalancer.bot.commands.proposals.proposals import why_of
from rebalancer.bot.commands.queries.charts import chart_of
from rebalancer.bot.reply import Reply, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.decide import decide
from rebalancer.usecases.proposals.refusals import (
    Decider,
    Refused,
    Why,
    booking_refusal,
    move_or_refusal,
    refusal_of,
)
from rebalancer.usecases.proposals.status import status_of

SNOOZE = timedelta(days=1)
CONFIRM_WITHIN = timedelta(minutes=15)
WHOLE_ID = 12
VERDICTS: Mapping[str, Verdict] = MappingProxyType({"skip": Verdict.SKIP, "later": Verdict.SNOOZE})
BOOKING = ("book", "booked", "unbooked")
CONFIRM = "confirm "
TOO_OLD = "This button is too old."


def press(request: Request, data: str) -> Reply:
    """Do what a button says, if it is still worth anything."""
    action, _, name = data.partition(":")
    if action in OF_NO_PLAN:
        return OF_NO_PLAN[action](request, name)
    plan = _plan(request, name)
    if plan is None:
        return Reply(notice=TOO_OLD, is_done=True)
    if not request.person.may_see(plan.portfolio):
        return Reply(notice=NOT_YOURS)
    if action == "why":
        return why_of(request, plan)
    if action == "chart":
        return chart_of(plan)
    if action in BOOKING:
        return _booking(request, plan, action)
    return _decided(request, plan, action)


def _plan(request: Request, name: str) -> Plan | None:
    try:
        return request.store.load_plan(name) if len(name) >= WHOLE_ID else None
    except NotFoundError:
        return None


def _booking(request: Request, plan: Plan, action: str) -> Reply:
    refused = booking_refusal(request.store, plan, Decider(request.person), at=request.now)
    if action == "unbooked" and (refused is None or refused.why is Why.NOT_APPROVED):
        return Reply(notice="Nothing was booked.", is_done=True)
    if refused is not None:
        return refused_reply(request, refused)
    return ask_to_book(request, plan) if action == "book" else book_trades(request, plan)


def _decided(request: Request, plan: Plan, action: str) -> Reply:
    refused = refusal_of(request.store, plan, Decider(request.person), at=request.now)
    if action == "ok":
        return _confirm(request, plan) if refused is None else _not_approved(request, refused)
    if refused is not None:
        return refused_reply(request, refused)
    if action == "no":
        return Reply(notice="Nothing was decided: the proposal is still open.", is_done=True)
    if action not in VERDICTS:
        return Reply(notice="This button means nothing any more.", is_done=True)
    return _put_aside(request, plan, VERDICTS[action])


def _not_approved(request: Request, refused: Refused) -> Reply:
    """Say why, with the ticket once more if it is approved already: the first may be lost."""
    told, ruling = refused_reply(request, refused), refused.status.ruling
    if refused.why is not Why.CLOSED or ruling is None or ruling.verdict is not Verdict.APPROVE:
        return told
    return replace(ticket(request, refused.status.plan), notice=told.notice)


def _confirm(request: Request, plan: Plan) -> Reply:
    """Ask for the second step, by a button that is this person's alone and soon void."""
    moved = move_or_refusal(request.store, plan, request.load_market(), at=request.now)
    if isinstance(moved, Refused):
        return refused_reply(request, moved)
    offer = status_of(request.store, plan, now=request.now).offer
    words = f"{CONFIRM}{plan.plan_id} {offer}"
    name = ButtonPayloads(request.store.database).save(request.person.name, words, now=request.now)
    sells = sum((t.notional for t in plan.trades if t.side is Side.SELL), Decimal(0))
    count = display.counted(len(plan.trades), "trade")
    head = (
        f"{plan.portfolio}: {count}, sells {display.money(sells, plan.currency)},"
        f" prices moved {display.percent(moved)} since"
    )
    head = display.marked(head, is_sample=plan.is_sample)
    asked = reply_with(request, head, note="You trade; this records that you agree.")
    buttons = (Button("Confirm", f"yes:{name}"), Button("Cancel", f"no:{plan.plan_id}"))
    return asked.with_buttons(buttons)


def _confirmed(request: Request, name: str) -> Reply:
    since = request.now - CONFIRM_WITHIN
    words = ButtonPayloads(request.store.database).find(
        request.person.name, name, since=since, until=request.now
    )
    if words is None or not words.startswith(CONFIRM):
        return Reply(notice="That was too long ago: press Approve again.", is_done=True)
    _, plan_id, *_, offer = words.split()
    plan, market = request.store.load_plan(plan_id), request.load_market()
    with request.store.database.transaction():
        now = request.anew()
        done = decide(
            now.store, plan, Verdict.APPROVE, Decider(now.person),
            people=now.people, at=now.now, market=market, offer=int(offer),
        )  # fmt: skip
    return _not_approved(now, done) if isinstance(done, Refused) else ticket(now, plan)


OF_NO_PLAN: Mapping[str, Callable[[Request, str], Reply]] = MappingProxyType(
    {
        "yes": _confirmed,
        "keep": drafts.keep,
        "drop": drafts.drop,
        "price": prices.accept,
        "noprice": prices.leave,
        "gone": users.gone,
        "stay": users.stay,
    }
)
"""Buttons that name something else than a plan: what they name, they look up themselves."""


def _put_aside(request: Request, plan: Plan, verdict: Verdict) -> Reply:
    """Skip or snooze, unless somebody else was quicker."""
    until = request.now + SNOOZE if verdict is Verdict.SNOOZE else None
    with request.store.database.transaction():
        now = request.anew()
        done = decide(
            now.store, plan, verdict, Decider(now.person),
            people=now.people, at=now.now, until=until,
        )  # fmt: skip
    if isinstance(done, Refused):
        return refused_reply(now, done)
    if until is None:
        return Reply(notice="Skipped.", is_done=True)
    again = display.moment(until, request.person.timezone)
    return Reply(notice=f"Put off: it comes again on {again}.", is_done=True)
