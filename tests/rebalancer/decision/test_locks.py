"""Whatever is proposed under a lock can be booked under that lock."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest

from portfolios.errors import DecisionError
from portfolios.model.booking import book as booked
from portfolios.model.market import Market
from portfolios.model.plan import Decision, Plan, Side
from portfolios.model.portfolio import Lock, LockKind, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.usecases.explanations.why_untraded import why_untraded
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import book

BTC, ETH = "bitcoin", "ethereum"
FROZEN, NO_SELL, NO_BUY = LockKind.FROZEN, LockKind.NO_SELL, LockKind.NO_BUY


@cache
def market() -> Market:
    return sample_market()


def locked(kind: LockKind, part: str | None, wanted: float) -> Portfolio:
    """A portfolio with 30% of ether, of which a share is locked and another weight is wanted."""
    made = book(market(), {BTC: 0.3, ETH: 0.3}, targets={BTC: 0.3, ETH: wanted})
    ether = made.holding(ETH)
    assert ether is not None
    covered = None if part is None else (ether.quantity * Decimal(part)).quantize(Decimal("1e-8"))
    held = tuple(
        replace(h, locks=(Lock(kind, quantity=covered),)) if h is ether else h
        for h in made.holdings
    )
    return replace(made, holdings=held)


def proposed(portfolio: Portfolio) -> Plan:
    return propose(analyse(portfolio, market())).plan


@pytest.mark.parametrize(
    ("kind", "part", "wanted", "side"),
    [
        (FROZEN, None, 0.5, None),
        (FROZEN, "0.8", 0.5, Side.BUY),
        (FROZEN, "1", 0.5, Side.BUY),
        (NO_BUY, None, 0.5, None),
        (NO_BUY, "0.8", 0.5, Side.BUY),
        (NO_SELL, None, 0.5, Side.BUY),
        (NO_SELL, "0.8", 0.5, Side.BUY),
        (FROZEN, None, 0.1, None),
        (FROZEN, "0.8", 0.1, Side.SELL),
        (FROZEN, "1", 0.1, None),
        (NO_BUY, None, 0.1, Side.SELL),
        (NO_BUY, "0.8", 0.1, Side.SELL),
        (NO_SELL, None, 0.1, None),
        (NO_SELL, "0.8", 0.1, Side.SELL),
    ],
)
def test_what_is_proposed_under_a_lock_can_be_booked_under_it(
    kind: LockKind, part: str | None, wanted: float, side: Side | None
) -> None:
    portfolio = locked(kind, part, wanted)
    plan = proposed(portfolio)
    assert {t.asset_id: t.side for t in plan.trades}.get(ETH) is side
    if plan.decision is Decision.TRADE:
        after = booked(plan, portfolio).holding(ETH)
        assert after is not None
        ether = next(p for p in plan.positions if p.asset_id == ETH)
        assert after.quantity == ether.proposed_quantity


@pytest.mark.parametrize(
    ("kind", "part", "wanted"),
    [(FROZEN, None, 0.5), (NO_BUY, None, 0.5), (FROZEN, "1", 0.1), (NO_SELL, None, 0.1)],
)
def test_a_lock_stated_after_the_proposal_still_forbids_what_it_bars(
    kind: LockKind, part: str | None, wanted: float
) -> None:
    free = book(market(), {BTC: 0.3, ETH: 0.3}, targets={BTC: 0.3, ETH: wanted})
    with pytest.raises(DecisionError, match="locked since"):
        booked(proposed(free), locked(kind, part, wanted))


@pytest.mark.parametrize("lock", ["part frozen", "part no_buy"])
def test_a_lock_of_a_part_is_never_why_no_more_is_bought(lock: str) -> None:
    plan = proposed(locked(NO_BUY, None, 0.5))
    ether = next(p for p in plan.positions if p.asset_id == ETH)
    assert "locked" not in why_untraded(plan, replace(ether, lock=lock))
    assert "locked" in why_untraded(plan, ether)
