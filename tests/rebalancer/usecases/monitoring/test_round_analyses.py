"""The analyses of a round: the same portfolio is analysed once, a changed one again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.monitoring.round_analyses import RoundAnalyses

OWN = Portfolio("core", cash=Decimal(100), holdings=(Holding("bitcoin", Decimal(1)),))


def test_a_portfolio_is_analysed_again_only_where_it_changed() -> None:
    analyses = RoundAnalyses(sample_market())
    first = analyses.of(OWN)
    assert analyses.of(replace(OWN)) is first
    richer = analyses.of(replace(OWN, cash=Decimal(200)))
    assert richer.valuation.cash == 200
    assert analyses.of(replace(OWN, name="other")).portfolio.name == "other"
