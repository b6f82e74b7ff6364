"""Books walked week by week over real prices: how often, how much and how well they are kept.

What is measured here is quoted in the changelog; nothing is tuned on it. Run with `-s` to see it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.assets import Asset
from portfolios.model.market import Bars, Market, Quote
from portfolios.model.plan import Plan, Zone
from portfolios.model.policy import Policy, Range, Signals
from portfolios.model.portfolio import Holding, Portfolio
from rebalancer.estimates.limits import default_asset_cap
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.real_history import STABLE, needs_history, real_history, sector_names
from tests.rebalancer.decision.example_portfolios import applied

pytestmark = [pytest.mark.campaign, needs_history]
FIRST, LAST, WEEK = date(2020, 1, 6), date(2023, 6, 26), timedelta(days=7)
YEARS = (LAST - FIRST).days / 365
BEFORE, WINDOW = 200, 400
"""Days before the first for which there must be prices, and that each week's market has."""
SECTORS = {"Layer 1": "layer1", "Meme": "meme", "DeFi": "defi", "Exchange Token": "exchange"}
BOOKS = int(os.environ.get("WALKED_BOOKS", "24"))
CAP_SHARES = {"below": 0.75, "at": 1.0, "above": 1.5}
"""Targets as shares of the default caps, as many as 95% hold."""


