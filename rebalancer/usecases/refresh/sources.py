"""What a refresh needs of its sources, as structural types: any class that fits may be one.

A source raises only provider errors and spends one credit at every attempt, through the meter it
was built with. What it cannot read of a row is None; whether a row is true is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from portfolios.providers.records import CoinRow, Daily, IndexPart, PriceRow, SignalRow, TokenRow

DOLLAR = "usd"
"""The currency of every price that a provider of grades states."""
PRICES_A_CALL = 250
"""Assets whose prices one call may ask for."""
TOKENS_A_CALL = 100
"""Tokens that one call to a provider of grades may ask for."""
SYMBOLS_A_CALL = 50
"""Fewer, because several tokens may bear one symbol and an answer has at most 100 rows."""


class CoinSource(Protocol):
    """A provider that knows every coin."""

    @property
    def name(self) -> str:
        """The provider's name, as the ledger knows it."""

    def coins(self) -> Sequence[CoinRow]:
        """Return every coin in one call."""

    def largest(self, page: int, *, currency: str) -> Sequence[PriceRow]:
        """Return a page of coins by market value, the largest first."""

    def category_ids(self) -> frozenset[str]:
        """Return the ids of all categories."""


class PriceSource(Protocol):
    """A provider of prices and history."""

    @property
    def name(self) -> str:
        """The provider's name, as the ledger knows it."""

    def prices(self, asset_ids: Sequence[str], *, currency: str) -> Sequence[PriceRow]:
        """Return the prices of some assets in one call; an unknown id is left out."""

    def history(self, asset_id: str, *, currency: str, days: int) -> Sequence[Daily]:
        """Return the closes of the finished days of one asset in one call."""

    def members(self, category: str) -> Sequence[str]:
        """Return the ids of the largest assets of a category in one call."""


class GradeSource(Protocol):
    """A provider of grades and trends; every method is one call."""

    @property
    def name(self) -> str:
        """The provider's name, as the ledger knows it."""

    def find(self, symbols: Sequence[str]) -> Sequence[TokenRow]:
        """Return every token that bears one of these symbols."""

    def tokens(self, token_ids: Sequence[str]) -> Sequence[TokenRow]:
        """Return tokens by the provider's own ids."""

    def signals(self, token_ids: Sequence[str], *, day: date) -> Sequence[SignalRow]:
        """Return trend, event and grades of some tokens on one day."""

    def short_grades(self, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        """Return the newest short grades of some tokens, without trend."""

    def long_grades(self, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        """Return the newest long grades of some tokens, without trend."""

    def regime(self) -> Mapping[str, object]:
        """Return the state of the whole market as one JSON object."""

    def history(self, their_id: str, *, first: date, last: date) -> Sequence[Daily]:
        """Return daily closes; a call for each month of them."""

    def second_prices(self, token_ids: Sequence[str]) -> Mapping[str, Decimal]:
        """Return token id -> price now."""


class InsightSource(Protocol):
    """A provider of what people like to know besides grades; every method is one call."""

    @property
    def name(self) -> str:
        """The provider's name, as the ledger knows it."""

    def sentiment(self) -> Mapping[str, object]:
        """Return the mood of the market as one JSON object; empty when there is none."""

    def reports(self, token_ids: Sequence[str]) -> Mapping[str, str]:
        """Return token id -> one line of the provider's report on it."""

    def risk_figures(self, token_ids: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
        """Return token id -> the provider's own figures of risk."""

    def index_parts(self, index_id: str) -> Sequence[IndexPart]:
        """Return what an index holds; shares sum to 1."""
