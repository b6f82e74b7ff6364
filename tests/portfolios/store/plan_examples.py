"""A portfolio, and a plan that starts from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from portfolios.model.plan import Decision, Plan, PlanPosition, Side, Trade
from portfolios.model.portfolio import Holding, Portfolio

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def core() -> Portfolio:
    return Portfolio(
        "core",
        cash=Decimal("500.00"),
        holdings=(Holding("bitcoin", Decimal("0.42")), Holding("solana", Decimal(30))),
    )


def position(asset_id: str, quantity: str, after: str) -> PlanPosition:
    return PlanPosition(
        asset_id=asset_id,
        symbol=asset_id[:3].upper(),
        sector="layer1",
        quantity=Decimal(quantity),
        price=Decimal(100),
        value=Decimal(quantity) * 100,
        weight=0.1,
        reference_weight=0.1,
        proposed_weight=0.1,
        proposed_quantity=Decimal(after),
    )


def trade(asset_id: str, side: Side, quantity: str, notional: str, cost: str) -> Trade:
    size = Decimal(quantity)
    return Trade(asset_id, asset_id, side, size, Decimal(100), Decimal(notional), Decimal(cost))


def sell_ten_solana(plan_id: str = "0123456789ab", *, flow: str = "0") -> Plan:
    """Sells 10 solana for 1000.00, buys 1 near for 100.00, costs 1.10."""
    return Plan(
        plan_id=plan_id,
        portfolio="core",
        as_of=NOW,
        inputs_hash=f"sha256:{plan_id}",
        decision=Decision.TRADE,
        reason="solana over its limit",
        trigger=("limit",),
        mode="full",
        profile="balanced",
        currency="usd",
        value=Decimal("3542.00"),
        cash=Decimal(500) + Decimal(flow),
        proposed_cash=Decimal("1398.90") + Decimal(flow),
        flow=Decimal(flow),
        drift=0.1,
        proposed_drift=0.0,
        turnover=0.28,
        estimated_cost=Decimal("1.10"),
        positions=(
            position("bitcoin", "0.42", "0.42"),
            position("near", "0", "1"),
            position("solana", "30", "20"),
        ),
        trades=(
            trade("near", Side.BUY, "1", "100.00", "0.10"),
            trade("solana", Side.SELL, "10", "1000.00", "1.00"),
        ),
    )
