"""One reply to a question for prices: judged as a whole, asked about where in doubt, stored.

The network is asked before the transaction begins, never inside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from portfolios.marketdata.asset_description import described
from portfolios.marketdata.bar_series import with_reading, without_future
from portfolios.marketdata.fetch_log import DAY
from portfolios.marketdata.market_store import Refused
from portfolios.marketdata.price_gate import (
    Evidence,
    Reading,
    confirmed_level,
    denial_of,
    is_misdated,
    is_price,
    said_before,
    wrong_time,
)
from portfolios.marketdata.reply_gate import doubts_about
from portfolios.model.assets import Asset, AssetKind
from portfolios.model.sectors import OVERRIDES, primary_sector
from portfolios.providers.records import PriceRow
from rebalancer.usecases.refresh.run import RunState
from rebalancer.usecases.refresh.sources import TOKENS_A_CALL, GradeSource

PRICES, MISSED, SECOND = "prices", "missed prices", "second prices"
HOUR = timedelta(hours=1)
RECENT_DAYS = 7
SECOND_CALLS_A_DAY = 5


class PriceBatch:
    """The answer to one call for prices, and what was known before it."""

    def __init__(
        self, run: RunState, source: str, ids: Sequence[str], rows: Sequence[PriceRow]
    ) -> None:
        self.run = run
        self.ids = ids
        self.now = run.now
        self.last = run.market.accepted()
        self.levels = run.market.levels()
        self.doubts = run.market.refused()
        self.series = run.market.series()
        self.assets = run.market.assets()
        self.sectors = run.market.sectors()
        # Other assets' rows are nobody's business; of two rows for one the newest price counts.
        asked = set(ids)
        mine = [row for row in rows if row.asset_id in asked]
        mine.sort(key=lambda row: (row.price is not None, row.at or self.now, repr(row)))
        self.rows = {row.asset_id: row for row in mine}
        self.readings = {
            a: _reading(row, row.price, source, self.now)
            for a, row in self.rows.items()
            if row.price is not None
        }
        self.known = {asset_id: self._evidence(asset_id) for asset_id in self.readings}

    def take_in(self, second: GradeSource | None) -> None:
        """Judge every reading and store the outcome as one unit."""
        verdicts = self._judge()
        # What would be believed for having been said before is asked about as well.
        asked = [a for a, why in verdicts.items() if why or self._was_said(a)]
        if asked and second is not None:
            for asset_id, price in _ask_second(self.run, second, asked).items():
                other = Reading(price, self.now, second.name)
                self.known[asset_id] = replace(self.known[asset_id], second=other)
            verdicts = self._judge()
        with self.run.database.transaction():
            for asset_id, why in verdicts.items():
                self._store(asset_id, why)
            self._describe([a for a, why in verdicts.items() if not why])
            self._mark()

    def _judge(self) -> dict[str, str]:
        """Return the doubts about the new readings; an old one says nothing new."""
        verdicts = doubts_about(
            self.readings, self.known, self._pegs(), currency=self.run.currency, now=self.now
        )
        return {asset_id: why for asset_id, why in verdicts.items() if self._is_newer(asset_id)}

    def _is_newer(self, asset_id: str) -> bool:
        last = self.last.get(asset_id)
        # What a clock wrote that was ahead is older than whatever comes after it.
        if last is None or is_misdated(last, self.now):
            return True
        return self.readings[asset_id].at > last.at

    def _not_ahead(self, reading: Reading | None) -> Reading | None:
        return None if reading is None else replace(reading, at=min(reading.at, self.now))

    def _unless_ahead(self, reading: Reading | None) -> Reading | None:
        return None if reading is None or is_misdated(reading, self.now) else reading

    def _was_said(self, asset_id: str) -> bool:
        return said_before(self.readings[asset_id], self.known[asset_id]) is not None

    def _evidence(self, asset_id: str) -> Evidence:
        series, doubt = self.series.get(asset_id), self.doubts.get(asset_id)
        known = self.assets.get(asset_id)
        return Evidence(
            last=self._not_ahead(self.last.get(asset_id)),
            confirmed=self._not_ahead(self.levels.get(asset_id)),
            recent=tuple(series.close[-RECENT_DAYS:].tolist()) if series else (),
            doubtful=self._unless_ahead(doubt.first if doubt else None),
            denial=self._unless_ahead(doubt.denial if doubt else None),
            name=known.name if known else "",
        )

    def _pegs(self) -> Mapping[str, str]:
        """Return the units that stablecoins promise; a new one says nothing unless well known."""
        assets = {a: self._asset(a) for a in self.readings if a in self.levels or a in OVERRIDES}
        return {a: asset.peg for a, asset in assets.items() if asset.kind is AssetKind.STABLE}

    def _store(self, asset_id: str, why: str) -> None:
        reading, known = self.readings[asset_id], self.known[asset_id]
        if why:
            # A stamp that is wrong says nothing of when it was said first: we heard it now.
            heard = replace(reading, at=self.now) if wrong_time(reading, self.now) else reading
            first = said_before(reading, known) or heard
            refused = Refused(reading, why, first, denial_of(reading, known))
            self.run.market.refuse(asset_id, refused)
            return
        level = confirmed_level(reading, known)
        self.run.market.accept(asset_id, reading, level=level)
        self.run.priced.add(asset_id)
        series = without_future(self.series.get(asset_id), self.now)
        grown = with_reading(series, float(reading.price), reading.volume, reading.at)
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
        """Remember who was asked; a coin that is listed without a price is not an unknown one."""
        asked, missed = self.run.asked, self.run.asked.unanswered(MISSED)
        absent = [a for a in self.ids if a not in self.rows and a not in self.last]
        unknown = self._unknown(absent, missed)
        known = [a for a in self.ids if a not in unknown]
        asked.mark(PRICES, known, at=self.now, answered=True)
        asked.mark(PRICES, unknown, at=self.now, answered=False)
        asked.mark(MISSED, [a for a in absent if a not in missed], at=self.now, answered=False)
        asked.mark(MISSED, missed.intersection(self.rows), at=self.now, answered=True)
        self.run.unknown.update(unknown)
        self.run.unanswered.update(a for a in known if a not in self.readings)

    def _unknown(self, absent: Sequence[str], missed: frozenset[str]) -> frozenset[str]:
        """Return what is missing from a second reply, an hour after the first."""
        again = [a for a in absent if a in missed]
        over = self.run.asked.due(MISSED, again, now=self.now, every=HOUR, unknown_every=HOUR)
        return self.run.asked.unanswered(PRICES).intersection(absent).union(over)


def _reading(row: PriceRow, price: Decimal, source: str, now: datetime) -> Reading:
    return Reading(
        price=price,
        at=row.at or now,
        source=source,
        name=row.name,
        market_cap=_amount(row.market_cap),
        volume=_amount(row.volume),
    )


def _amount(number: float | None) -> float | None:
    """Return an amount of money; None for what is none."""
    return float(number) if number is not None and math.isfinite(number) and number > 0 else None


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
