"""The jobs that bring prices: present ones through the gate, and history once an asset.

A price in doubt is first put to the second source; one call settles all doubts of a batch. The
network is asked before the transaction begins, never inside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

import numpy as np

from portfolios.marketdata.asset_description import described
from portfolios.marketdata.bar_series import BarSeries, merged, series_from, with_reading
from portfolios.marketdata.fetch_log import DAY, WEEK
from portfolios.marketdata.market_store import Refused
from portfolios.marketdata.price_gate import (
    Evidence,
    Reading,
    doubt_about,
    is_price,
    is_repeated,
    log_move,
)
from portfolios.model.assets import Asset
from portfolios.model.sectors import primary_sector
from portfolios.providers.records import Daily, PriceRow
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sources import (
    PRICES_A_CALL,
    TOKENS_A_CALL,
    GradeSource,
    PriceSource,
)

PRICES, HISTORY, SECOND = "prices", "history", "second prices"
PRICE_EVERY = timedelta(minutes=15)
"""A younger price is not asked for again, so a refresh that was interrupted goes on."""
HISTORY_DAYS = 365
FOR_GOOD = timedelta(days=36_500)
RECENT_DAYS, GAP_DAYS, MOST_UNKNOWN = 7, 30, 3
FEWEST_FOR_THE_MARKET = 5
SECOND_CALLS_A_DAY, SECOND_HISTORIES_A_DAY = 5, 1


def refresh_prices(run: RunState, source: PriceSource, second: GradeSource | None) -> None:
    """Ask for the prices of all assets and let those through that the gate believes."""
    due = run.asked.due(PRICES, run.universe.priced, now=run.now, every=PRICE_EVERY)
    for batch in run.batches(source.name, PRICES, due, PRICES_A_CALL):
        rows = run.call(source.name, PRICES, source.prices, batch, currency=run.currency)
        if rows is not None:
            _PriceBatch(run, source.name, batch, rows).take_in(second)


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


class _PriceBatch:
    """The answer to one call for prices, and what was known before it."""

    def __init__(
        self, run: RunState, source: str, ids: Sequence[str], rows: Sequence[PriceRow]
    ) -> None:
        self.run = run
        self.ids = ids
        self.now = run.now
        self.last = run.market.accepted()
        self.doubts = run.market.refused()
        self.series = run.market.series()
        self.assets = run.market.assets()
        self.sectors = run.market.sectors()
        # Other assets' rows are nobody's business; of two rows for one asset the newest counts.
        asked = set(ids)
        mine = [row for row in rows if row.asset_id in asked and row.price is not None]
        mine.sort(key=lambda row: (row.at or self.now, repr(row)))
        self.rows = {row.asset_id: row for row in mine}
        self.readings = {key: _reading(row, source, self.now) for key, row in self.rows.items()}
        self.move = _market_move(self.readings, self.last)

    def take_in(self, second: GradeSource | None) -> None:
        """Judge every reading and store the outcome as one unit."""
        verdicts = {a: self._judge(a, None) for a in self.readings if self._is_newer(a)}
        refused = [a for a, why in verdicts.items() if why]
        if refused and second is not None:
            for asset_id, price in _ask_second(self.run, second, refused).items():
                other = Reading(price, self.now, second.name)
                verdicts[asset_id] = self._judge(asset_id, other)
        with self.run.database.transaction():
            for asset_id, why in verdicts.items():
                self._store(asset_id, why)
            self._describe([a for a, why in verdicts.items() if not why])
            self._mark()

    def _is_newer(self, asset_id: str) -> bool:
        last = self.last.get(asset_id)
        return last is None or self.readings[asset_id].at > last.at

    def _judge(self, asset_id: str, second: Reading | None) -> str:
        series, doubt = self.series.get(asset_id), self.doubts.get(asset_id)
        known = self.assets.get(asset_id)
        evidence = Evidence(
            last=self.last.get(asset_id),
            recent=tuple(series.close[-RECENT_DAYS:].tolist()) if series else (),
            second=second,
            doubtful=doubt.first if doubt else None,
            market_move=self.move,
            name=known.name if known else "",
        )
        return doubt_about(self.readings[asset_id], evidence, now=self.now)

    def _store(self, asset_id: str, why: str) -> None:
        reading = self.readings[asset_id]
        if why:
            doubt = self.doubts.get(asset_id)
            is_same = doubt is not None and is_repeated(reading, doubt.first)
            first = doubt.first if doubt is not None and is_same else reading
            self.run.market.refuse(asset_id, Refused(reading, why, first))
            return
        self.run.market.accept(asset_id, reading)
        self.run.priced.add(asset_id)
        grown = with_reading(
            self.series.get(asset_id), float(reading.price), reading.volume, reading.at
        )
        self.run.market.save_series({asset_id: grown})

    def _describe(self, accepted: Sequence[str]) -> None:
        self.run.market.save_assets([self._asset(a) for a in accepted], at=self.now)

    def _asset(self, asset_id: str) -> Asset:
        row, choice = self.rows[asset_id], self.sectors.get(asset_id)
        return described(
            asset_id,
            symbol=row.symbol,
            name=row.name,
            sector=choice.sector if choice else primary_sector(asset_id),
            rank=row.rank,
            market_cap=_amount(row.market_cap),
        )

    def _mark(self) -> None:
        answered = [a for a in self.ids if a in self.rows or a in self.last]
        unknown = [a for a in self.ids if a not in self.rows and a not in self.last]
        self.run.asked.mark(PRICES, answered, at=self.now, answered=True)
        self.run.asked.mark(PRICES, unknown, at=self.now, answered=False)
        self.run.unknown.update(unknown)


def _reading(row: PriceRow, source: str, now: datetime) -> Reading:
    return Reading(
        price=Decimal("NaN") if row.price is None else row.price,
        at=row.at or now,
        source=source,
        name=row.name,
        market_cap=_amount(row.market_cap),
        volume=_amount(row.volume),
    )


def _amount(number: float | None) -> float | None:
    """Return an amount of money; None for what is none."""
    return float(number) if number is not None and math.isfinite(number) and number > 0 else None


def _market_move(readings: Mapping[str, Reading], last: Mapping[str, Reading]) -> float:
    """Return the median log move; 0 for too few assets to speak of a market."""
    moves = [log_move(reading, last.get(a)) for a, reading in readings.items()]
    known = [move for move in moves if move is not None]
    return median(known) if len(known) >= FEWEST_FOR_THE_MARKET else 0.0


def _ask_second(run: RunState, source: GradeSource, refused: Sequence[str]) -> dict[str, Decimal]:
    """Return the second source's prices of assets in doubt, as far as the day's calls reach."""
    pairs = run.market.pairs(source.name)
    theirs = {pairs[a].their_id: a for a in refused if a in pairs and not pairs[a].quarantined}
    found: dict[str, Decimal] = {}
    for batch in run.batches(source.name, SECOND, sorted(theirs), TOKENS_A_CALL):
        slots = [str(number) for number in range(SECOND_CALLS_A_DAY)]
        free = run.asked.due(SECOND, slots, now=run.now, every=DAY)
        if not free:
            break
        run.asked.mark(SECOND, free[:1], at=run.now, answered=True)
        answer = run.call(source.name, SECOND, source.second_prices, batch)
        for their_id, price in (answer or {}).items():
            if their_id in theirs and is_price(price):
                found[theirs[their_id]] = price
    return found
