"""Says where a proposal stands, and why a decision on it does not count."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.texts.decision_message import ruling_text
from portfolios.values import display
from rebalancer.bot.reply import Reply
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.refusals import Refused, Why
from rebalancer.usecases.proposals.status import ProposalStatus, State

NOT_YOURS = "This is not yours to press."
FIXED: Mapping[Why, str] = MappingProxyType(
    {
        Why.NOT_VISIBLE: NOT_YOURS,
        Why.ROLE: "You may look; somebody else decides.",
        Why.NO_TRADES: "It proposes no trades: there is nothing to decide.",
        Why.OFFERED_AGAIN: "It was proposed anew since: press Approve there.",
        Why.HOLDINGS: "What is held has changed since: /rebalance makes a new proposal.",
        Why.NOT_APPROVED: "Only what was approved is booked: /approve comes first.",
    }
)


def refused_reply(request: Request, refused: Refused) -> Reply:
    """Answer a press that does not count; its button goes unless others may still press it."""
    is_done = refused.why not in (Why.NOT_VISIBLE, Why.ROLE)
    return Reply(notice=refusal_text(refused, request.person.timezone), is_done=is_done)


def refusal_text(refused: Refused, zone: str) -> str:
    """Say why a decision does not count.

    Args:
        refused: what came of it.
        zone: time zone of who is told.
    """
    if refused.why in FIXED:
        return FIXED[refused.why]
    if refused.why is Why.NOT_KEPT:
        return f"{refused.status.plan.portfolio} is not kept here any more."
    if refused.why is Why.PRICES:
        moved = refused.moved
        how = "are not all known" if moved is None else f"moved {display.percent(moved)} since"
        return f"Prices {how}: /rebalance makes a new proposal."
    return status_text(refused.status, zone)


def status_text(status: ProposalStatus, zone: str) -> str:
    """Say where a proposal stands that can not be decided any more, or is put off.

    Args:
        status: of the proposal.
        zone: time zone of who is told.
    """
    if status.state is State.REPLACED:
        return "A newer proposal took its place: /proposal shows it."
    if status.state is State.LAPSED or status.ruling is None:
        ended = display.moment(status.closes_at, zone)
        return f"This proposal lapsed on {ended}: silence was skip. /rebalance makes a new one."
    return f"{ruling_text(status.ruling, zone)}."
