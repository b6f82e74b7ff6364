"""One program solved by us, by solvers called directly and by four libraries, side by side.

    uv run --group benchmarks python -m tests.benchmarks.solve

Everybody solves one portfolio before anybody sees the next, in one process and on one thread.
Times are medians; ratios are to our compiled form. The gap is the worst shortfall of the objective
below the best found, the violation the worst by which a limit is broken, both as fractions of the
value.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs
from tests.benchmarks import bare, ours, peers
from tests.benchmarks.programs import market_model, objective, program, worst_violation
from tests.benchmarks.race import race

SIZES, CASES, BATCH = (10, 20, 50, 200), 48, 1024
BASE = "ours, compiled, many"
SLOW = 8
"""Peers solve each so-many-th case only."""


def contestants(n: int) -> tuple[Mapping[str, Callable[[Inputs], Array]], Mapping[str, int]]:
    """Return everybody that solves one program at a time, and who skips cases."""
    market = market_model(n)
    libraries = {
        "PyPortfolioOpt": peers.pyportfolioopt, "skfolio": peers.skfolio,
        "Riskfolio-Lib": peers.riskfolio, "cvxportfolio": peers.cvxportfolio,
    }  # fmt: skip
    everybody: dict[str, Callable[[Inputs], Array]] = {
        "ours, compiled, alone": ours.compiled_alone,
        "ours, numpy, alone": ours.alone,
        "DAQP, warm": bare.daqp_warm(market),
        "DAQP, cold": bare.daqp_cold(market),
        "PIQP, update": bare.piqp_update(market),
        "Clarabel": bare.clarabel_factor(market),
        "cvxpy, parametrised": bare.cvxpy_parametrised(market),
    }
    everybody |= {name: peers.quiet(make(market)) for name, make in libraries.items()}
    return everybody, dict.fromkeys(libraries, SLOW)


def measured(n: int) -> list[tuple[str, float, float, float]]:
    """Return for each contestant its name, seconds, gap and violation."""
    market = market_model(n)
    cases = [program(market, seed) for seed in range(CASES)]
    everybody, skip = contestants(n)
    timed = race(everybody, cases, skip=skip)
    best = {i: objective(p, ours.alone(p)) for i, p in enumerate(cases)}
    rows = []
    for name, each in timed.items():
        gaps = [best[i] - objective(cases[i], np.asarray(w)) for i, w in each.answers.items()]
        broken = [worst_violation(cases[i], np.asarray(w)) for i, w in each.answers.items()]
        rows.append((name, each.seconds, max(gaps), max(broken)))
    many = [program(market, seed) for seed in range(BATCH)]
    for name, together in (("numpy", ours.many), ("compiled", ours.compiled_many)):
        seconds, weights = together(many)
        gaps = [best[i] - objective(cases[i], weights[i]) for i in best]
        broken = [worst_violation(cases[i], weights[i]) for i in best]
        rows.insert(0, (f"ours, {name}, many", seconds, max(gaps), max(broken)))
    return rows


def main() -> None:
    """Print one table for each size."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    for n in sizes:
        rows = measured(n)
        base = next(seconds for name, seconds, *_ in rows if name == BASE)
        print(f"\n{n} assets{'':24}      µs    ratio      gap  violation")
        for name, seconds, gap, broken in rows:
            print(
                f"{name:32}{1e6 * seconds:10.0f}{seconds / base:9.1f}{max(0.0, gap):9.0e}"
                f"{max(0.0, broken):11.0e}"
            )


if __name__ == "__main__":
    main()
