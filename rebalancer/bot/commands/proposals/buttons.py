"""Buttons that decide: approve in two steps, snooze, skip; and why.

A button names a plan and nothing else. Who pressed, whether he may, where the proposal stands, and
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
from portfolios.store.button_payloads import shortcut_for, words_of
from portfolios.values import display
from rebalancer.bot.commands.accounts import drafts, users
from rebalancer.bot.commands.proposals.decision_notice import tell_others, what_became
from rebalancer.bot.commands.proposals.order_ticket import ask_to_book, book, ticket
from rebalancer.bot.commands.proposals.proposals import why_of
from rebalancer.bot.commands.queries.charts import chart_of
from rebalancer.bot.reply import Reply, said
from rebalancer.bot.request import Ask
from rebalancer.usecases.proposals.price_move import price_move
from rebalancer.usecases.proposals.status import Standing, State, standing_of

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


def press(ask: Ask, data: str) -> Reply:
    """Do what a button says, if it is still worth anything."""
    action, _, name = data.partition(":")
    if action in OF_NO_PLAN:
        return OF_NO_PLAN[action](ask, name)
    plan = _plan(ask, name)
    if plan is None:
        return Reply(notice=TOO_OLD, is_done=True)
    if not ask.person.may_see(plan.portfolio):
        return Reply(notice=NOT_YOURS)
    if action == "why":
        return why_of(ask, plan)
    if action == "chart":
        return chart_of(plan)
    if plan.portfolio not in {own.name for own in ask.portfolios()}:
        return Reply(notice=f"{plan.portfolio} is not kept here any more.", is_done=True)
    if action in BOOKING:
        return _booking(ask, plan, action)
    return _decided(ask, plan, action)


def _plan(ask: Ask, name: str) -> Plan | None:
    try:
        return ask.store.load_plan(name) if len(name) >= WHOLE_ID else None
    except NotFoundError:
        return None


def _booking(ask: Ask, plan: Plan, action: str) -> Reply:
    past = ask.store.decisions(plan.plan_id)
    if ask.person.role not in MAY_DECIDE:
        return Reply(notice="You may look; somebody else decides.")
    if action == "unbooked":
        return Reply(notice="Nothing was booked.", is_done=True)
    if not past or past[-1].verdict not in AGREED:
        return Reply(notice="Only what was approved is booked: /approve comes first.", is_done=True)
    return ask_to_book(ask, plan) if action == "book" else book(ask, plan)


def _decided(ask: Ask, plan: Plan, action: str) -> Reply:
    standing = standing_of(ask.store, plan, now=ask.now)
    refused = _refused(ask, standing)
    if refused is not None:
        return _ticket_again(ask, standing, refused) if action == "ok" else refused
    if action == "ok":
        return _confirm(ask, plan)
    if action == "no":
        return Reply(notice="Nothing was decided: the proposal is still open.", is_done=True)
    if action not in VERDICTS:
        return Reply(notice="This button means nothing any more.", is_done=True)
    return _recorded(ask, plan, VERDICTS[action])


def _refused(ask: Ask, standing: Standing) -> Reply | None:
    """Return why a press counts for nothing; None where it counts."""
    if not ask.person.may_see(standing.plan.portfolio):
        return Reply(notice=NOT_YOURS)
    if ask.person.role not in MAY_DECIDE:
        return Reply(notice="You may look; somebody else decides.")
    if standing.is_undecided:
        return None
    return Reply(notice=what_became(standing, ask.person.timezone), is_done=True)


def _ticket_again(ask: Ask, standing: Standing, refused: Reply) -> Reply:
    """Return the ticket once more where a plan is approved already: the first may be lost."""
    ruling = standing.ruling
    is_agreed = ruling is not None and ruling.verdict is Verdict.APPROVE
    if not is_agreed or ask.person.role not in MAY_DECIDE:
        return refused
    return replace(ticket(ask, standing.plan), notice=refused.notice)


def _confirm(ask: Ask, plan: Plan) -> Reply:
    """Ask for the second step, by a button that is this person's alone and soon void."""
    moved = _moved(ask, plan)
    if (stale := _stale(ask, plan, moved)) is not None or moved is None:
        return Reply(notice=stale or "", is_done=True)
    standing = standing_of(ask.store, plan, now=ask.now)
    name = shortcut_for(ask.store.database, ask.person.name, _bound(standing), now=ask.now)
    sells = sum((t.notional for t in plan.trades if t.side is Side.SELL), Decimal(0))
    count = "1 trade" if len(plan.trades) == 1 else f"{len(plan.trades)} trades"
    head = (
        f"{plan.portfolio}: {count}, sells {display.money(sells, plan.currency)},"
        f" prices moved {display.percent(moved)} since"
    )
    asked = said(ask, head, note="You trade; this records that you agree.")
    buttons = (Button("Confirm", f"yes:{name}"), Button("Cancel", f"no:{plan.plan_id}"))
    return asked.with_buttons(buttons)


