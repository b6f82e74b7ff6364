"""The weekly reading of the list of all coins, by which names and symbols are looked up."""

from __future__ import annotations

from datetime import datetime

from portfolios.marketdata.coin_list import keep_listing
from portfolios.marketdata.fetch_log import WEEK
from portfolios.store.database import Database
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sources import CoinSource

LISTING = "list of coins"
PAGES = 4
"""The thousand largest; beyond them a symbol needs the user's word."""


def learn_coins(database: Database, source: CoinSource, *, currency: str, now: datetime) -> None:
    """Fetch the lists of all coins and categories, and the sizes of the largest, in six calls.

    Raises:
        ProviderError: when any of the calls failed; the list from before stays.
    """
    coins = source.coins()
    largest = [
        row for page in range(1, PAGES + 1) for row in source.largest(page, currency=currency)
    ]
    keep_listing(database, source.name, coins, largest, source.category_ids(), at=now)


def refresh_listing(run: RunState, source: CoinSource) -> None:
    """Read the list anew each week."""
    for _ in run.asked.due(LISTING, ["coins"], now=run.now, every=WEEK):
        done = run.call(source.name, LISTING, _learn, run.database, source, run.currency, run.now)
        if done:
            run.asked.mark(LISTING, ["coins"], at=run.now, answered=True)


def _learn(database: Database, source: CoinSource, currency: str, now: datetime) -> bool:
    learn_coins(database, source, currency=currency, now=now)
    return True
