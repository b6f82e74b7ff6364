"""The limits of a portfolio as rows: each that limits something, with its origin."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.model.policy import Policy, Range
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.reports.limit_table import LimitRow, limit_table


def test_each_limit_tells_its_bound_and_whether_the_user_or_a_default_set_it() -> None:
    held = (Holding("bitcoin", Decimal(1)), Holding("pepe", Decimal(1_000_000)))
    policy = Policy(
        sectors={"meme": Range(Decimal("0.01"), Decimal("0.08"))},
        turnover=Decimal("0.25"),
        cash_buffer=Decimal("0.05"),
    )
    own = Portfolio("core", holdings=held, policy=policy, targets={"bitcoin": Decimal("0.9")})
    rows = list(limit_table(analyse(own, sample_market())))
    assert rows[-1] == LimitRow("turnover", 0.25, "stated")
    found = {row.name: row for row in rows}
    assert found["sector.meme.max"] == LimitRow("sector.meme.max", 0.08, "stated")
    assert found["sector.meme.min"] == LimitRow("sector.meme.min", 0.01, "stated")
    assert found["buffer"] == LimitRow("buffer", 0.05, "stated")
    assert found["asset.pepe.max"].origin == "default"
    assert found["sector.layer1.max"] == LimitRow(
        "sector.layer1.max", pytest.approx(0.95), "default, raised to your targets"
    )


def test_a_turnover_that_nobody_stated_names_the_profile() -> None:
    own = Portfolio("core", cash=Decimal(100))
    assert [row.origin for row in limit_table(analyse(own, sample_market()))] == [
        "default of balanced"
    ]
