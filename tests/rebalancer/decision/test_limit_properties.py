"""What holds of limits, turnover and small trades for every portfolio."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.errors import InfeasibleError
from portfolios.model.plan import Plan, Zone
from portfolios.model.policy import BREACH, Freed, Mode, Policy, Profile, Range, Signals
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.decision.analysis import Analysis
from rebalancer.estimates.costs import exchange_least_of
from rebalancer.usecases.accounts.imports import record_weights
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from rebalancer.zones.rule import DUST
from tests.examples import examples
from tests.rebalancer.decision.example_portfolios import applied

MARKET = sample_market()
IDS = sorted(MARKET.quotes)
SECTORS = ("defi", "layer1", "meme", "ai")
COST = 0.012
"""What trades may cost at most, as a share of the value: drift is shown after it."""


def any_portfolio(seed: int) -> Portfolio:
    """Holdings, locks, targets, limits, modes, drawn anew from each seed."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 12))
    ids = [str(a) for a in draw.choice(IDS, count, replace=False)]
    value = Decimal(int(draw.choice([60, 900, 20_000, 400_000])))
    shares = draw.dirichlet(np.full(count + 1, 1.0))
    targets = dict(zip(ids, draw.dirichlet(np.full(count + 1, 1.5)), strict=False))
    exact = {a: Decimal(str(round(float(t), 4))) for a, t in targets.items()}
    return Portfolio(
        "any",
        cash=(value * Decimal(str(shares[-1]))).quantize(Decimal("0.01")),
        holdings=tuple(
            _holding(draw, a, value * Decimal(str(s))) for a, s in zip(ids, shares, strict=False)
        ),
        targets=exact if draw.random() < 0.7 else None,
        policy=_policy(draw, ids),
    )


def _holding(draw: np.random.Generator, asset_id: str, value: Decimal) -> Holding:
    quantity = (value / MARKET.quotes[asset_id].price).quantize(Decimal("1e-8"))
    locks = ()
    if draw.random() < 0.15:
        locks = (Lock(LockKind(str(draw.choice([k.value for k in LockKind])))),)
    return Holding(asset_id, quantity, locks=locks)


def _policy(draw: np.random.Generator, ids: list[str]) -> Policy:
    def share(low: int, high: int) -> Decimal:
        return Decimal(int(draw.integers(low, high))) / 100

    def maybe(chance: float, value: Decimal) -> Decimal | None:
        return value if draw.random() < chance else None

    sectors = {s: Range(max=share(1, 90)) for s in SECTORS if draw.random() < 0.3}
    assets = {a: Range(max=share(1, 60)) for a in ids if draw.random() < 0.2}
    return Policy(
        profile=list(Profile)[int(draw.integers(3))] if draw.random() < 0.6 else None,
        mode=Mode.FULL if draw.random() < 0.7 else list(Mode)[int(draw.integers(3))],
        signals=[None, *Signals][int(draw.integers(5))],
        freed=list(Freed)[int(draw.integers(2))],
        turnover=maybe(0.4, share(0, 100)),
        min_trade=maybe(0.2, Decimal(int(draw.integers(1, 300)))),
        cash_buffer=maybe(0.3, share(1, 30)),
        sectors=sectors,
        assets=assets,
    )


def check(seed: int) -> str:
    """Check one portfolio; returns what kind of case it was."""
    portfolio = any_portfolio(seed)
    if portfolio.targets is None:
        portfolio = replace(portfolio, recorded=record_weights(portfolio, MARKET))  # as `add` does
    analysis = analyse(portfolio, MARKET)
    check_breach_is_one_event(analysis)
    try:
        plan = propose(analysis).plan
    except InfeasibleError:
        return "contradiction"
    check_turnover_and_smallest_trade(analysis, plan)
    check_stated_limits(analysis, plan)
    check_no_veto(analysis)
    if not plan.trades:
        return "hold"
    if not any(row.is_kept for row in analysis.broken):
        assert plan.proposed_drift is not None
        assert plan.drift is not None
        assert plan.proposed_drift <= plan.drift + COST * plan.turnover
    again = propose(analyse(applied(portfolio, plan), MARKET)).plan
    least = analysis.min_trade_weight
    if plan.turnover < float(portfolio.policy.turnover_in_force) - least - BREACH:
        assert not again.trades, [(t.side, t.asset_id, t.notional) for t in again.trades]
    return "trade"


