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
from portfolios.model.booking import changes_since
from portfolios.model.decisions import Verdict
from portfolios.model.plan import Plan, Side
from portfolios.model.users import Role
from portfolios.store.button_payloads import ButtonPayloads
from portfolios.values import display
from rebalancer.bot.commands.accounts import drafts, users
from rebalancer.bot.commands.proposals.decision_notice import status_text, tell_others
from rebalancer.bot.commands.proposals.order_ticket import ask_to_book, book, ticket
from rebalancer.bot.commands.proposals.proposals import why_of
from rebalancer.bot.commands.queries.charts import chart_of
from rebalancer.bot.reply import Reply, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.price_move import price_move
from rebalancer.usecases.proposals.status import ProposalStatus, State, status_of

MAY_DECIDE = (Role.APPROVER, Role.OWNER)
SNOOZE = timedelta(days=1)
MOST_MOVED = 0.05
"""Beyond such a move of prices a plan is not approved any more: it was made for others."""
CONFIRM_WITHIN = timedelta(minutes=15)
WHOLE_ID = 12
VERDICTS: Mapping[str, Verdict] = MappingProxyType({"skip": Verdict.SKIP, "later": Verdict.SNOOZE})
AGREED = (Verdict.APPROVE, Verdict.APPLY)
BOOKING = ("book", "booked", "unbooked")
TOO_OLD = "This button is too old."
NOT_YOURS = "This is not yours to press."


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
    if plan.portfolio not in {own.name for own in request.portfolios()}:
        return Reply(notice=f"{plan.portfolio} is not kept here any more.", is_done=True)
    if action in BOOKING:
        return _booking(request, plan, action)
    return _decided(request, plan, action)


def _plan(request: Request, name: str) -> Plan | None:
    try:
        return request.store.load_plan(name) if len(name) >= WHOLE_ID else None
    except NotFoundError:
        return None


def _booking(request: Request, plan: Plan, action: str) -> Reply:
    past = request.store.decisions(plan.plan_id)
    if request.person.role not in MAY_DECIDE:
        return Reply(notice="You may look; somebody else decides.")
    if action == "unbooked":
        return Reply(notice="Nothing was booked.", is_done=True)
    if not past or past[-1].verdict not in AGREED:
        return Reply(notice="Only what was approved is booked: /approve comes first.", is_done=True)
    return ask_to_book(request, plan) if action == "book" else book(request, plan)


def _decided(request: Request, plan: Plan, action: str) -> Reply:
    status = status_of(request.store, plan, now=request.now)
    refused = _refused(request, status)
    if refused is not None:
        return _ticket_again(request, status, refused) if action == "ok" else refused
    if action == "ok":
        return _confirm(request, plan)
    if action == "no":
        return Reply(notice="Nothing was decided: the proposal is still open.", is_done=True)
    if action not in VERDICTS:
        return Reply(notice="This button means nothing any more.", is_done=True)
    return _recorded(request, plan, VERDICTS[action])


def _refused(request: Request, status: ProposalStatus) -> Reply | None:
    """Return why a press counts for nothing; None where it counts."""
    if not request.person.may_see(status.plan.portfolio):
        return Reply(notice=NOT_YOURS)
    if request.person.role not in MAY_DECIDE:
        return Reply(notice="You may look; somebody else decides.")
    if status.is_undecided:
        return None
    return Reply(notice=status_text(status, request.person.timezone), is_done=True)


def _ticket_again(request: Request, status: ProposalStatus, refused: Reply) -> Reply:
    """Return the ticket once more where a plan is approved already: the first may be lost."""
    ruling = status.ruling
    is_agreed = ruling is not None and ruling.verdict is Verdict.APPROVE
    if not is_agreed or request.person.role not in MAY_DECIDE:
        return refused
    return replace(ticket(request, status.plan), notice=refused.notice)


