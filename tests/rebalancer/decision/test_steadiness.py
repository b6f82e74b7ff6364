"""How many proposals change when prices move a little: nothing proposed may hang on noise."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.assets import AssetKind
from portfolios.model.market import Market
from portfolios.model.policy import Policy, Signals
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.examples import examples
from tests.rebalancer.decision.example_portfolios import book, sides

MARKET = sample_market()
LISTED = (AssetKind.COIN, AssetKind.STABLE)
IDS = [a for a in sorted(MARKET.quotes) if MARKET.assets[a].kind in LISTED]


def drifted(seed: int) -> Portfolio:
    """$100,000 in 4 to 14 assets, each about a quarter off its target."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(4, 15))
    ids = [str(a) for a in draw.choice(IDS, count, replace=False)]
    targets = 0.95 * draw.dirichlet(np.full(count, 2.0))
    weights = targets * np.exp(draw.normal(0, 0.25, count))
    held = dict(zip(ids, (0.97 * weights / weights.sum()).tolist(), strict=True))
    wished = dict(zip(ids, targets.round(4).tolist(), strict=True))
    return book(MARKET, held, targets=wished, policy=Policy(signals=Signals.IGNORE))


def noisy(seed: int, size: float) -> Market:
    draw = np.random.default_rng((seed, 1))
    quotes = {
        a: replace(q, price=q.price * Decimal(f"{np.exp(size * draw.normal()):.8f}"))
        for a, q in sorted(MARKET.quotes.items())
    }
    return replace(MARKET, quotes=quotes)


def proposed(portfolio: Portfolio, market: Market) -> dict[str, str]:
    return sides(propose(analyse(portfolio, market)).plan)


@pytest.mark.parametrize("count", examples(always=10, campaign=500))
@pytest.mark.parametrize("size", [0.001, 0.005])
def test_a_little_noise_turns_no_trade_round(size: float, count: int) -> None:
    changed = 0
    for seed in range(count):
        portfolio = drifted(seed)
        before, after = proposed(portfolio, MARKET), proposed(portfolio, noisy(seed, size))
        changed += before != after
        assert all(after.get(asset_id, side) == side for asset_id, side in before.items())
    print(f"{size:.1%}: another set of trades in {changed} of {count}")