def _moved(ask: Ask, plan: Plan) -> float | None:
    held = ask.store.load_portfolio(plan.portfolio)
    return price_move(plan, held, ask.load_market(), now=ask.now)


def _bound(standing: Standing) -> str:
    """Return what a confirmation is bound to: one plan to the last digit, offered once."""
    return f"confirm {standing.plan.plan_id} {standing.plan.inputs_hash} {standing.offer}"


def _stale(ask: Ask, plan: Plan, moved: float | None) -> str | None:
    """Return why a plan must not be agreed to at today's prices and holdings; None if it may."""
    if moved is None or moved > MOST_MOVED:
        how = "are not all known" if moved is None else f"moved {display.percent(moved)} since"
        return f"Prices {how}: /rebalance makes a new proposal."
    if changes_since(plan, ask.store.load_portfolio(plan.portfolio)):
        return "What is held has changed since: /rebalance makes a new proposal."
    return None


def _confirmed(ask: Ask, name: str) -> Reply:
    since = ask.now - CONFIRM_WITHIN
    words = words_of(ask.store.database, ask.person.name, name, since=since, until=ask.now)
    if words is None or not words.startswith("confirm "):
        return Reply(notice="That was too long ago: press Approve again.", is_done=True)
    plan = ask.store.load_plan(words.split()[1])
    moved = _moved(ask, plan)
    with ask.store.database.transaction():
        standing = standing_of(ask.store, plan, now=ask.now)
        if (refused := _refused(ask.anew(), standing)) is not None:
            return _ticket_again(ask.anew(), standing, refused)
        if words != _bound(standing):
            return Reply(notice="It was proposed anew since: press Approve there.", is_done=True)
        if (stale := _stale(ask, plan, moved)) is not None:
            return Reply(notice=stale, is_done=True)
        return _recorded(ask, plan, Verdict.APPROVE)


OF_NO_PLAN: Mapping[str, Callable[[Ask, str], Reply]] = MappingProxyType(
    {
        "yes": _confirmed,
        "keep": drafts.keep,
        "drop": drafts.drop,
        "gone": users.gone,
        "stay": users.stay,
    }
)
"""Buttons that name something else than a plan: what they name, they look up themselves."""


def _recorded(ask: Ask, plan: Plan, verdict: Verdict) -> Reply:
    """Write a decision down unless another was quicker, and tell everybody else."""
    until = ask.now + SNOOZE if verdict is Verdict.SNOOZE else None
    with ask.store.database.transaction():
        standing = standing_of(ask.store, plan, now=ask.now)
        if (refused := _refused(ask.anew(), standing)) is not None:
            return refused
        if standing.state is State.SNOOZED and until is not None:
            return Reply(notice=what_became(standing, ask.person.timezone), is_done=True)
        by = ask.person.name
        ask.store.record_decision(plan.plan_id, verdict, at=ask.now, by=by, until=until)
        tell_others(ask, plan, verdict)
    if verdict is Verdict.APPROVE:
        return ticket(ask, plan)
    if until is None:
        return Reply(notice="Skipped.", is_done=True)
    again = display.moment(until, ask.person.timezone)
    return Reply(notice=f"Put off: it comes again on {again}.", is_done=True)
