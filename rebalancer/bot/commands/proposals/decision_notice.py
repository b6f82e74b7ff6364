"""Says what somebody decided: to everybody else, and to who presses too late."""

from __future__ import annotations

from alerts.delivery.routing import Post
from alerts.messages import Block, Kind, Message, Style
from portfolios.model.decisions import Verdict
from portfolios.model.plan import Plan
from portfolios.values import display
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.status import ProposalStatus, State

SAID = {
    Verdict.APPROVE: "approved",
    Verdict.SKIP: "skipped",
    Verdict.SNOOZE: "put off",
    Verdict.APPLY: "booked",
}
DID = {verdict: f"{word} it" for verdict, word in SAID.items()} | {Verdict.SNOOZE: "put it off"}


def tell_others(request: Request, plan: Plan, verdict: Verdict) -> None:
    """Write a message for everybody whom a decision concerns but its maker, in the same unit."""
    concerned = [
        person
        for person in request.people
        if person.name != request.person.name and person.may_see(plan.portfolio)
    ]
    number = len(request.store.decisions(plan.plan_id))
    count = display.counted(len(plan.trades), "trade")
    message = Message(
        kind=Kind.DECISION,
        key=f"decision:{plan.plan_id}:{number}",
        headline=f"{plan.portfolio}: {request.person.name} {SAID[verdict]} the proposal of {count}",
        as_of=request.now,
        portfolio=plan.portfolio,
        blocks=(Block(Style.NOTE, f"{display.moment(request.now)}; plan {plan.plan_id}"),),
    )
    post = Post.of(request.store, now=request.now)
    post.send(message, concerned, answers=f"plan:{plan.plan_id}")


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
    ruling = status.ruling
    until = f" until {display.moment(ruling.until, zone)}" if ruling.until else ""
    return f"{ruling.by} {DID[ruling.verdict]}{until} on {display.moment(ruling.at, zone)}."