@dataclass
class Walked:
    """What happened in the walks of some books; rates are per book and year."""

    books: int = 0
    weeks: int = 0
    events: int = 0
    trades: int = 0
    small: int = 0
    reversed: int = 0
    over: int = 0
    left_over: int = 0
    red: int = 0
    cash: float = 0.0
    turnover: float = 0.0
    drift: float = 0.0
    last: dict[tuple[int, str], tuple[date, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        rate = 1.0 / (self.books * YEARS)
        return (
            f"events {self.events * rate:.0f}, trades {self.trades * rate:.0f},"
            f" turnover {self.turnover * rate:.2f} a year; drift {self.drift / self.weeks:.1%},"
            f" below half a point {self.small / self.trades:.0%},"
            f" reversed within two weeks {self.reversed / self.trades:.0%},"
            f" weeks over a cap {self.over / self.weeks:.0%}, stated caps broken after proposals"
            f" {self.left_over}, weeks in red {self.red / self.weeks:.0%},"
            f" cash {self.cash / self.weeks:.1%}"
        )

    def saw(self, book: int, day: date, plan: Plan) -> None:
        """Count one week."""
        self.weeks += 1
        self.drift += plan.drift or 0.0
        self.over += any(
            f.code in ("H6", "S1") and f.value is not None and f.zone.value in ("amber", "red")
            for f in plan.zones
        )
        self.left_over += sum(line.stated and line.violation > 0 for line in plan.limits)
        self.red += any(f.zone is Zone.RED for f in plan.zones)
        self.cash += plan.cash_weight
        self.events += bool(plan.trades)
        now = {p.asset_id: p.proposed_weight - p.weight for p in plan.positions}
        self.turnover += 0.5 * sum(abs(now[t.asset_id]) for t in plan.trades)
        for trade in plan.trades:
            key, side = (book, trade.asset_id), trade.side.value
            self.trades += 1
            self.small += abs(now[trade.asset_id]) < 0.005
            before = self.last.get(key)
            opposite = before is not None and before[1] != side
            self.reversed += opposite and day - before[0] <= 2 * WEEK  # type: ignore[index]
            self.last[key] = (day, side)


class History:
    """Daily closes of what was traded all the time, as markets of any day."""

    def __init__(self) -> None:
        self.real, self.sector = real_history(), sector_names()
        wanted = slice(self.real.row(FIRST) - BEFORE, self.real.row(LAST) + 1)
        whole = np.isfinite(self.real.close[wanted]).all(axis=0)
        kept = [s for s, is_whole in zip(self.real.symbols, whole, strict=True) if is_whole]
        coins = [symbol for symbol in kept if symbol not in STABLE]
        caps = self.real.cap[self.real.row(FIRST)]
        size = dict(zip(self.real.symbols, np.nan_to_num(caps).tolist(), strict=True))
        self.names = sorted(coins, key=lambda symbol: -size[symbol])[:40]

    def market(self, day: date) -> Market:
        """What is known the day after a close."""
        at = datetime.combine(day, time(0, 5), UTC) + timedelta(days=1)
        ids, row = tuple(sorted(self.names)), self.real.row(day)
        columns, rows = self.real.columns(ids), slice(row - WINDOW + 1, row + 1)
        caps = dict(zip(ids, np.nan_to_num(self.real.cap[row, columns]).tolist(), strict=True))
        order = sorted(ids, key=lambda a: -caps[a])
        assets = {
            a: Asset(a, a, a, SECTORS.get(self.sector.get(a, ""), "other"), rank=order.index(a) + 1)
            for a in ids
        }
        closes = self.real.close[row, columns].tolist()
        quotes = {
            a: Quote(Decimal(repr(close)), at, "history")
            for a, close in zip(ids, closes, strict=True)
        }
        close, volume = self.real.close[rows, columns], self.real.volume[rows, columns]
        return Market(at, "usd", assets, quotes, {}, Bars(self.real.days[rows], ids, close, volume))


@pytest.fixture(scope="module")
def history() -> History:
    return History()


def books(market: Market, names: list[str], size: int, kind: str) -> Iterator[Portfolio]:
    """Targets of at most 95%, held as wished on the first day; some with caps at half of them."""
    for seed in range(BOOKS):
        chance = np.random.default_rng(seed)
        chosen = [str(a) for a in chance.choice(names[:30], size, replace=False)]
        shares = 0.95 * chance.dirichlet(np.full(size, 2.0))
        if kind in CAP_SHARES:
            shares = np.array([CAP_SHARES[kind] * cap_of(market, a) for a in chosen])
            before = np.concatenate([[0.0], np.cumsum(shares)[:-1]])
            shares = np.clip(0.95 - before, 0.0, shares)
        targets = {a: Decimal(str(round(s, 4))) for a, s in zip(chosen, shares, strict=True)}
        caps = {a: Range(max=targets[a]) for a in chosen[: size // 2]} if kind == "capped" else {}
        policy = Policy(signals=Signals.IGNORE, fee=Decimal("0.003"), assets=caps)
        yield Portfolio(f"b{seed}", policy=policy, targets=targets, cash=Decimal(100_000))


def cap_of(market: Market, asset_id: str) -> float:
    """The default cap of an asset with a long history."""
    return default_asset_cap(market.assets[asset_id], WINDOW)


def begun(portfolio: Portfolio, market: Market) -> Portfolio:
    """The book bought at its targets."""
    wished: Mapping[str, Decimal] = portfolio.targets or {}
    held = tuple(
        Holding(a, (portfolio.cash * s / market.quotes[a].price).quantize(Decimal("1e-8")))
        for a, s in sorted(wished.items())
    )
    rest = portfolio.cash * (1 - sum(wished.values(), Decimal(0)))
    return Portfolio(
        portfolio.name, policy=portfolio.policy, targets=portfolio.targets, holdings=held, cash=rest
    )


WALKS = [(n, kind) for n in (8, 20) for kind in ("plain", "capped", *CAP_SHARES)]


@pytest.mark.parametrize(("size", "kind"), WALKS)
def test_books_kept_week_by_week(history: History, size: int, kind: str) -> None:
    found, day, live = Walked(books=BOOKS), FIRST, dict[int, Portfolio]()
    wishes = list(books(history.market(FIRST), history.names, size, kind))
    while day <= LAST:
        market = history.market(day)
        for k, wished in enumerate(wishes):
            book = live.get(k) or begun(wished, market)
            plan = propose(analyse(book, market), requested=False).plan
            found.saw(k, day, plan)
            live[k] = applied(book, plan) if plan.trades else book
        day += WEEK
    print(f"\n{size} assets, {kind}: {found}")
    assert found.trades > 0
    assert found.left_over == 0
