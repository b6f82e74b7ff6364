"""A red zone alone asks for a way out of it, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from portfolios.model.plan import Decision, Zone
from portfolios.model.policy import Policy
from portfolios.model.portfolio import Portfolio
from rebalancer.decision.triggers import Trigger
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.decision.example_portfolios import book
from tests.rebalancer.months.prices import made_up

TUESDAY = datetime(2022, 3, 15, tzinfo=UTC)
CRASHED = made_up(TUESDAY.date(), 3, seed=1, crash=0).market(TUESDAY.replace(day=17))
WISH = {"bitcoin": 0.5, "ethereum": 0.3, "chainlink": 0.1}
HELD = {"bitcoin": 0.5, "ethereum": 0.3, "chainlink": 0.08}


def mine(held: dict[str, float]) -> Portfolio:
    """$100,000 at prices after a fall by half in two days."""
    return book(CRASHED, held, targets=WISH, policy=Policy())


def test_after_a_crash_nothing_is_bought_inside_the_bands_since_that_ends_no_red_zone() -> None:
    analysis = analyse(mine(HELD), CRASHED)
    assert any(finding.zone is Zone.RED for finding in findings_of(analysis))
    plan = propose(analysis, requested=False).plan
    assert plan.trigger == (Trigger.ZONE,)
    assert (plan.decision, plan.reason) == (Decision.HOLD, "no trade leads out of a red zone")
    assert propose(analysis, requested=True).plan.decision is Decision.TRADE


def test_what_left_its_band_is_brought_back_also_in_a_crash() -> None:
    analysis = analyse(mine({**HELD, "chainlink": 0.07}), CRASHED)
    plan = propose(analysis, requested=False).plan
    assert Trigger.BAND in plan.trigger
    assert plan.decision is Decision.TRADE
