"""Builds the market as of one moment from what is stored.

Nothing is fetched here and nothing is judged anew: a price in doubt is shown as the last good
one with the reason for the doubt, which withholds every proposal that would rest on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from portfolios.barseries import on_one_axis
from portfolios.database import Database
from portfolios.gradestore import GradeStore
from portfolios.market import Market, Quote
from portfolios.marketstore import MarketStore, Refused
from portfolios.providers.quality import Reading, is_price

MOST_DAYS = 800
"""Older bars are kept, but no estimate looks at them."""


def load_market(database: Database, *, as_of: datetime, currency: str = "usd") -> Market | None:
    """Return the market as of a moment; None when no price was ever stored.

    Args:
        database: where it is kept.
        as_of: the moment, against which ages are measured.
        currency: of all prices.
    """
    with _one_state(database):
        return _market(database, as_of, currency)


@contextmanager
def _one_state(database: Database) -> Iterator[None]:
    """Let all queries of the block see the same state, whoever writes in between."""
    if database.connection.in_transaction:
        yield
        return
    database.connection.execute("BEGIN")
    try:
        yield
    finally:
        database.connection.execute("ROLLBACK")


def _market(database: Database, as_of: datetime, currency: str) -> Market | None:
    store = MarketStore(database, currency=currency)
    accepted, refused = store.accepted(), store.refused()
    if not accepted and not refused:
        return None
    return Market(
        as_of=as_of,
        currency=currency,
        assets=store.assets(),
        quotes=_quotes(accepted, refused),
        grades=GradeStore(database).grades(as_of=as_of),
        bars=on_one_axis(store.series(), until=as_of, most_days=MOST_DAYS),
    )


def _quotes(accepted: Mapping[str, Reading], refused: Mapping[str, Refused]) -> dict[str, Quote]:
    quotes = {key: Quote(r.price, r.at, r.source) for key, r in accepted.items()}
    for asset_id, doubt in refused.items():
        # Without a good price the doubtful one is shown, unless it is no price at all.
        shown = accepted.get(asset_id, doubt.reading)
        if is_price(shown.price):
            quotes[asset_id] = Quote(shown.price, shown.at, shown.source, doubt.reason)
    return quotes
