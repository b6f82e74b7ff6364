"""Says who decided what on a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.messages import Block, Kind, Message, Style
from portfolios.model.decisions import Ruling, Verdict
from portfolios.model.plan import Plan
from portfolios.values import display

DID: Mapping[Verdict, tuple[str, str]] = MappingProxyType(
    {
        Verdict.APPROVE: ("approved", "approved it"),
        Verdict.SKIP: ("skipped", "skipped it"),
        Verdict.SNOOZE: ("put off", "put it off"),
        Verdict.APPLY: ("booked", "booked it"),
    }
)
"""What somebody did to a proposal, before its name and without it."""


def decision_message(plan: Plan, ruling: Ruling, *, number: int) -> Message:
    """Tell what somebody decided.

    Args:
        plan: that was decided on.
        ruling: the decision.
        number: of the decision among those on this plan, from 1.
    """
    count = display.counted(len(plan.trades), "trade")
    did, _ = DID[ruling.verdict]
    return Message(
        kind=Kind.DECISION,
        key=f"decision:{plan.plan_id}:{number}",
        headline=display.marked(
            f"{plan.portfolio}: {ruling.by} {did} the proposal of {count}",
            is_sample=plan.is_sample,
        ),
        as_of=ruling.at,
        portfolio=plan.portfolio,
        blocks=(Block(Style.NOTE, f"{display.moment(ruling.at)}; plan {plan.plan_id}"),),
    )


def ruling_text(ruling: Ruling, zone: str = "UTC") -> str:
    """Say who decided what and when; without a full stop.

    Args:
        ruling: the decision.
        zone: time zone of who reads it, an IANA name.
    """
    until = f" until {display.moment(ruling.until, zone)}" if ruling.until else ""
    _, did = DID[ruling.verdict]
    return f"{ruling.by} {did}{until} on {display.moment(ruling.at, zone)}"
