from __future__ import annotations

import numpy as np
import pytest

from portfolios.model.policy import BREACH
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.violations import broken

LIMITS = Limits(
    asset_ids=("x", "usdc"),
    w_max=np.array([0.3, 1.0]),
    sector_names=("ai", "stablecoin"),
    M=np.eye(2),
    S_lo=np.array([0.1, 0.0]),
    S_hi=np.array([0.5, 1.0]),
    m_stable=np.array([0.0, 1.0]),
    b_min=0.4,
    issuers=("", "circle"),
    c_hard=0.0,
)


def found(ai: float, usdc: float) -> dict[str, float]:
    rows = broken(LIMITS, ("x", "usdc"), np.array([ai, usdc]), 1.0 - ai - usdc)
    return {row.name: round(row.excess, 9) for row in rows}


@pytest.mark.parametrize(
    ("ai", "usdc", "expected"),
    [
        (0.2, 0.3, {}),
        (0.4, 0.3, {"asset.x.max": 0.1}),
        (0.05, 0.3, {"sector.ai.min": 0.05}),
        (0.7, 0.1, {"sector.ai.max": 0.2, "asset.x.max": 0.4, "buffer": 0.1}),
    ],
)
def test_every_broken_limit_is_named_with_its_excess(
    ai: float, usdc: float, expected: dict[str, float]
) -> None:
    assert found(ai, usdc) == pytest.approx(expected)


def test_a_tenth_of_a_point_over_a_limit_is_not_broken() -> None:
    assert found(0.3 + 0.9 * BREACH, 0.3) == {}
    assert found(0.3 + 1.1 * BREACH, 0.3) != {}
