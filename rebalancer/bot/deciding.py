"""Commands and buttons that decide: a proposal now; approve in two steps, snooze, skip.

A button names a plan and nothing else. Who pressed, whether he may, whether the plan is still open
and how far prices have moved is looked up when it is pressed, so an old or foreign button explains
itself and does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from alerts.messages import Button, Message
from alerts.telling import OPEN_HOURS, proposal_message
from portfolios import figures
from portfolios.decisions import Verdict
from portfolios.errors import NotFoundError, RebalancerError, UsageError
from portfolios.loaders.numbers import parse_money
from portfolios.market import Market
from portfolios.people import Role
from portfolios.plans import Decision, Plan, Side
from portfolios.policy import Mode
from rebalancer.bot.asking import Ask, lines, said
from rebalancer.bot.looking import open_plan, why_of
from rebalancer.service.propose import propose

MAY_DECIDE = (Role.APPROVER, Role.OWNER)
SNOOZE = timedelta(days=1)
MOST_MOVED = 0.05
"""Beyond such a move of prices a plan is not approved any more: it was made for others."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press of a button led to.

    Attributes:
        text: shown at once, over the chat; at most 200 letters.
        message: sent as well; None where the text says it all.
        is_done: the buttons have no more use and are taken away.
    """

    text: str
    message: Message | None = None
    is_done: bool = False


def rebalance(ask: Ask) -> Message:
    """Propose now."""
    names = [word for word in ask.words if "=" not in word]
    flow, mode = Decimal(0), None
    for word in ask.words:
        key, _, value = word.partition("=")
        if key == "cash" and value:
            flow = _money(value)
        elif key == "mode" and value:
            mode = _mode(value)
        elif "=" in word:
            raise UsageError(f"{word} means nothing", hint="/rebalance NAME cash=500 mode=hybrid")
    own = ask.portfolio(names[0] if names else "")
    plan = propose(own, ask.known_market(), flow=flow, mode=mode).plan
    if plan.decision is not Decision.TRADE:
        return said(ask, f"{own.name}: nothing to do", lines(plan.reason))
    with ask.store.database.transaction():
        ask.store.save_plan(plan, at=ask.now)
    return proposal_message(plan)


def press(ask: Ask, data: str) -> Pressed:
    """Do what a button says, if it is still worth anything."""
    action, _, plan_id = data.partition(":")
    try:
        plan = ask.store.load_plan(plan_id)
    except RebalancerError:
        return Pressed("This button is too old.", is_done=True)
    if len(plan_id) < 12 or not ask.person.may_see(plan.portfolio):
        return Pressed("This is not yours to press.")
    if action == "why":
        return Pressed("", why_of(ask, plan))
    if ask.person.role not in MAY_DECIDE:
        return Pressed("You may look; somebody else decides.")
    return _decided(ask, plan, action)


def _decided(ask: Ask, plan: Plan, action: str) -> Pressed:
    past = ask.store.decisions(plan.plan_id)
    if past:
        last = past[-1]
        when = figures.moment(last.at)
        return Pressed(f"{last.by} said {last.verdict.value} on {when}.", is_done=True)
    if ask.now - ask.store.saved_at(plan.plan_id) > timedelta(hours=OPEN_HOURS):
        return Pressed("This proposal has lapsed: silence was skip.", is_done=True)
    if action == "ok":
        return _confirm(ask, plan)
    verdicts = {"yes": Verdict.APPROVE, "skip": Verdict.SKIP, "later": Verdict.SNOOZE}
    if action == "no":
        return Pressed("Nothing was decided.", is_done=True)
    if action not in verdicts:
        return Pressed("This button means nothing any more.", is_done=True)
    return _recorded(ask, plan, verdicts[action])


def _confirm(ask: Ask, plan: Plan) -> Pressed:
    moved = price_move(plan, ask.market)
    if moved is None or moved > MOST_MOVED:
        how = "are not all known" if moved is None else f"moved {figures.percent(moved)}"
        return Pressed(f"Prices {how} since: ask for a new proposal with /rebalance.", is_done=True)
    sells = sum((t.notional for t in plan.trades if t.side is Side.SELL), Decimal(0))
    count = "1 trade" if len(plan.trades) == 1 else f"{len(plan.trades)} trades"
    head = (
        f"{plan.portfolio}: {count}, sells {figures.money(sells, plan.currency)},"
        f" prices moved {figures.percent(moved)} since"
    )
    message = said(ask, head, note="You trade; this records that you agree.")
    buttons = (Button("Confirm", f"yes:{plan.plan_id}"), Button("Cancel", f"no:{plan.plan_id}"))
    return Pressed("", _with_buttons(message, buttons))


def _recorded(ask: Ask, plan: Plan, verdict: Verdict) -> Pressed:
    until = ask.now + SNOOZE if verdict is Verdict.SNOOZE else None
    ask.store.record_decision(plan.plan_id, verdict, at=ask.now, by=ask.person.name, until=until)
    words = {
        Verdict.APPROVE: f"Approved. When you have traded: rebalancer apply {plan.plan_id}",
        Verdict.SKIP: "Skipped.",
        Verdict.SNOOZE: "Put off until tomorrow.",
    }
    return Pressed(words[verdict], is_done=True)


def price_move(plan: Plan, market: Market | None) -> float | None:
    """Return the largest move of a price that a plan's trades rest on; None when one is unknown."""
    if market is None:
        return None
    moves = []
    for trade in plan.trades:
        quote = market.quotes.get(trade.asset_id)
        if quote is None or quote.quarantined:
            return None
        moves.append(abs(float(quote.price / trade.price) - 1))
    return max(moves, default=0.0)


def approve(ask: Ask) -> Message:
    """Approve the open proposal, in two steps as by its button."""
    return _by_word(ask, "ok")


def skip(ask: Ask) -> Message:
    """Skip the open proposal."""
    return _by_word(ask, "skip")


def snooze(ask: Ask) -> Message:
    """Put the open proposal off for a day."""
    return _by_word(ask, "later")


def _by_word(ask: Ask, action: str) -> Message:
    own = ask.portfolio(ask.words[0] if ask.words else "")
    plan = open_plan(ask, own.name)
    if plan is None:
        return said(ask, f"{own.name}: no proposal is open")
    pressed = press(ask, f"{action}:{plan.plan_id}")
    return pressed.message or said(ask, pressed.text)


def _with_buttons(message: Message, buttons: tuple[Button, ...]) -> Message:
    return replace(message, buttons=(buttons,))


def _money(text: str) -> Decimal:
    try:
        return -parse_money(text[1:]) if text.startswith("-") else parse_money(text)
    except ValueError as error:
        raise UsageError(f"cash={text}: {error}", hint="cash=500 or cash=-500") from None


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        known = ", ".join(mode.value for mode in Mode)
        raise NotFoundError(f"no mode is called {text}", hint=f"known: {known}") from None
