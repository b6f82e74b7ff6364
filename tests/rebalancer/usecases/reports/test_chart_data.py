"""What pictures are made of: fractions that add up, and what is not known left out and named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolios.model.plan import Zone
from portfolios.model.policy import Policy, Range
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.chart_data import (
    holding_weights,
    paths_of,
    plan_weights,
    risk_shares,
    sector_weights,
    token_path,
)

MARKET = sample_market()
HELD = Portfolio(
    "mine",
    cash=Decimal(900),
    holdings=(Holding("bitcoin", Decimal(2)), Holding("uniswap", Decimal(900))),
    targets={"bitcoin": Decimal("0.5"), "uniswap": Decimal("0.2")},
)


def test_weights_add_up_to_the_whole_now_by_aim_and_by_target() -> None:
    weights = holding_weights(analyse(HELD, MARKET))
    assert [w.name for w in weights] == ["BTC", "UNI", "cash"]
    assert sum(w.now for w in weights) == pytest.approx(1)
    assert sum(w.other for w in weights) == pytest.approx(1)
    assert sum(w.target or 0 for w in weights) == pytest.approx(1)


def test_a_proposals_weights_are_those_of_the_plan() -> None:
    plan = propose(analyse(HELD, MARKET)).plan
    weights = {w.name: w for w in plan_weights(plan)}
    after = sum(w.other for w in weights.values())
    assert after == pytest.approx(1)
    held = plan.value - plan.estimated_cost
    assert weights["cash"].other == pytest.approx(float(plan.proposed_cash / held))


def test_sectors_and_risks_add_up() -> None:
    analysis = analyse(HELD, MARKET)
    assert sum(s.now for s in sector_weights(analysis)) == pytest.approx(float(analysis.w0.sum()))
    assert sum(share.risk for share in risk_shares(analysis)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("beyond", "is_over"), [(-0.001, False), (4e-8, False), (0.0009, False), (0.0011, True)]
)
def test_a_sector_is_shown_as_over_its_limit_where_it_breaks_it(
    beyond: float, is_over: bool
) -> None:
    analysis = analyse(HELD, MARKET)
    (now,) = (s.now for s in sector_weights(analysis) if s.name == "defi")
    cap = Decimal(str(round(now - beyond, 12)))
    policy = Policy(sectors={"defi": Range(max=cap)})
    analysis = analyse(replace(HELD, policy=policy), MARKET)
    assert ("defi" in [s.name for s in sector_weights(analysis) if s.excess]) is is_over
    zones = {f.subject: f.zone for f in findings_of(analysis) if f.code == "S1"}
    assert (zones["defi"] is not Zone.GREEN) is is_over


def test_a_risk_that_is_not_known_makes_no_shares() -> None:
    analysis = analyse(HELD, MARKET)
    unknown = replace(analysis.risk, d=np.full_like(analysis.risk.d, np.nan))
    assert risk_shares(replace(analysis, risk=unknown)) == []


def test_paths_start_at_one_and_follow_todays_quantities() -> None:
    paths = paths_of(HELD, MARKET)
    assert len(paths.days) == 90
    assert {line[0] for line in paths.lines.values()} == {1.0}
    close = MARKET.bars.columns(["bitcoin", "uniswap"]).close[[-90, -1]]
    first, last = close @ np.array([2.0, 900.0]) + 900.0
    assert paths.lines["your portfolio"][-1] == pytest.approx(last / first)
    assert paths.without == ()


def test_what_has_no_past_is_left_out_of_the_path_and_named() -> None:
    more = replace(HELD, holdings=(*HELD.holdings, Holding("nowhere", Decimal(5))))
    paths = paths_of(more, MARKET)
    assert paths.without == ("nowhere",)
    assert paths.lines == paths_of(HELD, MARKET).lines
    alone = Portfolio("x", holdings=(Holding("nowhere", Decimal(5)),))
    assert paths_of(alone, MARKET).days == ()


def test_a_token_has_its_price_and_the_mean_of_the_days_before() -> None:
    path = token_path(MARKET, MARKET.assets["solana"], trend="bearish")
    close = MARKET.bars.columns(["solana"]).close[:, 0]
    assert len(path.days) == len(path.levels) == len(path.mean) == 90
    assert path.levels[0] == 1.0
    assert path.levels[-1] == pytest.approx(close[-1] / close[-90])
    assert path.mean[-1] == pytest.approx(close[-30:].mean() / close[-90])


def test_a_young_token_has_no_mean_yet_and_a_gap_is_left_out() -> None:
    close = MARKET.bars.close.copy()
    column = MARKET.bars.asset_ids.index("solana")
    close[:-20, column], close[-5, column] = np.nan, np.nan
    young = replace(MARKET, bars=replace(MARKET.bars, close=close))
    path = token_path(young, MARKET.assets["solana"], trend="")
    assert len(path.days) == 19
    assert set(path.mean) == {None}
    assert np.isfinite(path.levels).all()
