"""How a portfolio has done by its proposals: the use case behind `performance`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.performance.past_plans import past_plans
from rebalancer.usecases.performance.reconciliation import Reconciliation, Unreconciled, reconcile
from rebalancer.usecases.performance.track_record import Results, results_of


@dataclass(frozen=True, slots=True)
class Performance:
    """One portfolio against doing nothing, and the record of all its proposals."""

    portfolio: Portfolio
    against_nothing: Reconciliation | Unreconciled
    results: Results


def performance_of(
    store: Store, portfolio: Portfolio, market: Market, *, now: datetime
) -> Performance:
    """Return how a portfolio has done by what was proposed for it."""
    past = past_plans(store, market, portfolio.name, now=now)
    return Performance(portfolio, reconcile(portfolio, past, market), results_of(past))
