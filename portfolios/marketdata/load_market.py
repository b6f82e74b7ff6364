"""Builds the market as of one moment from what is stored.

Nothing is fetched here and nothing is judged anew: a price in doubt is shown as the last good
one with the reason for the doubt, which withholds every proposal that would rest on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from portfolios.marketdata.bar_series import on_one_axis
from portfolios.marketdata.coin_list import listed_ids
from portfolios.marketdata.fetch_log import FetchLog
from portfolios.marketdata.grade_store import GradeStore
from portfolios.marketdata.market_store import MarketStore, Refused
from portfolios.marketdata.price_gate import Reading, is_misdated, is_price, wrong_time
from portfolios.model.market import Market, Quote
from portfolios.store.database import Database

MOST_DAYS = 800
"""Older bars are kept, but no estimate looks at them."""


def load_market(database: Database, *, now: datetime, currency: str = "usd") -> Market | None:
    """Return the newest known market; None when no price was ever stored.

    Its moment is that of its newest price, or the hour that has begun where that is later: ages
    are true to the hour, and the same data give the same proposals for as long.

    Args:
        database: where it is kept.
        now: the moment, against which ages are measured.
        currency: of all prices.
    """
    with _one_state(database):
        return _market(database, now, currency)


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


def _market(database: Database, now: datetime, currency: str) -> Market | None:
    store = MarketStore(database, currency=currency)
    accepted, refused = store.accepted(), store.refused()
    if not accepted and not refused:
        return None
    quotes = _quotes(accepted, refused, now)
    as_of = max((_the_hour(now), *(q.at for q in quotes.values() if q.at <= now)))
    return Market(
        as_of=as_of,
        currency=currency,
        assets=store.assets(),
        quotes=quotes,
        grades=GradeStore(database).grades(as_of=as_of),
        bars=on_one_axis(store.series(), until=as_of, most_days=MOST_DAYS),
        awaited=_awaited(database).difference(quotes).union(refused.keys() - accepted.keys()),
    )


def _the_hour(now: datetime) -> datetime:
    """Return the hour that has begun: two runs within it see the same market and agree."""
    return now.replace(minute=0, second=0, microsecond=0)


def _awaited(database: Database) -> frozenset[str]:
    """Return what is listed or answered for, without what the provider did not know when asked."""
    asked = FetchLog(database)
    return (listed_ids(database) | asked.answered("prices")) - asked.unanswered("prices")


def _quotes(
    accepted: Mapping[str, Reading], refused: Mapping[str, Refused], now: datetime
) -> dict[str, Quote]:
    quotes = {
        key: Quote(r.price, r.at, r.source, wrong_time(r, now) if is_misdated(r, now) else "")
        for key, r in accepted.items()
    }
    for asset_id, doubt in refused.items():
        # Without a good price the doubtful one is shown, unless it is no price at all.
        shown = accepted.get(asset_id, doubt.reading)
        if is_price(shown.price):
            quotes[asset_id] = Quote(shown.price, shown.at, shown.source, doubt.reason)
    return quotes
