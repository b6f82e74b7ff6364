"""Commands that decide: a proposal now; approve, snooze and skip by word instead of by button."""

from __future__ import annotations

from decimal import Decimal

from alerts.texts.event_messages import proposal_message
from portfolios.errors import NotFoundError, UsageError
from portfolios.loaders.number_parsing import parse_flow
from portfolios.model.plan import Decision
from portfolios.model.policy import Mode
from portfolios.values import display
from rebalancer.bot.commands.proposals.buttons import press
from rebalancer.bot.reply import Reply, lines, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.keep import keep_and_offer
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.status import newest_status

KNOWN = ("cash", "mode")


def rebalance(request: Request) -> Reply:
    """Propose now."""
    if unknown := [key for key in request.options if key not in KNOWN]:
        raise UsageError(f"{unknown[0]} means nothing", hint="/rebalance NAME cash=500 mode=hybrid")
    flow = _money(request.options["cash"]) if "cash" in request.options else Decimal(0)
    mode = _mode(request.options["mode"]) if "mode" in request.options else None
    own, market = request.portfolio(), request.market()
    plan = propose(analyse(own, market, flow=flow, mode=mode)).plan
    if plan.decision is not Decision.TRADE:
        head = display.marked(f"{own.name}: nothing to do", is_sample=plan.is_sample)
        return reply_with(request, head, lines(plan.reason))
    keep_and_offer(request.store, plan, at=request.now)
    return Reply(proposal_message(plan))


def approve(request: Request) -> Reply:
    """Approve the open proposal, in two steps as by its button."""
    return _by_word(request, "ok")


def skip(request: Request) -> Reply:
    """Skip the open proposal."""
    return _by_word(request, "skip")


def snooze(request: Request) -> Reply:
    """Put the open proposal off for a day."""
    return _by_word(request, "later")


def _by_word(request: Request, action: str) -> Reply:
    own = request.portfolio()
    status = newest_status(request.store, own.name, now=request.now)
    if status is None:
        return reply_with(
            request, f"{own.name}: there is no proposal", note="/rebalance asks for one now"
        )
    pressed = press(request, f"{action}:{status.plan.plan_id}")
    return pressed if pressed.message else reply_with(request, pressed.notice)


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
