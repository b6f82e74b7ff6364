"""What would have to change for a trade not to be made, found by proposing again.

Each input is moved step by step, the way that speaks against the trade, and the step from which the
trade is no longer made is found by halving: at most eight proposals an input. The text
says only what was found: made with this value, not made with that one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from portfolios.model.plan import Plan, PlanPosition, ReasonKind, Side, Trade
from portfolios.model.policy import Mode
from portfolios.model.sectors import STABLECOIN
from portfolios.values.canonical import plain
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.explanations.scenario_text import BEST_GRADE, apply_scenario
from rebalancer.usecases.explanations.what_if import ask
from rebalancer.usecases.explanations.why_untraded import trade_of

SIGNALS = (ReasonKind.TREND, ReasonKind.GRADE)
PRICE_STEP, PRICE_STEPS = Decimal("0.02"), 25
PRICE_DIGITS = Context(prec=5)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """What one input does to a trade.

    Attributes:
        without: the least that was found to end the trade, as `whatif` takes it; empty where
            nothing that was tried ends it.
        still: the most that was found to leave it; empty where not even the first step does.
    """

    without: str
    still: str

    @property
    def text(self) -> str:
        """Say it in words."""
        if not self.without:
            return f"made even with {self.still}"
        still = f" (still made with {self.still})" if self.still else ""
        return f"not made with {self.without}{still}"


def scenario_of(plan: Plan, scenario: Scenario) -> Scenario | None:
    """Return the world that a plan was made in, None where today's is another.

    Args:
        plan: made some time ago.
        scenario: the portfolio and the market as they are.
    """
    same = scenario.with_policy(mode=Mode(plan.mode))
    same = Scenario(same.portfolio, same.market, plan.flow)
    if (scenario.market.as_of, scenario.market.is_sample) != (plan.as_of, plan.is_sample):
        return None
    again = ask(same).plan
    return same if again is not None and _moves(again) == _moves(plan) else None


def break_evens(scenario: Scenario, plan: Plan, trade: Trade) -> tuple[BreakEven, ...]:
    """Return what would end a trade, one entry for each input that could.

    Args:
        scenario: that the plan was made in.
        plan: whose trades are asked about.
        trade: one of them.
    """
    position = next(p for p in plan.positions if p.asset_id == trade.asset_id)
    found = (_tipping(scenario, trade, words) for words in _ways(scenario, plan, position, trade))
    return tuple(tipping for tipping in found if tipping is not None)


def _moves(plan: Plan) -> list[tuple[str, Side, Decimal]]:
    return [(trade.asset_id, trade.side, trade.quantity) for trade in plan.trades]


def _tipping(scenario: Scenario, trade: Trade, words: Sequence[str]) -> BreakEven | None:
    """Halve a range of words until two neighbours differ; the first words change the least."""
    if not words:
        return None
    if _is_made(scenario, trade, words[-1]):
        return BreakEven("", words[-1])
    made, ended = -1, len(words) - 1
    while ended - made > 1:
        middle = (made + ended) // 2
        if _is_made(scenario, trade, words[middle]):
            made = middle
        else:
            ended = middle
    return BreakEven(words[ended], words[made] if made >= 0 else "")


def _is_made(scenario: Scenario, trade: Trade, word: str) -> bool:
    """Tell whether a trade is still made; where nothing can be proposed, nothing ended it."""
    plan = ask(apply_scenario(scenario, [word])).plan
    same = None if plan is None else trade_of(plan, trade.asset_id)
    return plan is None or (same is not None and same.side is trade.side)


def _ways(
    scenario: Scenario, plan: Plan, position: PlanPosition, trade: Trade
) -> Iterator[list[str]]:
    kinds = {reason.kind for reason in trade.reasons}
    if kinds.intersection(SIGNALS):
        yield ["signals=ignore"]
        yield _grades(scenario, position, trade)
    if trade.side is Side.SELL:
        yield from _caps(plan, position, trade)
    yield _prices(position, trade)


def _grades(scenario: Scenario, position: PlanPosition, trade: Trade) -> list[str]:
    grade = scenario.market.grades.get(position.asset_id)
    if grade is None or grade.short is None or grade.is_ours:
        return []
    if trade.side is Side.SELL:
        steps = range(math.floor(grade.short) + 1, BEST_GRADE + 1)
    else:
        steps = range(math.ceil(grade.short) - 1, -1, -1)
    return [f"grade.{position.asset_id}={points}" for points in steps]


def _caps(plan: Plan, position: PlanPosition, trade: Trade) -> Iterator[list[str]]:
    """Yield how the caps could be lifted that a sale names as its reasons."""
    texts = {reason.kind: f" {reason.text} " for reason in trade.reasons}
    if ReasonKind.ASSET_LIMIT in texts:
        key = f"asset.{position.asset_id}.max"
        yield _lifted(key, position.proposed_weight, position.weight)
    for line in plan.sectors:
        is_named = f" {line.sector} " in texts.get(ReasonKind.SECTOR_LIMIT, "")
        if is_named and line.max is not None:
            yield _lifted(f"sector.{line.sector}.max", line.max, line.weight)


def _lifted(key: str, low: float, high: float) -> list[str]:
    """Return a cap in half points, from above one weight to just over another."""
    steps = range(math.floor(200 * low) + 1, min(200, math.ceil(200 * high) + 2) + 1)
    return [f"{key}={plain(Decimal(step) / 2)}%" for step in steps]


def _prices(position: PlanPosition, trade: Trade) -> list[str]:
    """Return lower prices against a sale and higher ones against a purchase."""
    if position.price is None or not position.quantity or position.sector == STABLECOIN:
        return []
    sign = -1 if trade.side is Side.SELL else 1
    factors = (1 + sign * PRICE_STEP * step for step in range(1, PRICE_STEPS + 1))
    prices = (PRICE_DIGITS.multiply(position.price, factor) for factor in factors)
    return [f"price.{position.asset_id}={plain(price)}" for price in prices]