def _confirm(request: Request, plan: Plan) -> Reply:
    """Ask for the second step, by a button that is this person's alone and soon void."""
    moved = _moved(request, plan)
    if (stale := _stale(request, plan, moved)) is not None or moved is None:
        return Reply(notice=stale or "", is_done=True)
    status = status_of(request.store, plan, now=request.now)
    name = ButtonPayloads(request.store.database).save(
        request.person.name, _bound(status), now=request.now
    )
    sells = sum((t.notional for t in plan.trades if t.side is Side.SELL), Decimal(0))
    count = display.counted(len(plan.trades), "trade")
    head = (
        f"{plan.portfolio}: {count}, sells {display.money(sells, plan.currency)},"
        f" prices moved {display.percent(moved)} since"
    )
    asked = reply_with(request, head, note="You trade; this records that you agree.")
    buttons = (Button("Confirm", f"yes:{name}"), Button("Cancel", f"no:{plan.plan_id}"))
    return asked.with_buttons(buttons)


def _moved(request: Request, plan: Plan) -> float | None:
    held = request.store.load_portfolio(plan.portfolio)
    return price_move(plan, held, request.load_market(), now=request.now)


def _bound(status: ProposalStatus) -> str:
    """Return what a confirmation is bound to: one plan to the last digit, offered once."""
    return f"confirm {status.plan.plan_id} {status.plan.inputs_hash} {status.offer}"


def _stale(request: Request, plan: Plan, moved: float | None) -> str | None:
    """Return why a plan must not be agreed to at today's prices and holdings; None if it may."""
    if moved is None or moved > MOST_MOVED:
        how = "are not all known" if moved is None else f"moved {display.percent(moved)} since"
        return f"Prices {how}: /rebalance makes a new proposal."
    if changes_since(plan, request.store.load_portfolio(plan.portfolio)):
        return "What is held has changed since: /rebalance makes a new proposal."
    return None


def _confirmed(request: Request, name: str) -> Reply:
    since = request.now - CONFIRM_WITHIN
    words = ButtonPayloads(request.store.database).find(
        request.person.name, name, since=since, until=request.now
    )
    if words is None or not words.startswith("confirm "):
        return Reply(notice="That was too long ago: press Approve again.", is_done=True)
    plan = request.store.load_plan(words.split()[1])
    moved = _moved(request, plan)
    with request.store.database.transaction():
        status = status_of(request.store, plan, now=request.now)
        if (refused := _refused(request.anew(), status)) is not None:
            return _ticket_again(request.anew(), status, refused)
        if words != _bound(status):
            return Reply(notice="It was proposed anew since: press Approve there.", is_done=True)
        if (stale := _stale(request, plan, moved)) is not None:
            return Reply(notice=stale, is_done=True)
        return _recorded(request, plan, Verdict.APPROVE)


OF_NO_PLAN: Mapping[str, Callable[[Request, str], Reply]] = MappingProxyType(
    {
        "yes": _confirmed,
        "keep": drafts.keep,
        "drop": drafts.drop,
        "gone": users.gone,
        "stay": users.stay,
    }
)
"""Buttons that name something else than a plan: what they name, they look up themselves."""


def _recorded(request: Request, plan: Plan, verdict: Verdict) -> Reply:
    """Write a decision down unless another was quicker, and tell everybody else."""
    until = request.now + SNOOZE if verdict is Verdict.SNOOZE else None
    with request.store.database.transaction():
        status = status_of(request.store, plan, now=request.now)
        if (refused := _refused(request.anew(), status)) is not None:
            return refused
        if status.state is State.SNOOZED and until is not None:
            return Reply(notice=status_text(status, request.person.timezone), is_done=True)
        by = request.person.name
        request.store.record_decision(plan.plan_id, verdict, at=request.now, by=by, until=until)
        tell_others(request, plan, verdict)
    if verdict is Verdict.APPROVE:
        return ticket(request, plan)
    if until is None:
        return Reply(notice="Skipped.", is_done=True)
    again = display.moment(until, request.person.timezone)
    return Reply(notice=f"Put off: it comes again on {again}.", is_done=True)
