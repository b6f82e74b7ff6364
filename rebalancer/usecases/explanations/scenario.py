"""What a proposal is made from: a portfolio, a market, and money that comes in or goes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from portfolios.model.market import (
    LONG_GRADE_AMBER,
    PRICE_AMBER,
    SHORT_GRADE_AMBER,
    Grade,
    Market,
    Quote,
)
from portfolios.model.portfolio import Holding, Lock, Portfolio, StatedPrice

SUPPOSED = "supposed"
"""Source of a price or grade that somebody only supposes."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One set of circumstances; changing it makes another one, and stores nothing.

    Attributes:
        portfolio, market: what is held and wanted, and at which prices and grades.
        flow: money coming in, negative for money going out.
    """

    portfolio: Portfolio
    market: Market
    flow: Decimal = Decimal(0)

    def concerns(self, asset_id: str) -> bool:
        """Tell whether an asset is held or wanted here."""
        is_held = self.portfolio.holding(asset_id) is not None
        return is_held or asset_id in self.portfolio.wished

    def with_policy(self, **wishes: Any) -> Scenario:
        """Return the world where the policy says something else."""
        policy = replace(self.portfolio.policy, **wishes)
        return replace(self, portfolio=replace(self.portfolio, policy=policy))

    def with_locks(self, asset_id: str, *locks: Lock) -> Scenario:
        """Return the world where these and no other locks of the user's own lie on an asset."""
        own = self.portfolio.holding(asset_id) or Holding(asset_id, Decimal(0))
        return self._with_holding(replace(own, locks=locks))

    def with_price(self, asset_id: str, price: Decimal) -> Scenario:
        """Return the world where an asset costs this now; its history stays as it is."""
        own = self.portfolio.holding(asset_id)
        if own is not None and own.kind:
            stated = StatedPrice(price, self.market.as_of.date())
            is_known = own.stated is not None and own.stated.price == price
            return self if is_known else self._with_holding(replace(own, stated=stated))
        quote = self.market.quotes.get(asset_id)
        if quote and quote.price == price and not quote.quarantined and self._is_new(quote.at):
            return self
        quotes = {**self.market.quotes, asset_id: Quote(price, self.market.as_of, SUPPOSED)}
        awaited = self.market.awaited - {asset_id}
        return replace(self, market=replace(self.market, quotes=quotes, awaited=awaited))

    def with_grade(self, asset_id: str, **scores: float) -> Scenario:
        """Return the world where an asset has one of its scores given anew: short, long, trend."""
        ((name, score),) = scores.items()
        date_name = "long_at" if name == "long" else "short_at"
        young = LONG_GRADE_AMBER if name == "long" else SHORT_GRADE_AMBER
        old = self.market.grades.get(asset_id) or self._ungraded()
        said: dict[str, Any] = {name: score}
        if name == "trend":
            said["lasting_bearish"] = score == -1  # what is supposed has lasted
        is_said = all(getattr(old, key) == value for key, value in said.items())
        if is_said and self._is_new(getattr(old, date_name), young):
            return self
        anew = said | {date_name: self.market.as_of}
        grades = {**self.market.grades, asset_id: replace(old, **anew)}
        return replace(self, market=replace(self.market, grades=grades))

    def _with_holding(self, changed: Holding) -> Scenario:
        others = (h for h in self.portfolio.holdings if h.asset_id != changed.asset_id)
        return replace(self, portfolio=replace(self.portfolio, holdings=(*others, changed)))

    def _is_new(self, at: datetime | None, limit: timedelta = PRICE_AMBER) -> bool:
        return at is not None and self.market.age(at) <= limit

    def _ungraded(self) -> Grade:
        """Return an empty grade of the source that grades most: scores compare within one only."""
        kinds = [(grade.source, grade.kind) for grade in self.market.grades.values()]
        source, kind = max(sorted(set(kinds)), key=kinds.count, default=(SUPPOSED, ""))
        return Grade(source, kind=kind)
