"""What is held now against what would be held had nothing been done, line by line and exact.

What was held before the first booked plan, at today's prices, is what doing nothing would be worth.
From there, what each booked plan has earned and what came in, went out or was changed by hand leads
to the worth of what is held now, without a remainder:

    start + what plans earned + what else changed - parts of cents lost = now

It holds because each line is the difference of two states at the same prices, so that all between
the first and the last cancel out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from portfolios.model.market import Market
from portfolios.model.plan import Plan, Side
from portfolios.model.portfolio import Portfolio
from portfolios.values.cents import to_cents
from portfolios.values.exact import exactly
from rebalancer.usecases.performance.past_plans import PastPlan
from rebalancer.usecases.performance.prices import TrustedPrices, prices_now
from rebalancer.usecases.performance.profit import parts_since, total_of
from rebalancer.usecases.proposals.outcome import Outcome


class StepCause(StrEnum):
    """What changed the value of what is held."""

    PLAN = "plan"
    FLOW = "flow"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class ValueStep:
    """One change of what is held, at today's prices.

    Attributes:
        cause: a booked plan, money that it said would come or go, or anything else that is held
            differently: deposits, withdrawals, trades of one's own.
        at: when the plan was booked; for an edit, by when it had been made.
        plan_id: of the plan that was booked then; empty for an edit after the last one.
        amount: exact.
    """

    cause: StepCause
    at: datetime
    plan_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """From doing nothing to what is held now; exact amounts at today's prices.

    Attributes:
        since: when the first of the plans was booked.
        start: what was held before it.
        steps: oldest first; `start`, all of them and `lost` add up to `now` to the last digit.
        lost: parts of a cent that trades lost when they were booked in whole cents, not above 0.
        left_out: held without a good price all the while, and so in no amount.
    """

    since: datetime
    start: Decimal
    steps: tuple[ValueStep, ...]
    now: Decimal
    lost: Decimal = Decimal(0)
    left_out: tuple[str, ...] = ()

    @property
    def earned(self) -> Decimal:
        """What the booked plans have earned: the sum of each in cents, as everywhere."""
        return sum(
            (to_cents(s.amount) for s in self.steps if s.cause is StepCause.PLAN), Decimal(0)
        )

    @property
    def shown(self) -> tuple[ValueStep, ...]:
        """The steps that are seen in cents."""
        return tuple(step for step in self.steps if to_cents(step.amount))

    @property
    def growth(self) -> float | None:
        """What was earned as a fraction of what would be there without; None without value."""
        without = to_cents(self.now) - self.earned
        return float(self.earned / without) if without > 0 else None

    @property
    def shown_start(self) -> Decimal:
        """The start in cents, so that all lines add up as they are shown."""
        steps = sum((to_cents(step.amount) for step in self.steps), to_cents(self.lost))
        return to_cents(self.now) - steps


@dataclass(frozen=True, slots=True)
class Unreconciled:
    """Nothing can be set against doing nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class _Booked:
    plan: Plan
    at: datetime


@dataclass(frozen=True, slots=True)
class _Held:
    quantities: Mapping[str, Decimal]
    cash: Decimal


def reconcile(
    portfolio: Portfolio, past: Sequence[PastPlan], market: Market
) -> Reconciliation | Unreconciled:
    """Reconcile a portfolio with what it would be worth without the plans that were booked.

    Args:
        portfolio: what is held now.
        past: its plans, newest first; those at other prices, made-up beside real ones or in another
            currency, are not measured: what they changed counts as an edit.
        market: of the moment.
    """
    booked = _booked(past)
    if not booked:
        return Unreconciled("nothing was booked yet")
    if portfolio.currency != market.currency:
        return Unreconciled(f"it is in {portfolio.currency}, prices are in {market.currency}")
    fitting = [b for b in booked if _fits(b.plan, market)]
    if not fitting:
        return Unreconciled("what was booked was at other prices: made-up and real are not mixed")
    states = [state for b in fitting for state in (_before(b.plan), _after(b.plan))]
    states.append(_Held({h.asset_id: h.quantity for h in portfolio.holdings}, portfolio.cash))
    mentioned = {asset_id for state in states for asset_id in state.quantities}
    prices = prices_now(market, mentioned, portfolio)
    if unpriced := sorted(_moved(states) - prices.of.keys()):
        return Unreconciled(f"no good price of {', '.join(unpriced)}")
    with exactly():
        return _reconciled(fitting, states, prices, until=market.as_of)


def _booked(past: Sequence[PastPlan]) -> list[_Booked]:
    """Return the plans that were booked, in the order of their booking."""
    found = [
        _Booked(entry.plan, entry.ruling.at)
        for entry in reversed(past)
        if entry.outcome is Outcome.BOOKED and entry.ruling is not None
    ]
    return sorted(found, key=lambda booked: booked.at)


def _fits(plan: Plan, market: Market) -> bool:
    return plan.is_sample is market.is_sample and plan.currency == market.currency


def _before(plan: Plan) -> _Held:
    """Return what a plan started from, without the money that it said would come or go."""
    return _Held({p.asset_id: p.quantity for p in plan.positions}, plan.cash - plan.flow)


def _after(plan: Plan) -> _Held:
    quantities = {p.asset_id: p.quantity for p in plan.positions}
    for trade in plan.trades:
        change = trade.quantity if trade.side is Side.BUY else -trade.quantity
        quantities[trade.asset_id] = quantities.get(trade.asset_id, Decimal(0)) + change
    return _Held(quantities, plan.proposed_cash)


def _moved(states: Sequence[_Held]) -> set[str]:
    """Return the assets of which not all states hold the same."""
    every = {asset_id for state in states for asset_id in state.quantities}
    return {a for a in every if len({s.quantities.get(a, Decimal(0)) for s in states}) > 1}


def _worth(held: _Held, prices: TrustedPrices) -> Decimal:
    known = (q * prices.of[a] for a, q in held.quantities.items() if a in prices.of)
    return sum(known, held.cash)


def _reconciled(
    booked: Sequence[_Booked], states: Sequence[_Held], prices: TrustedPrices, *, until: datetime
) -> Reconciliation:
    worth = [_worth(state, prices) for state in states]
    held = {asset_id for asset_id, quantity in states[-1].quantities.items() if quantity}
    steps = tuple(_steps(booked, worth, prices, until=until))
    return Reconciliation(
        since=booked[0].at,
        start=worth[0],
        steps=tuple(step for step in steps if step.amount),
        now=worth[-1],
        lost=worth[-1] - worth[0] - sum((step.amount for step in steps), Decimal(0)),
        left_out=tuple(sorted(held - prices.of.keys())),
    )


def _steps(
    booked: Sequence[_Booked], worth: Sequence[Decimal], prices: TrustedPrices, *, until: datetime
) -> Iterator[ValueStep]:
    """Yield every change; `worth` is before and after each booked plan, and at last now."""
    after = worth[0]
    pairs = zip(worth[:-1:2], worth[1::2], strict=True)
    for each, (before, then) in zip(booked, pairs, strict=True):
        plan_id, earned = each.plan.plan_id, total_of(parts_since(each.plan, prices))
        yield ValueStep(StepCause.EDIT, each.at, plan_id, before - after)
        yield ValueStep(StepCause.FLOW, each.at, plan_id, each.plan.flow)
        yield ValueStep(StepCause.PLAN, each.at, plan_id, earned or Decimal(0))
        after = then
    yield ValueStep(StepCause.EDIT, until, "", worth[-1] - after)
