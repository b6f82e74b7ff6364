"""What a whole plan costs, part by part, beside one solve of a library on the same thread.

    uv run --group benchmarks python -m tests.benchmarks.plan

The market is the built-in one and warm, as in a service: its risk is estimated once for everybody.
Parts are measured by themselves; the whole is the proposal with everything that a plan holds, its
certificate and its document included, and not stored.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from portfolios.documents.plan_json import dumps, plan_to_json
from portfolios.model.assets import AssetKind
from portfolios.model.policy import Policy
from portfolios.model.portfolio import Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.decision.build_inputs import inputs_of
from rebalancer.optimiser.exact import method
from rebalancer.optimiser.solve import solve
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from tests.benchmarks import peers
from tests.benchmarks.programs import market_model, program
from tests.benchmarks.race import race
from tests.rebalancer.decision.example_portfolios import book

SIZES, ROUNDS = (8, 20, 40), 30


def drifted(n: int) -> Portfolio:
    """Return a portfolio of n coins of the built-in market, far from its targets."""
    market, rng = sample_market(), np.random.default_rng(n)
    coins = [a for a in sorted(market.quotes) if market.assets[a].kind is AssetKind.COIN][:n]
    held, wished = 0.95 * rng.dirichlet(np.full(n, 2.0)), 0.95 * rng.dirichlet(np.full(n, 2.0))
    weights = dict(zip(coins, held.tolist(), strict=True))
    targets = dict(zip(coins, wished.round(4).tolist(), strict=True))
    return book(market, weights, targets=targets, policy=Policy())


def parts(n: int) -> dict[str, Callable[[int], object]]:
    """Return the parts of a plan of n assets, and a library's solve of n assets."""
    market, portfolio = sample_market(), drifted(n)
    analysis = analyse(portfolio, market)
    inputs, plan = inputs_of(analysis), propose(analysis).plan

    def whole(_: int) -> object:
        return dumps(plan_to_json(propose(analyse(portfolio, market)).plan))

    model = market_model(n)
    library, case = peers.quiet(peers.pyportfolioopt(model)), program(model, 1)
    return {
        "analysis": lambda _: analyse(portfolio, market),
        "zones": lambda _: findings_of(analysis),
        "solve with minimum trades": lambda _: solve(inputs),
        "document": lambda _: dumps(plan_to_json(plan)),
        "whole plan": whole,
        "solve, compiled": compiled(lambda _: solve(inputs)),
        "whole plan, compiled": compiled(whole),
        "one solve of PyPortfolioOpt": lambda _: library(case),
    }


def compiled(part: Callable[[int], object]) -> Callable[[int], object]:
    """Return a part with the compiled form of the exact method, where it is installed."""

    def timed(case: int) -> object:
        method.use_compiled()
        try:
            return part(case)
        finally:
            method.use_plain()

    return timed


def main() -> None:
    """Print one table for each size."""
    for n in SIZES:
        timed = race(parts(n), range(ROUNDS), skip={})
        whole = timed["whole plan"].seconds
        print(f"\n{n} assets{'':24}      ms  of a plan")
        for name, each in timed.items():
            print(f"{name:32}{1e3 * each.seconds:10.1f}{each.seconds / whole:11.2f}")


if __name__ == "__main__":
    main()
