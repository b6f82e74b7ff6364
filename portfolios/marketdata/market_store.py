"""Keeps market data in the database: assets, prices, bars, and what providers call them.

Every verb is one transaction, or part of the caller's. A price that the gate refused is kept
beside the last good one, never in its place. Prices are exact text; bars, which exist for the
maths alone, are arrays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from portfolios.documents.codec import from_json, to_json
from portfolios.marketdata.asset_matching import Pair
from portfolios.marketdata.bar_series import BarSeries
from portfolios.marketdata.price_gate import Reading
from portfolios.marketdata.sector_choice import SectorChoice
from portfolios.model.assets import Asset
from portfolios.store.database import Database, Row
from portfolios.values.canonical import plain, read_utc, utc_text

_SAVE_ASSET = """
INSERT INTO assets (asset_id, document, changed_at) VALUES (?, ?, ?)
ON CONFLICT (asset_id) DO UPDATE
    SET document = excluded.document, changed_at = excluded.changed_at
    WHERE document <> excluded.document
"""
_SAVE_QUOTE = """
INSERT OR REPLACE INTO quotes (
    asset_id, currency, price, at, source, market_cap, confirmed_price, confirmed_at, confirmed_cap
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REFUSE = """
INSERT OR REPLACE INTO refused_quotes
    (asset_id, currency, price, at, source, reason, first_price, first_at,
     denied_price, denied_at, denied_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NOTE_ACCEPTANCE = """
INSERT INTO acceptances (
    asset_id, currency, price, price_at, source, against, reason, accepted_by, accepted_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAVE_BARS = """
INSERT OR REPLACE INTO bars (asset_id, currency, first_day, close, volume, last_at)
VALUES (?, ?, ?, ?, ?, ?)
"""
_SAVE_PAIR = """
INSERT OR REPLACE INTO identities (provider, asset_id, their_id, name, quarantined, checked_at)
VALUES (?, ?, ?, ?, ?, ?)
"""
_SAVE_SECTOR = """
INSERT OR REPLACE INTO sector_choices (asset_id, sector, proposed, changed_at) VALUES (?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """A price that the gate refused.

    Attributes:
        reading: the newest one.
        reason: why, in words.
        first: the first of the readings that say the same.
        denial: what a second source said when it denied it last; None where none did.
    """

    reading: Reading
    reason: str
    first: Reading
    denial: Reading | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A refused price that somebody took at its word.

    Attributes:
        reading: the price.
        against: the last good one; None where there was none.
        reason: why it had been refused.
        by: who, in the words of the way in (`cli`, a person's name).
        at: when, aware UTC.
    """

    asset_id: str
    reading: Reading
    against: Decimal | None
    reason: str
    by: str
    at: datetime


class MarketStore:
    """Market data in one currency."""

    def __init__(self, database: Database, *, currency: str) -> None:
        self.database = database
        self.currency = currency

    def save_assets(self, assets: Iterable[Asset], *, at: datetime) -> None:
        """Save what is known of some assets, in place of what was known before."""
        with self.database.transaction():
            for asset in assets:
                document = json.dumps(to_json(asset), sort_keys=True, allow_nan=False)
                self.database.execute(_SAVE_ASSET, (asset.asset_id, document, utc_text(at)))

    def assets(self) -> dict[str, Asset]:
        """Return every known asset by its id, sorted."""
        rows = self.database.rows("SELECT asset_id, document FROM assets ORDER BY asset_id")
        return {row["asset_id"]: from_json(Asset, json.loads(row["document"])) for row in rows}

    def accept(self, asset_id: str, reading: Reading, *, level: Reading | None = None) -> None:
        """Save a price that passed the gate; an earlier doubt about the asset is over.

        Args:
            asset_id: whose it is.
            reading: the price.
            level: the confirmed one that later prices are measured against; the price itself
                where None.
        """
        level = level or reading
        with self.database.transaction():
            self.database.execute(
                _SAVE_QUOTE,
                (
                    asset_id,
                    self.currency,
                    plain(reading.price),
                    utc_text(reading.at),
                    reading.source,
                    reading.market_cap,
                    plain(level.price),
                    utc_text(level.at),
                    level.market_cap,
                ),
            )
            self.database.execute(
                "DELETE FROM refused_quotes WHERE asset_id = ? AND currency = ?",
                (asset_id, self.currency),
            )

    def refuse(self, asset_id: str, refused: Refused) -> None:
        """Keep a price that the gate refused, beside the last good one."""
        reading, first, denial = refused.reading, refused.first, refused.denial
        with self.database.transaction():
            self.database.execute(
                _REFUSE,
                (
                    asset_id,
                    self.currency,
                    str(reading.price),
                    utc_text(reading.at),
                    reading.source,
                    refused.reason,
                    str(first.price),
                    utc_text(first.at),
                    None if denial is None else plain(denial.price),
                    None if denial is None else utc_text(denial.at),
                    None if denial is None else denial.source,
                ),
            )

    def withdraw(self, asset_id: str, refused: Refused) -> None:
        """Put a price in doubt that was accepted before anything was known to judge it by."""
        with self.database.transaction():
            self.database.execute(
                "DELETE FROM quotes WHERE asset_id = ? AND currency = ?",
                (asset_id, self.currency),
            )
            self.refuse(asset_id, refused)

    def note(self, acceptance: Acceptance) -> None:
        """Write down for good who accepted which refused price, in the caller's transaction."""
        reading, against = acceptance.reading, acceptance.against
        self.database.execute(
            _NOTE_ACCEPTANCE,
            (
                acceptance.asset_id,
                self.currency,
                plain(reading.price),
                utc_text(reading.at),
                reading.source,
                None if against is None else plain(against),
                acceptance.reason,
                acceptance.by,
                utc_text(acceptance.at),
            ),
        )

    def acceptances(self) -> list[Acceptance]:
        """Return the prices that people accepted, the newest first."""
        rows = self._rows("SELECT * FROM acceptances WHERE currency = ? ORDER BY number DESC")
        return [
            Acceptance(
                row["asset_id"],
                _reading(row, row["price"], row["price_at"]),
                None if row["against"] is None else Decimal(row["against"]),
                row["reason"],
                row["accepted_by"],
                read_utc(row["accepted_at"]),
            )
            for row in rows
        ]

    def accepted(self) -> dict[str, Reading]:
        """Return the last good price of each asset."""
        rows = self._rows("SELECT * FROM quotes WHERE currency = ? ORDER BY asset_id")
        return {row["asset_id"]: _reading(row, row["price"], row["at"]) for row in rows}

    def levels(self) -> dict[str, Reading]:
        """Return the last confirmed price of each asset."""
        rows = self._rows("SELECT * FROM quotes WHERE currency = ? ORDER BY asset_id")
        return {
            row["asset_id"]: Reading(
                Decimal(row["confirmed_price"]),
                read_utc(row["confirmed_at"]),
                row["source"],
                market_cap=row["confirmed_cap"],
            )
            for row in rows
        }

    def refused(self) -> dict[str, Refused]:
        """Return the prices that are in doubt, with the reason."""
        rows = self._rows("SELECT * FROM refused_quotes WHERE currency = ? ORDER BY asset_id")
        return {
            row["asset_id"]: Refused(
                _reading(row, row["price"], row["at"]),
                row["reason"],
                _reading(row, row["first_price"], row["first_at"]),
                _denial(row),
            )
            for row in rows
        }

    def save_series(self, series: Mapping[str, BarSeries]) -> None:
        """Save the whole daily history of some assets."""
        with self.database.transaction():
            for asset_id, own in series.items():
                self.database.execute(
                    _SAVE_BARS,
                    (
                        asset_id,
                        self.currency,
                        own.first_day.isoformat(),
                        own.close.astype("<f8").tobytes(),
                        own.volume.astype("<f8").tobytes(),
                        utc_text(own.last_at),
                    ),
                )

    def series(self) -> dict[str, BarSeries]:
        """Return the daily history of each asset that has one."""
        rows = self._rows("SELECT * FROM bars WHERE currency = ? ORDER BY asset_id")
        return {
            row["asset_id"]: BarSeries(
                date.fromisoformat(row["first_day"]),
                np.frombuffer(row["close"], dtype="<f8").astype(np.float64),
                np.frombuffer(row["volume"], dtype="<f8").astype(np.float64),
                read_utc(row["last_at"]),
            )
            for row in rows
        }

    def save_pairs(self, provider: str, pairs: Iterable[Pair], *, at: datetime) -> None:
        """Save what a provider calls our assets, believed or not."""
        with self.database.transaction():
            for pair in pairs:
                self.database.execute(
                    _SAVE_PAIR,
                    (
                        provider,
                        pair.asset_id,
                        pair.their_id,
                        pair.name,
                        pair.quarantined,
                        utc_text(at),
                    ),
                )

    def pairs(self, provider: str) -> dict[str, Pair]:
        """Return what a provider calls our assets, the quarantined pairs among them."""
        rows = self.database.rows(
            "SELECT * FROM identities WHERE provider = ? ORDER BY asset_id", (provider,)
        )
        return {
            row["asset_id"]: Pair(row["asset_id"], row["their_id"], row["name"], row["quarantined"])
            for row in rows
        }

    def save_sectors(self, choices: Mapping[str, SectorChoice], *, at: datetime) -> None:
        """Save the sectors in force and those that were spoken for once."""
        with self.database.transaction():
            for asset_id, choice in choices.items():
                self.database.execute(
                    _SAVE_SECTOR, (asset_id, choice.sector, choice.proposed, utc_text(at))
                )

    def sectors(self) -> dict[str, SectorChoice]:
        """Return the sector in force of each asset whose categories were read."""
        rows = self.database.rows("SELECT * FROM sector_choices ORDER BY asset_id")
        return {row["asset_id"]: SectorChoice(row["sector"], row["proposed"]) for row in rows}

    def _rows(self, sql: str) -> list[Row]:
        return self.database.rows(sql, (self.currency,))


def _reading(row: Row, price: str, at: str) -> Reading:
    cap = row.get("market_cap")
    return Reading(Decimal(price), read_utc(at), row["source"], market_cap=cap)


def _denial(row: Row) -> Reading | None:
    if row["denied_at"] is None:
        return None
    return Reading(Decimal(row["denied_price"]), read_utc(row["denied_at"]), row["denied_by"])
