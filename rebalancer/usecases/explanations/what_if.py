"""What would be proposed if something were otherwise; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portfolios.errors import PlanError
from portfolios.model.market import Market
from portfolios.model.plan import Decision, Plan
from portfolios.values import display
from rebalancer.usecases.explanations.plan_diff import Difference, difference_of
from rebalancer.usecases.explanations.scenario import Scenario
from rebalancer.usecases.explanations.scenario_text import apply_scenario
from rebalancer.usecases.proposals.analysis import Analysis, analyse
from rebalancer.usecases.proposals.propose import propose


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of asking in one world: a plan, or why there can be none.

    Attributes:
        plan: None where the limits contradict each other, or too much is taken out.
        refusal, hint: why, and what would mend it; empty beside a plan.
    """

    plan: Plan | None
    refusal: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The plan as it is, and as it would be.

    Attributes:
        portfolio: its name.
        words: what was supposed.
        market: of both; only what was supposed of it is otherwise.
    """

    portfolio: str
    words: tuple[str, ...]
    market: Market
    now: Answer
    then: Answer

    @property
    def difference(self) -> Difference | None:
        """What the plans differ in; None where one of the two is impossible."""
        if self.now.plan is None or self.then.plan is None:
            return None
        return difference_of(self.now.plan, self.then.plan)

    @property
    def headline(self) -> str:
        """The whole story in one line."""
        return f"{self.portfolio}: with {' '.join(self.words)}: {self._story()}"

    def _story(self) -> str:
        now, then = self.now.plan, self.then.plan
        if then is None:
            return self.then.refusal
        if now is None:
            return f"{_counted(then)}; as it is, {self.now.refusal}"
        if then.decision is Decision.WITHHELD:
            return f"nothing proposed: {then.reason}"
        if difference_of(now, then).is_none:
            return f"{_counted(then)}, as without it"
        same = len(now.trades) == len(then.trades)
        instead = "as before" if same else f"instead of {len(now.trades) or 'none'}"
        return f"{_counted(then)} {instead}{_cost(now, then)}"


def what_if(analysis: Analysis, words: Sequence[str]) -> WhatIf:
    """Propose for a portfolio as it is, and as it would be.

    Args:
        analysis: of the portfolio as it is.
        words: what is supposed, `sector.meme.max=5%`.

    Raises:
        UsageError: for words that mean nothing.
    """
    portfolio = replace(analysis.portfolio, policy=analysis.policy)
    as_is = Scenario(portfolio, analysis.market, analysis.valuation.flow)
    changed = apply_scenario(as_is, words)
    now, then = _answer(analysis), ask(changed)
    return WhatIf(portfolio.name, tuple(words), analysis.market, now, then)


def ask(scenario: Scenario) -> Answer:
    """Propose in a world; limits that contradict each other are an answer too."""
    return _answer(analyse(scenario.portfolio, scenario.market, flow=scenario.flow))


def _answer(analysis: Analysis) -> Answer:
    try:
        return Answer(propose(analysis).plan)
    except PlanError as error:
        return Answer(None, str(error), error.hint)


def _counted(plan: Plan) -> str:
    return display.counted(len(plan.trades), "trade") if plan.trades else "no trades"


def _cost(now: Plan, then: Plan) -> str:
    """Say what the trades cost, and what they cost as it is; nothing where nothing trades."""
    if not then.trades:
        return ""
    costs = [display.money(plan.estimated_cost, plan.currency) for plan in (then, now)]
    instead = f" instead of {costs[1]}" if now.trades and costs[0] != costs[1] else ""
    return f", cost {costs[0]}{instead}"
