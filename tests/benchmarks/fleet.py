"""What many portfolios cost: how many a second, by processes, and how that grows with them.

    uv run --group benchmarks python -m tests.benchmarks.fleet [COUNT ...]

The population is drawn anew from its seed, in realistic proportions: 1 to 60 assets, most of them
few; a third without targets, a tenth with a lock, a tenth with something that nobody prices. Plans
are kept in a database of their own, in a folder that is removed afterwards.
"""

from __future__ import annotations

import math
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from alerts.migrations import ALERTS
from portfolios.model.market import Market
from portfolios.model.policy import Mode, Policy, Profile
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.accounts.imports import record_weights
from rebalancer.usecases.fleet.batches import Shard, every_portfolio
from rebalancer.usecases.fleet.fleet import processes, shared_out
from rebalancer.usecases.fleet.run_record import RunRecord
from rebalancer.usecases.fleet.worker import Task

COUNTS, WORKERS = (100, 1_000), (1, 2)
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
MEDIAN_ASSETS, SPREAD = 9.0, 0.7


def population(count: int, market: Market, seed: int = 1) -> Iterator[Portfolio]:
    """Yield so many portfolios."""
    draw = np.random.default_rng(seed)
    return (_drawn(draw, market, f"p{number:07}") for number in range(count))


def _drawn(draw: np.random.Generator, market: Market, name: str) -> Portfolio:
    known = sorted(market.quotes)
    size = min(len(known), 60, max(1, round(MEDIAN_ASSETS * math.exp(SPREAD * draw.normal()))))
    ids = [str(asset_id) for asset_id in draw.choice(known, size, replace=False)]
    value = Decimal(round(10 ** draw.uniform(3, 6)))
    shares, wished = (draw.dirichlet(np.full(size + 1, 2.0)) for _ in range(2))
    holdings = [
        Holding(a, (value * Decimal(repr(float(w))) / market.quotes[a].price).quantize(_UNIT))
        for a, w in zip(ids, shares, strict=False)
    ]
    if draw.random() < 0.1:
        locks = (Lock(LockKind.FROZEN, reason="staked"),)
        holdings[0] = Holding(ids[0], holdings[0].quantity, locks=locks)
    unpriced = draw.random() < 0.1
    if unpriced:
        holdings.append(Holding(f"unknown-{name}", Decimal(1)))
    targets = {a: Decimal(str(round(float(w), 4))) for a, w in zip(ids, wished, strict=False)}
    has_targets = draw.random() < 0.67
    made = Portfolio(
        name,
        cash=(value * Decimal(repr(float(shares[-1])))).quantize(Decimal("0.01")),
        holdings=tuple(holdings),
        targets=targets if has_targets else None,
        unknown=(f"unknown-{name}",) if unpriced else (),
        policy=Policy(
            profile=list(Profile)[int(draw.integers(3))],
            mode=Mode.FULL if draw.random() < 0.8 else Mode.CASH_FLOW,
        ),
    )
    return made if has_targets else _with_recorded(made, market)


_UNIT = Decimal("1e-8")


def _with_recorded(portfolio: Portfolio, market: Market) -> Portfolio:
    return replace(portfolio, recorded=record_weights(portfolio, market))


def timed(count: int, workers: int, market: Market) -> tuple[float, float, int]:
    """Return seconds of a run that keeps plans, megabytes of this process, bytes of the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.db"
        with open_database(path, migrations=(PORTFOLIOS, ALERTS)) as database:
            store, task = Store(database), Task(market)
            with database.transaction():
                for portfolio in population(count, market):
                    store.save_portfolio(portfolio, at=AT)
            record, begun = RunRecord(store, task), time.perf_counter()
            batches = record.left(every_portfolio(store, Shard()))
            for done in shared_out(processes(task, workers), batches, workers, task=task):
                record.keep(done, at=AT)
            seconds = time.perf_counter() - begun
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return seconds, memory, path.stat().st_size


def main(counts: tuple[int, ...]) -> None:
    """Print a line for each number of portfolios and processes."""
    market = sample_market()
    print(f"{'portfolios':>11}{'workers':>9}{'seconds':>9}{'a second':>10}{'MB':>6}{'kB each':>9}")
    found: dict[tuple[int, int], float] = {}
    for workers in WORKERS:
        for count in counts:
            seconds, memory, size = timed(count, workers, market)
            found[count, workers] = seconds
            print(
                f"{count:11,}{workers:9}{seconds:9.1f}{count / seconds:10.1f}{memory:6.0f}"
                f"{size / count / 1024:9.1f}"
            )
    first, last = counts[0], counts[-1]
    for workers in WORKERS if last > first else ():
        growth = math.log(found[last, workers] / found[first, workers]) / math.log(last / first)
        print(f"growth with {workers}: exponent {growth:.2f}, starting of processes included")
    print(f"{WORKERS[-1]} workers: {found[last, 1] / found[last, WORKERS[-1]]:.2f} times one")


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or COUNTS)
