"""Past plans, what became of them, and what each would have earned since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from portfolios.errors import NotFoundError
from portfolios.model.decisions import Ruling
from portfolios.model.market import Market
from portfolios.model.plan import Plan
from portfolios.model.portfolio import Portfolio
from portfolios.store.portfolio_store import Store
from portfolios.values.cents import in_cents, to_cents
from rebalancer.usecases.performance.prices import TrustedPrices, prices_now
from rebalancer.usecases.performance.profit import Part, parts_since, total_of
from rebalancer.usecases.proposals.outcome import Outcome, outcome_of


@dataclass(frozen=True, slots=True)
class PastPlan:
    """One plan and what became of it.

    Attributes:
        ruling: the last decision, None while there is none.
        outcome: what became of it; None where nothing was proposed.
        parts: its trades with what each would have made since, cost included.
        earned: of all parts, exact, against doing nothing; None where nothing was proposed, or a
            price of today is missing or in doubt.
        unknown: why it is not known what a proposal has earned; empty where it is.
    """

    plan: Plan
    ruling: Ruling | None
    outcome: Outcome | None = None
    parts: tuple[Part, ...] = ()
    earned: Decimal | None = None
    unknown: str = ""

    @property
    def cents(self) -> Decimal | None:
        """What it has earned, to the cent: the one figure that every face shows and adds up."""
        return None if self.earned is None else to_cents(self.earned)

    @property
    def cents_of_parts(self) -> tuple[Decimal | None, ...]:
        """What each part has earned in cents; where all are known they add up to `cents`."""
        known = iter(in_cents([p.earned for p in self.parts if p.earned is not None]))
        return tuple(None if part.earned is None else next(known) for part in self.parts)


def past_plans(
    store: Store, market: Market | None, name: str | None = None, *, now: datetime
) -> list[PastPlan]:
    """Return the plans of one portfolio, or of all, newest first."""
    plans = list(reversed(store.plans(name)))
    prices = dict(_prices(store, plans, market)) if market else {}
    return [_past(store, plan, prices.get(plan.portfolio), now) for plan in plans]


def portfolio_if_any(store: Store, name: str) -> Portfolio | None:
    """Return a portfolio, None where it was removed."""
    try:
        return store.load_portfolio(name)
    except NotFoundError:
        return None


def _prices(store: Store, plans: list[Plan], market: Market) -> Iterator[tuple[str, TrustedPrices]]:
    for name, own in groupby(sorted(plans, key=_owner), _owner):
        traded = {trade.asset_id for plan in own for trade in plan.trades}
        yield name, prices_now(market, traded, portfolio_if_any(store, name))


def _owner(plan: Plan) -> str:
    return plan.portfolio


def _past(store: Store, plan: Plan, prices: TrustedPrices | None, now: datetime) -> PastPlan:
    rulings = store.decisions(plan.plan_id)
    ruling = rulings[-1] if rulings else None
    outcome = outcome_of(store, plan, now=now)
    if prices is None:
        unknown = "no prices were pulled yet" if plan.trades else ""
        return PastPlan(plan, ruling, outcome, tuple(Part(t, None) for t in plan.trades),
                        unknown=unknown)  # fmt: skip
    parts = parts_since(plan, prices)
    unknown = prices.why_not(plan) if plan.trades else ""
    return PastPlan(plan, ruling, outcome, parts, total_of(parts), unknown)
