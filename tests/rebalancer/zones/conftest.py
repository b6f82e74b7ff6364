"""A small market in good order, to disturb in one place per test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Bars, Grade, Market, Quote
from portfolios.model.plan import Finding
from portfolios.model.policy import Policy
from portfolios.model.portfolio import Holding, Lock, Portfolio, StatedPrice
from portfolios.model.valuation import value_portfolio
from rebalancer.estimates.limits import limits_of
from rebalancer.estimates.risk.model import RiskModel
from rebalancer.estimates.trade_bounds import bounds_of
from rebalancer.zones import ZONES, Situation, judge

AS_OF = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
VALUE = Decimal(100_000)
DAILY = 0.03
MONTHLY = 0.16

SECTORS = {
    "bitcoin": "layer1", "ethereum": "layer1", "solana": "layer1",
    "aave": "defi", "uniswap": "defi", "maker": "defi",
    "house": "rwa", "usd-coin": "stablecoin", "tether": "stablecoin",
}  # fmt: skip


def steady(days: int = 400, swing: float = DAILY) -> Array:
    """Closes that go up and down by the same share every day and end at 100."""
    closes: Array = 100.0 * np.exp(swing * (np.arange(days)[::-1] % 2))
    return closes


def asset(asset_id: str) -> Asset:
    stable = SECTORS[asset_id] == "stablecoin"
    return Asset(
        asset_id,
        asset_id[:4].upper(),
        asset_id,
        SECTORS[asset_id],
        kind=AssetKind.STABLE if stable else AssetKind.COIN,
        rank=5,
        peg="usd" if stable else "",
    )


def build(
    weights: Mapping[str, float],
    *,
    r: Mapping[str, float] | None = None,
    w: Mapping[str, float] | None = None,
    closes: Mapping[str, Array] | None = None,
    prices: Mapping[str, str | None] | None = None,
    quotes: Mapping[str, Quote] | None = None,
    grades: Mapping[str, Grade | None] | None = None,
    volume: Mapping[str, float] | None = None,
    locks: Mapping[str, Lock] | None = None,
    stated: Mapping[str, StatedPrice] | None = None,
    sigma: Mapping[str, float] | None = None,
    assets: Mapping[str, Asset] | None = None,
    correlation: float = 0.7,
    policy: Policy | None = None,
    as_of: datetime = AS_OF,
) -> Situation:
    """Return a situation: everything near 100, quiet, graded, liquid and fresh unless said."""
    ids = sorted({*weights, *(r or {}), *(w or {})})
    known = {i: (assets or {}).get(i, asset(i)) for i in ids if i not in (stated or {})}
    market = Market(
        as_of=as_of,
        currency="usd",
        assets=known,
        quotes=_quotes(known, prices or {}, quotes or {}),
        grades=_grades(known, grades or {}),
        bars=_bars(known, closes or {}, volume or {}),
    )
    portfolio = _portfolio(weights, market, locks or {}, stated or {}, policy or Policy())
    portfolio = replace(portfolio, targets=None)
    candidates = tuple(i for i in ids if i not in weights)
    portfolio = replace(portfolio, policy=replace(portfolio.policy, candidates=candidates))
    valuation = value_portfolio(portfolio, market)
    now = valuation.weights()
    judged = now if w is None else np.array([w.get(i, 0.0) for i in valuation.asset_ids])
    wanted = now if r is None else np.array([r.get(i, 0.0) for i in valuation.asset_ids])
    policy = portfolio.policy
    return Situation(
        valuation=valuation,
        w=judged,
        cash=1.0 - float(judged.sum()),
        r=wanted,
        limits=limits_of(valuation, portfolio, market),
        bounds=bounds_of(valuation, portfolio, market, policy=policy),
        risk=_risk(valuation.asset_ids, sigma or {}, correlation),
        market=market,
        policy=policy,
    )


def _quotes(
    known: Mapping[str, Asset], prices: Mapping[str, str | None], quotes: Mapping[str, Quote]
) -> dict[str, Quote]:
    fresh = AS_OF - timedelta(minutes=3)
    found = {}
    for asset_id, item in known.items():
        usual = "1" if item.kind is AssetKind.STABLE else "100"
        price = prices.get(asset_id, usual)
        if asset_id in quotes:
            found[asset_id] = quotes[asset_id]
        elif price is not None:
            found[asset_id] = Quote(Decimal(price), fresh, "test")
    return found


def _grades(known: Mapping[str, Asset], grades: Mapping[str, Grade | None]) -> dict[str, Grade]:
    fresh = AS_OF - timedelta(hours=9)
    usual = Grade("test", 50.0, 50.0, 0, 0, fresh, fresh, "test")
    every = {i: grades.get(i, usual) for i, a in known.items() if a.kind is not AssetKind.STABLE}
    return {i: grade for i, grade in every.items() if grade is not None}


def _bars(
    known: Mapping[str, Asset], closes: Mapping[str, Array], volume: Mapping[str, float]
) -> Bars:
    ids = tuple(known)
    days = tuple(AS_OF.date() - timedelta(days=back) for back in range(400, 0, -1))
    close = np.full((400, len(ids)), np.nan)
    for j, asset_id in enumerate(ids):
        usual = np.ones(400) if known[asset_id].kind is AssetKind.STABLE else steady()
        path = closes.get(asset_id, usual)
        close[400 - len(path) :, j] = path
    traded = np.array([volume.get(i, 1e9) for i in ids], dtype=float)
    return Bars(days, ids, close, np.tile(traded, (400, 1)))


def _portfolio(
    weights: Mapping[str, float],
    market: Market,
    locks: Mapping[str, Lock],
    stated: Mapping[str, StatedPrice],
    policy: Policy,
) -> Portfolio:
    holdings, spent = [], Decimal(0)
    for asset_id, weight in weights.items():
        quote = market.quotes.get(asset_id)
        price = stated[asset_id].price if asset_id in stated else quote.price if quote else None
        money = VALUE * Decimal(str(weight))
        quantity = money / price if price else Decimal(7)
        spent += money if price else Decimal(0)
        holdings.append(
            Holding(
                asset_id,
                quantity,
                locks=(locks[asset_id],) if asset_id in locks else (),
                stated=stated.get(asset_id),
                kind="security_token" if asset_id in stated else "",
                sector=SECTORS[asset_id],
            )
        )
    return Portfolio("test", cash=VALUE - spent, holdings=tuple(holdings), policy=policy)


def _risk(ids: tuple[str, ...], sigma: Mapping[str, float], correlation: float) -> RiskModel:
    usual = [0.004 if SECTORS[i] == "stablecoin" else MONTHLY for i in ids]
    vol = np.array([sigma.get(i, usual[k]) for k, i in enumerate(ids)])
    loading = vol * np.sqrt(correlation)
    return RiskModel(
        ids,
        loading[:, None],
        vol * np.sqrt(1 - correlation),
        np.full(len(ids), 400),
        vol / np.sqrt(30),
    )


def look_up(situation: Situation, code: str, subject: str = "portfolio") -> Finding:
    """Return one rule's finding about one subject."""
    rule = next(rule for rule in ZONES.values() if rule.code == code)
    found = [f for f in judge(situation, [rule]) if f.subject == subject]
    assert len(found) == 1, f"{code} gave {len(found)} findings about {subject}"
    return found[0]


@pytest.fixture
def make() -> Callable[..., Situation]:
    return build


@pytest.fixture
def find() -> Callable[..., Finding]:
    return look_up


@pytest.fixture
def calm() -> Callable[..., Array]:
    return steady
