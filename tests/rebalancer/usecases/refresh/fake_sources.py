"""A made-up world and two providers that tell of it, each spending a credit at every call."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.meter import Meter
from portfolios.providers.quota.quota import CreditPlan
from portfolios.providers.records import Daily, PriceRow, SignalRow, TokenRow
from portfolios.providers.technical.grades import technical_grades
from portfolios.store.database import Database
from portfolios.store.portfolio_store import Store
from portfolios.values.time import Moment
from rebalancer.usecases.refresh.refresh import refresh
from rebalancer.usecases.refresh.report import Progress, RefreshReport

Row = TypeVar("Row")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CG, TM = "coingecko", "tokenmetrics"
FREE = CreditPlan(per_minute=10_000)


@dataclass
class Clock:
    wall: datetime = NOW
    steady: float = 1e6

    def __call__(self) -> Moment:
        return Moment(self.wall, self.steady)

    def sleep(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


def number_of(asset_id: str) -> int:
    return int(asset_id.rpartition("-")[2])


@dataclass
class World:
    """Assets `coin-0`, `coin-1`, …; two of them in a row share a symbol."""

    clock: Clock = field(default_factory=Clock)
    factors: dict[str, float] = field(default_factory=dict)
    wrong: dict[str, float] = field(default_factory=dict)
    delisted: set[str] = field(default_factory=set)

    def price(self, asset_id: str) -> Decimal:
        base = 10 + number_of(asset_id) % 90
        return Decimal(str(round(base * self.factors.get(asset_id, 1.0), 6)))


@dataclass
class Provider:
    """Counts calls by method, and fails where it is told to."""

    world: World
    meter: Meter
    name: str
    calls: Counter[str] = field(default_factory=Counter)
    failing: dict[str, Callable[[], Exception]] = field(default_factory=dict)
    stop_after: int | None = None
    looks: Callable[[], None] = lambda: None
    chance: random.Random | None = None

    def shuffled(self, rows: list[Row]) -> list[Row]:
        """Return the rows, some of them twice and in any order, where chance is at work."""
        if self.chance is None:
            return rows
        again = [row for row in rows if self.chance.random() < 0.3]
        return self.chance.sample(rows + again, len(rows) + len(again))

    def spend(self, method: str) -> None:
        with self.meter.attempt(method):
            self.calls[method] += 1
            self.looks()
            if self.stop_after is not None and sum(self.calls.values()) > self.stop_after:
                raise KeyboardInterrupt
            if method in self.failing:
                raise self.failing[method]()


class Gecko(Provider):
    ai: Sequence[str] = ("coin-0", "coin-2")
    currency: str = "usd"
    most_days: int = 365
    amount: float | None = None
    nonsense: Mapping[str, Decimal | None] = MappingProxyType({})
    names: Mapping[str, str] = MappingProxyType({})
    ages: Mapping[str, timedelta | None] = MappingProxyType({})

    def prices(self, asset_ids: Sequence[str], *, currency: str) -> Sequence[PriceRow]:
        assert currency == self.currency
        self.spend("prices")
        assert len(asset_ids) <= 250
        return self.shuffled([self.row(a) for a in asset_ids if a not in self.world.delisted])

    def row(self, asset_id: str) -> PriceRow:
        n, price = number_of(asset_id), self.world.price(asset_id)
        said = price * Decimal(str(self.world.wrong.get(asset_id, 1)))
        said = self.nonsense.get(asset_id, said)
        age = self.ages.get(asset_id, timedelta(minutes=1))
        at = None if age is None else self.world.clock.wall - age
        name = self.names.get(asset_id, f"Coin number {n}")
        return PriceRow(asset_id, said, at, f"sym{n // 2}", name, n + 1, self.amount, self.amount)

    def history(self, asset_id: str, *, currency: str, days: int) -> Sequence[Daily]:
        assert currency == self.currency
        self.spend("history")
        last = self.world.clock.wall.date() - timedelta(days=1)
        base = float(self.world.price(asset_id))
        return [
            (last - timedelta(days=back), base * (1 + 0.01 * (back % 7)), 1e6)
            for back in range(min(days, self.most_days))
        ]

    def members(self, category: str) -> Sequence[str]:
        self.spend("members")
        return self.ai if category == "artificial-intelligence" else []


class Metrics(Provider):
    size = 600
    late: bool = False
    impostor: str = ""
    with_short: bool = True
    with_long: bool = True

    def token(self, n: int) -> TokenRow:
        return TokenRow(str(5000 + n), f"Coin number {n}", f"SYM{n // 2}", slug=f"coin-{n}")

    def find(self, symbols: Sequence[str]) -> Sequence[TokenRow]:
        self.spend("find")
        wanted = {symbol.upper() for symbol in symbols}
        return self.shuffled([self.token(n) for n in range(self.size) if f"SYM{n // 2}" in wanted])

    def tokens(self, token_ids: Sequence[str]) -> Sequence[TokenRow]:
        self.spend("tokens")
        assert len(token_ids) <= 100
        return [self.token(int(t) - 5000) for t in token_ids]

    def signals(self, token_ids: Sequence[str], *, day: date) -> Sequence[SignalRow]:
        self.spend("signals")
        assert len(token_ids) <= 100
        at = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
        before = at - timedelta(days=1)
        rows = [replace(self.signal(t, before), short_grade=1.0, trend=-1) for t in token_ids]
        rows += [self.signal(t, at) for t in token_ids]
        return [] if self.late else self.shuffled(rows)

    def signal(self, token_id: str, at: datetime) -> SignalRow:
        short = 60.0 if self.with_short else None
        long = 55.0 if self.with_long else None
        slug = "coin-99" if token_id == self.impostor else f"coin-{int(token_id) - 5000}"
        return SignalRow(token_id, at, slug, 1, 0, short, "tm_trader", long, "tm_investor")

    def short_grades(self, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        self.spend("short_grades")
        at = self.world.clock.wall
        return [SignalRow(t, at, short_grade=70.0, short_kind="tm_grade") for t in token_ids]

    def long_grades(self, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        self.spend("long_grades")
        at = self.world.clock.wall
        return [SignalRow(t, at, long_grade=40.0, long_kind="fundamental") for t in token_ids]

    def regime(self) -> Mapping[str, object]:
        self.spend("regime")
        return {"signal": 1}

    def second_prices(self, token_ids: Sequence[str]) -> Mapping[str, Decimal]:
        self.spend("second_prices")
        ids = {t: f"coin-{int(t) - 5000}" for t in token_ids}
        return {t: self.world.price(a) * Decimal("1.004") for t, a in ids.items()}


@dataclass
class Installation:
    """Everything one refresh needs, over one database."""

    database: Database
    plan: CreditPlan = FREE
    world: World = field(default_factory=World)
    has_key: bool = True
    seen: list[Progress] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)

    def hold(self, count: int, *, users: int = 1) -> None:
        held = tuple(Holding(f"coin-{n}", Decimal(1)) for n in range(count))
        store = Store(self.database)
        with self.database.transaction():
            for user in range(users):
                store.save_portfolio(Portfolio(f"p{user}", holdings=held), at=NOW)

    def refresh(self, *, manual: bool = False, max_calls: int | None = None) -> RefreshReport:
        clock = self.world.clock
        ledger = Ledger(
            self.database, {CG: FREE, TM: self.plan}, clock=clock, manual=manual,
            max_calls=max_calls,
        )  # fmt: skip
        self.cg = Gecko(self.world, Meter(ledger, CG, sleep=clock.sleep), CG)
        self.tm = Metrics(self.world, Meter(ledger, TM, sleep=clock.sleep), TM)
        for key, value in self.settings.items():
            provider, _, attribute = key.partition(".")
            setattr(self.cg if provider == "cg" else self.tm, attribute, value)
        return refresh(
            self.database,
            prices=self.cg,
            grades=self.tm if self.has_key else None,
            grader=technical_grades,
            ledger=ledger,
            clock=clock,
            currency=self.cg.currency,
            watch=self.seen.append,
        )

    def next_day(self, **hours: float) -> None:
        self.world.clock.sleep(timedelta(days=1).total_seconds() + 3600 * hours.get("hours", 0))
