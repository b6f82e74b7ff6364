"""The zones after a proposal are those of the portfolio that its booking would leave."""

from __future__ import annotations

import numpy as np
import pytest

from portfolios.model.booking import book as booked
from portfolios.model.plan import Decision, Zone
from portfolios.model.policy import Policy
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from tests.examples import examples
from tests.rebalancer.decision.example_portfolios import book

MARKET = sample_market()
COINS = ("bitcoin", "ethereum", "solana", "uniswap", "pepe", "chainlink", "usd-coin", "dogecoin")


@pytest.mark.parametrize("count", examples(always=12, campaign=600))
def test_zones_after_are_those_of_the_booked_portfolio(count: int) -> None:
    traded = 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        held, wish = (
            dict(zip(COINS, (0.95 * rng.dirichlet(np.full(8, 0.6))).round(4), strict=True))
            for _ in range(2)
        )
        targets = wish if seed % 2 else None
        portfolio = book(MARKET, held, targets=targets, policy=Policy())
        plan = propose(analyse(portfolio, MARKET)).plan
        if plan.decision is not Decision.TRADE:
            continue
        traded += 1
        later = {
            (f.rule, f.subject): (f.zone, f.text)
            for f in findings_of(analyse(booked(plan, portfolio), MARKET))
        }
        for finding in plan.zones:
            zone, text = later.get(
                (finding.rule, finding.subject), (Zone.GREEN, "not held any more")
            )
            assert finding.after is zone, (seed, finding)
            assert (finding.after_text or finding.text) == text, (seed, finding)
    assert traded > count / 3
