"""Zones and messages over years of real prices: how often somebody is told, and in which crashes.

Portfolios of 3 to 20 assets, drawn from the 100 largest of their first day, drift for two years at
most and are brought back to their targets every 30 days. A message is a worsening of one subject's
zone, grouped by portfolio and day; recoveries and repetitions are not counted. The bounds are those
of the study that the levels of the rules were chosen by. Run with `-s` to see the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import mean, median

import numpy as np
import pytest

from alerts.triggers.flips import Advance, advance
from portfolios.model.assets import Asset
from portfolios.model.market import Array, Bars, Market, Quote
from portfolios.model.plan import ORDER, Scope, Zone, worst
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.technical.grades import technical_grades
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from tests.real_history import STABLE, needs_history, real_history, real_sectors

PORTFOLIOS = 60
FIRST, LAST = date(2018, 7, 1), date(2023, 6, 28)
LONGEST, MONTH = 730, 30
WINDOW = 500
"""Days of history that a market has."""
CRASHES = {
    "March 2020": date(2020, 3, 12), "May 2021": date(2021, 5, 19), "May 2022": date(2022, 5, 11),
    "June 2022": date(2022, 6, 13), "November 2022": date(2022, 11, 9),
}  # fmt: skip
WORTH = 100_000.0


@dataclass
class Book:
    """One portfolio on its way.

    Attributes:
        targets: symbol -> weight; the rest is cash.
        held: symbol -> quantity.
        days: zone of the portfolio as a whole, by day.
        holdings: days of holdings in each zone.
        rules: days with something red, by rule.
        told, reds: days with a message, and with one of something red.
    """

    begin: date
    end: date
    targets: dict[str, float]
    held: dict[str, float] = field(default_factory=dict)
    cash: float = WORTH
    state: Advance = field(default_factory=lambda: Advance((), ()))
    days: dict[date, Zone] = field(default_factory=dict)
    holdings: dict[Zone, int] = field(default_factory=lambda: dict.fromkeys(Zone, 0))
    rules: dict[str, int] = field(default_factory=dict)
    told: list[date] = field(default_factory=list)
    reds: list[date] = field(default_factory=list)

    def live(self, market: Market, day: date) -> None:
        """Drift or be rebalanced, be judged, and remember what would have been told."""
        self._drop(market)
        if (day - self.begin).days % MONTH == 0:
            self._rebalance(market)
        analysis = analyse(self._portfolio(), market)
        valuation = analysis.valuation
        weights = dict(zip(valuation.asset_ids, valuation.weights().tolist(), strict=True))
        self.state = advance(
            self.state.conditions, self.state.told, findings_of(analysis),
            at=market.as_of, weights=weights,
        )  # fmt: skip
        self._count(day)

    def weekly(self, days: list[date]) -> Iterator[int]:
        """Yield how many of some days lie in each whole week."""
        for week in range((self.end - self.begin).days // 7):
            yield sum((day - self.begin).days // 7 == week for day in days)

    def _drop(self, market: Market) -> None:
        """Book what has no price any more at nothing."""
        self.held = {a: q for a, q in self.held.items() if a in market.quotes}
        self.targets = {a: w for a, w in self.targets.items() if a in market.quotes}

    def _rebalance(self, market: Market) -> None:
        price = {a: float(market.quotes[a].price) for a in self.targets}
        value = self.cash + sum(q * price[a] for a, q in self.held.items())
        self.held = {a: value * w / price[a] for a, w in self.targets.items()}
        self.cash = value * (1 - sum(self.targets.values()))

    def _portfolio(self) -> Portfolio:
        held = tuple(Holding(a, Decimal(f"{q:.12g}")) for a, q in sorted(self.held.items()))
        targets = {a: Decimal(f"{w:.6f}") for a, w in self.targets.items()}
        return Portfolio("replayed", cash=Decimal(f"{self.cash:.2f}"), holdings=held,
                         targets=targets)  # fmt: skip

    def _count(self, day: date) -> None:
        zones: dict[tuple[Scope, str], list[Zone]] = {}
        for code in {c.code for c in self.state.conditions if c.zone is Zone.RED}:
            self.rules[code] = self.rules.get(code, 0) + 1
        for condition in self.state.conditions:
            zones.setdefault((condition.scope, condition.subject), []).append(condition.zone)
        for (scope, _), each in zones.items():
            if scope is Scope.ASSET:
                self.holdings[worst(tuple(each))] += 1
            elif scope is Scope.PORTFOLIO:
                self.days[day] = worst(tuple(each))
        news = [flip for flip in self.state.worsened if not flip.is_repeat]
        if news:
            self.told.append(day)
        if any(ORDER[flip.zone] >= ORDER[Zone.RED] for flip in news):
            self.reds.append(day)


def drawn(seed: int) -> Book:
    """Draw a portfolio from the 100 largest of its first day that have a year of prices."""
    history, chance = real_history(), np.random.default_rng(seed)
    begin = FIRST + timedelta(days=int(chance.integers((LAST - FIRST).days - 180)))
    row = history.row(begin)
    cap = np.where(np.isfinite(history.close[row - 1]), history.cap[row - 1], np.nan)
    largest = [history.symbols[j] for j in np.argsort(-np.nan_to_num(cap))[:100] if cap[j] > 0]
    known = [s for s in largest if s not in STABLE and _is_known(history.symbols.index(s), row)]
    size = min(int(chance.integers(3, 21)), len(known))
    chosen = chance.choice(known, size, replace=False)
    shares = (1 - 0.2 * chance.random()) * chance.dirichlet(np.full(size, 2.0))
    targets = {str(a): float(w) for a, w in zip(chosen, shares, strict=True)}
    return Book(begin, min(begin + timedelta(days=LONGEST), LAST), targets)


def _is_known(column: int, row: int) -> bool:
    return bool(np.isfinite(real_history().close[row - 120 : row, column]).all())


def market_of(day: date, symbols: list[str]) -> Market:
    """Return the market as it was known at the end of a day."""
    history = real_history()
    last, columns = history.row(day) + 1, history.columns(symbols)
    first = max(0, last - WINDOW)
    bars = Bars(history.days[first:last], tuple(symbols), history.close[first:last, columns],
                history.volume[first:last, columns])  # fmt: skip
    at = datetime.combine(day + timedelta(days=1), time(), UTC)
    caps = np.nan_to_num(history.cap[last - 1, columns])
    rank = {symbols[j]: n for n, j in enumerate(np.argsort(-caps), 1)}
    sectors = real_sectors()
    assets = {s: Asset(s, s, s, sectors.get(s, "other"), rank=rank[s]) for s in symbols}
    quotes = dict(_quotes(bars, at))
    grades = technical_grades(bars, at=at, assets=assets)
    return Market(at, "usd", assets, quotes, grades, bars)


def _quotes(bars: Bars, at: datetime) -> Iterator[tuple[str, Quote]]:
    """Yield the close of the day, or of one of the two days before."""
    recent: Array = bars.close[-3:]
    for asset_id, closes in zip(bars.asset_ids, recent.T, strict=True):
        known = closes[np.isfinite(closes) & (closes > 0)]
        if known.size:
            yield asset_id, Quote(Decimal(f"{known[-1]:.12g}"), at, "history")


@pytest.mark.campaign
@needs_history
@pytest.mark.parametrize("draw", [0, 1])
def test_zones_of_years_are_told_as_seldom_as_in_the_study_and_see_each_crash(draw: int) -> None:
    books = [drawn(seed) for seed in range(draw * PORTFOLIOS, (draw + 1) * PORTFOLIOS)]
    day = min(book.begin for book in books)
    while day < LAST:
        alive = [book for book in books if book.begin <= day < book.end]
        symbols = sorted({symbol for book in alive for symbol in book.targets})
        if symbols:
            market = market_of(day, symbols)
            for book in alive:
                book.live(market, day)
        day += timedelta(days=1)
    _judge(books)


def _judge(books: list[Book]) -> None:
    days = [zone for book in books for zone in book.days.values()]
    weekly = sorted(n for book in books for n in book.weekly(book.told))
    held = sum(sum(book.holdings.values()) for book in books)
    amber, red = (sum(b.holdings[z] for b in books) / held for z in (Zone.AMBER, Zone.RED))
    red_days = days.count(Zone.RED) / len(days)
    reds = mean(n for book in books for n in book.weekly(book.reds))
    most = weekly[int(0.99 * len(weekly))]
    few = sum(n <= 2 for n in weekly) / len(weekly)
    print(f"\nholdings amber {amber:.1%}, red {red:.1%} of days; portfolio red {red_days:.1%};"
          f" messages a week: mean {mean(weekly):.2f}, median {median(weekly)}, 99% {most},"
          f" at most two {few:.0%}; red ones {reds:.2f}")  # fmt: skip
    by_rule = Counter[str]()
    for book in books:
        by_rule.update(book.rules)
    print("red", ", ".join(f"{rule} {n / len(days):.1%}" for rule, n in by_rule.most_common()))
    for name, crash in CRASHES.items():
        print(f"{name}: red {_red_on(books, crash)}, a week before"
              f" {_red_on(books, crash - timedelta(days=7))}")  # fmt: skip
    assert red <= 0.055
    assert red_days <= 0.109
    assert mean(weekly) <= 0.83
    assert median(weekly) == 0
    assert most <= 4
    assert few >= 0.91
    assert reds <= 0.20


def _red_on(books: list[Book], day: date) -> str:
    zones = [book.days[day] for book in books if day in book.days]
    return f"{zones.count(Zone.RED)} of {len(zones)}"
