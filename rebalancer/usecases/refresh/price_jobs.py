"""The jobs that bring prices: present ones through the gate, and history once an asset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from portfolios.errors import ReplyError
from portfolios.marketdata.bar_series import BarSeries, merged, series_from
from portfolios.marketdata.fetch_log import DAY, WEEK
from portfolios.marketdata.market_store import Refused
from portfolios.marketdata.price_gate import Evidence, doubt_about
from portfolios.providers.records import Daily, PriceRow
from portfolios.values.display import counted
from rebalancer.usecases.refresh.price_batch import PRICES, RECENT_DAYS, SECOND, PriceBatch
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sources import (
    PRICES_A_CALL,
    GradeSource,
    PriceSource,
)

HISTORY = "history"
PRICE_EVERY = timedelta(minutes=15)
"""A younger price is not asked for again, so a refresh that was interrupted goes on."""
HISTORY_DAYS = 365
FOR_GOOD = timedelta(days=36_500)
GAP_DAYS, MOST_UNKNOWN = 30, 3
SECOND_HISTORIES_A_DAY = 1


def refresh_prices(run: RunState, source: PriceSource, second: GradeSource | None) -> None:
    """Ask for the prices of all assets and let those through that the gate believes."""
    due = run.asked.due(PRICES, run.universe.priced, now=run.now, every=PRICE_EVERY)
    for batch in run.batches(source.name, PRICES, due, PRICES_A_CALL):
        rows = run.call(source.name, PRICES, _prices, run, source, batch)
        if rows is not None:
            PriceBatch(run, source.name, batch, rows).take_in(second)


def _prices(run: RunState, source: PriceSource, ids: Sequence[str]) -> Sequence[PriceRow]:
    """Return a reply; one that lacks every asset, several known ones among them, is broken."""
    rows = source.prices(ids, currency=run.currency)
    if not rows and len(run.market.accepted().keys() & set(ids)) > 1:
        raise ReplyError(
            f"{source.name} sent no price at all for {counted(len(ids), 'asset')}",
            provider=source.name,
        )
    return rows


def refresh_history(run: RunState, source: PriceSource, second: GradeSource | None = None) -> None:
    """Ask once for the history of each asset that has none, and weekly where it has gaps.

    Where the source has none, the second is asked, for a few assets a day: it costs a call a month.
    """
    series, known = run.market.series(), run.market.assets()
    ids = [asset_id for asset_id in run.universe.priced if asset_id in known]
    gaps = {asset_id for asset_id in ids if _has_gaps(series.get(asset_id))}
    due = (
        *run.asked.due(HISTORY, [a for a in ids if a not in gaps], now=run.now, every=FOR_GOOD),
        *run.asked.due(HISTORY, [a for a in ids if a in gaps], now=run.now, every=WEEK),
    )
    for (asset_id,) in run.batches(source.name, HISTORY, due, 1):
        rows = run.call(
            source.name, HISTORY, source.history, asset_id, currency=run.currency, days=HISTORY_DAYS
        )
        if rows is None:
            continue
        fetched = series_from(rows or _second_history(run, second, asset_id))
        with run.database.transaction():
            if fetched is not None:
                _take_history(run, asset_id, series.get(asset_id), fetched)
            run.asked.mark(HISTORY, [asset_id], at=run.now, answered=fetched is not None)


def _second_history(run: RunState, source: GradeSource | None, asset_id: str) -> Sequence[Daily]:
    pair = run.market.pairs(source.name).get(asset_id) if source else None
    if source is None or pair is None or pair.quarantined:
        return ()
    slots = [f"history {number}" for number in range(SECOND_HISTORIES_A_DAY)]
    free = run.asked.due(SECOND, slots, now=run.now, every=DAY)
    if not free:
        return ()
    run.asked.mark(SECOND, free[:1], at=run.now, answered=True)
    last = run.now.date() - DAY
    first = last - timedelta(days=HISTORY_DAYS - 1)
    rows = run.call(source.name, HISTORY, source.history, pair.their_id, first=first, last=last)
    return rows or ()


def _take_history(run: RunState, asset_id: str, own: BarSeries | None, fetched: BarSeries) -> None:
    """Store a fetched history; a first price, taken at its word, must stand up to it."""
    run.histories.add(asset_id)
    first = run.market.accepted().get(asset_id) if own is None or len(own.close) == 1 else None
    if first is not None:
        recent = tuple(fetched.close[-RECENT_DAYS:].tolist())
        why = doubt_about(first, Evidence(recent=recent), now=first.at)  # its age is another matter
        if why:
            run.market.withdraw(asset_id, Refused(first, why, first))
            run.priced.discard(asset_id)
            own = None
    run.market.save_series({asset_id: merged(own, fetched)})


def _has_gaps(series: BarSeries | None) -> bool:
    if series is None:
        return False
    return int(np.isnan(series.close[-GAP_DAYS:]).sum()) > MOST_UNKNOWN
