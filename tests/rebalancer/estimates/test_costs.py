from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.model.policy import Policy
from rebalancer.estimates.costs import fee_of, min_trade_of
from tests.rebalancer.estimates.markets import coin


@pytest.mark.parametrize(
    ("rank", "fee"),
    [(1, "0.002"), (20, "0.002"), (21, "0.004"), (300, "0.004"), (301, "0.01"), (None, "0.01")],
)
def test_the_fee_rises_down_the_ranks(rank: int | None, fee: str) -> None:
    assert fee_of(coin("a", rank=rank), Policy()) == Decimal(fee)


def test_a_stated_fee_holds_for_everything_even_zero() -> None:
    assert fee_of(coin("a", rank=None), Policy(fee=Decimal(0))) == 0


@pytest.mark.parametrize(("value", "least"), [(0, 10), (1_999, 10), (2_000, 10), (10_000, 50)])
def test_the_smallest_trade_is_ten_or_half_a_percent(value: int, least: int) -> None:
    assert min_trade_of(Policy(), Decimal(value)) == least


@pytest.mark.parametrize("stated", ["0", "1", "500"])
def test_a_stated_minimum_stands_alone_up_and_down(stated: str) -> None:
    assert min_trade_of(Policy(min_trade=Decimal(stated)), Decimal(100_000)) == Decimal(stated)
