"""A plan explained: its trades with what drives them, or what there is to say of one asset."""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.errors import NotFoundError
from portfolios.model.market import Market
from portfolios.model.plan import Plan, PlanPosition, Trade
from portfolios.model.portfolio import Portfolio
from rebalancer.usecases.explanations.break_even import BreakEven, break_evens, scenario_of
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.explanations.why_untraded import positions_named, trade_of, why_untraded

OTHERWISE_NOW = (
    "what would end it is left out: prices, holdings or wishes are no longer those of the plan"
)


@dataclass(frozen=True, slots=True)
class AssetStory:
    """What a plan does about one asset, and why.

    Attributes:
        trade: None where it is not traded.
        why: in words why it is not; empty where it is.
        tippings: what would end the trade.
        left_out: why that is not told; empty where it is, or nothing is traded.
    """

    position: PlanPosition
    trade: Trade | None = None
    why: str = ""
    tippings: tuple[BreakEven, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A plan, and stories of the assets asked about, or else of all that it does not trade."""

    plan: Plan
    stories: tuple[AssetStory, ...] = ()
    is_whole: bool = False


def explain_plan(
    plan: Plan, asset: str | None = None, *, portfolio: Portfolio | None, market: Market | None
) -> Explanation:
    """Explain a plan that was kept.

    Args:
        plan: kept some time ago.
        asset: id or symbol of the asset that is asked about.
        portfolio: as it is now; None where it was removed.
        market: as it is now; None where nothing was pulled.

    Raises:
        NotFoundError: when the plan says nothing of the asset.
    """
    scenario = Scenario(portfolio, market) if portfolio is not None and market is not None else None
    if asset is None:
        still = (p for p in plan.positions if trade_of(plan, p.asset_id) is None)
        return Explanation(plan, tuple(_story(plan, p, scenario) for p in still), is_whole=True)
    positions = positions_named(plan, asset)
    if not positions:
        raise NotFoundError(
            f"{plan.portfolio} neither holds nor wants {asset[:30]}",
            hint=f"it is about {', '.join(p.symbol for p in plan.positions[:20])}",
        )
    return Explanation(plan, tuple(_story(plan, position, scenario) for position in positions))


def _story(plan: Plan, position: PlanPosition, scenario: Scenario | None) -> AssetStory:
    trade = trade_of(plan, position.asset_id)
    if trade is None:
        signals = scenario.portfolio.policy.signals_in_force if scenario else None
        return AssetStory(position, why=why_untraded(plan, position, signals=signals))
    same = scenario_of(plan, scenario) if scenario else None
    if same is None:
        return AssetStory(position, trade, left_out=OTHERWISE_NOW)
    return AssetStory(position, trade, tippings=break_evens(same, plan, trade))