def check_breach_is_one_event(analysis: Analysis) -> None:
    """A limit is broken exactly where its zone is amber or red."""
    zones = {
        (f.code, f.subject): f.zone for f in findings_of(analysis) if f.code in ("H6", "S1", "P7")
    }
    broken = {row.name for row in analysis.broken}
    for (code, subject), zone in zones.items():
        name = {"H6": f"asset.{subject}.max", "S1": f"sector.{subject}.max", "P7": "buffer"}[code]
        is_dust = code == "H6" and float(_weight(analysis, subject)) < DUST
        if not is_dust:
            assert (zone in (Zone.AMBER, Zone.RED)) == (name in broken), (name, zone)


def _weight(analysis: Analysis, asset_id: str) -> float:
    return float(analysis.w0[analysis.valuation.asset_ids.index(asset_id)])


def check_turnover_and_smallest_trade(analysis: Analysis, plan: Plan) -> None:
    most = float(analysis.policy.turnover_in_force)
    cents = 0.02 * (len(plan.trades) + 1) / max(float(plan.value), 1.0)
    bought = sum(max(0.0, p.proposed_weight - p.weight) for p in plan.positions)
    sold = sum(max(0.0, p.weight - p.proposed_weight) for p in plan.positions)
    assert max(bought, sold) <= most + cents + 1e-6
    assert plan.turnover == pytest.approx(max(bought, sold), abs=1e-9)
    least = exchange_least_of(analysis.policy) - Decimal("0.01")
    assert all(trade.notional >= least for trade in plan.trades)
    check_small_exits(analysis, plan)


def check_small_exits(analysis: Analysis, plan: Plan) -> None:
    """What has an aim is sold whole below the smallest trade only where that ends nearer to it."""
    traded = {trade.asset_id: trade.notional for trade in plan.trades}
    for place in plan.positions:
        least, aim = analysis.min_trade - Decimal("0.01"), place.reference_weight
        if traded.get(place.asset_id, least) < least and aim > 0:
            assert abs(place.proposed_weight - aim) < abs(place.weight - aim), place


def check_stated_limits(analysis: Analysis, plan: Plan) -> None:
    """Each stated limit is met after the trades, or named with its reason."""
    named = {line.name: line for line in plan.limits if line.violation > 0}
    weight = {p.asset_id: p.proposed_weight for p in plan.positions}
    for asset_id, bound in analysis.policy.assets.items():
        over = weight.get(asset_id, 0.0) - float(bound.max or 1)
        line = named.get(f"asset.{asset_id}.max")
        assert over <= BREACH + 1e-6 or (line is not None and ";" in line.text), (asset_id, over)
    for sector in plan.sectors:
        stated = analysis.policy.sectors.get(sector.sector, Range()).max
        over = sector.proposed_weight - float(1 if stated is None else stated)
        line = named.get(f"sector.{sector.sector}.max")
        assert over <= BREACH + 1e-6 or (line is not None and ";" in line.text), sector


def check_no_veto(analysis: Analysis) -> None:
    """Under `ignore` and `tilt` no trend forbids a purchase."""
    if analysis.policy.signals_in_force in (Signals.IGNORE, Signals.TILT):
        assert not any("bearish" in why for why in analysis.bounds.why)


@pytest.mark.parametrize("count", examples(always=40, campaign=10_000))
def test_limits_mean_one_thing_for_every_portfolio(count: int) -> None:
    kinds: dict[str, int] = {}
    for seed in range(count):
        kind = check(seed)
        kinds[kind] = kinds.get(kind, 0) + 1
    print(count, kinds)
    assert kinds["trade"] > 0.2 * count
