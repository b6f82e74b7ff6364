"""Commands that decide: a proposal now; approve, snooze and skip by word instead of by button."""

from __future__ import annotations

from decimal import Decimal

from alerts.texts.event_messages import proposal_message
from portfolios.errors import NotFoundError, UsageError
from portfolios.loaders.number_parsing import parse_flow
from portfolios.model.plan import Decision
from portfolios.model.policy import Mode
from rebalancer.bot.commands.proposals.buttons import press
from rebalancer.bot.reply import Reply, lines, said
from rebalancer.bot.request import Ask
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.status import newest_standing, offer

KNOWN = ("cash", "mode")


def rebalance(ask: Ask) -> Reply:
    """Propose now."""
    if unknown := [key for key in ask.options if key not in KNOWN]:
        raise UsageError(f"{unknown[0]} means nothing", hint="/rebalance NAME cash=500 mode=hybrid")
    flow = _money(ask.options["cash"]) if "cash" in ask.options else Decimal(0)
    mode = _mode(ask.options["mode"]) if "mode" in ask.options else None
    own, market = ask.portfolio(), ask.market()
    plan = propose(own, market, flow=flow, mode=mode).plan
    if plan.decision is not Decision.TRADE:
        return said(ask, f"{own.name}: nothing to do", lines(plan.reason))
    with ask.store.database.transaction():
        ask.store.save_plan(plan, at=ask.now)
        offer(ask.store, plan, at=ask.now)
    return Reply(proposal_message(plan))


def approve(ask: Ask) -> Reply:
    """Approve the open proposal, in two steps as by its button."""
    return _by_word(ask, "ok")


def skip(ask: Ask) -> Reply:
    """Skip the open proposal."""
    return _by_word(ask, "skip")


def snooze(ask: Ask) -> Reply:
    """Put the open proposal off for a day."""
    return _by_word(ask, "later")


def _by_word(ask: Ask, action: str) -> Reply:
    own = ask.portfolio()
    standing = newest_standing(ask.store, own.name, now=ask.now)
    if standing is None:
        return said(ask, f"{own.name}: there is no proposal", note="/rebalance asks for one now")
    pressed = press(ask, f"{action}:{standing.plan.plan_id}")
    return pressed if pressed.message else said(ask, pressed.notice)


def _money(text: str) -> Decimal:
    try:
        return parse_flow(text)
    except ValueError as error:
        raise UsageError(f"cash={text}: {error}", hint="cash=500 or cash=-500") from None


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        known = ", ".join(mode.value for mode in Mode)
        raise NotFoundError(f"no mode is called {text}", hint=f"known: {known}") from None
