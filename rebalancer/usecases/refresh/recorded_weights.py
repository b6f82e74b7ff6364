"""Records the weights that a portfolio without targets is held to, once all prices are known.

A portfolio may be added before anything was ever priced. Its reference is then the weights at the
first refresh that prices all of it, and from there on stays until the user changes it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from portfolios.model.market import Market
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.accounts.imports import record_weights


def record_missing_weights(store: Store, market: Market, *, at: datetime) -> tuple[str, ...]:
    """Record the weights of every portfolio that still lacks them; return their names."""
    done = []
    for name in store.unrecorded():
        with store.database.transaction():
            portfolio = store.load_portfolio(name)
            is_priced = portfolio.currency == market.currency
            recorded = record_weights(portfolio, market) if is_priced else None
            if recorded is not None:
                store.save_portfolio(replace(portfolio, recorded=recorded), at=at)
                done.append(name)
    return tuple(done)
