"""Which red zones cause a proposal."""

from __future__ import annotations

import pytest

from portfolios.model.plan import Finding, Scope, Zone
from portfolios.providers.sample.market import sample_market
from rebalancer.decision.analysis import analyse
from rebalancer.decision.triggers import Trigger, triggers
from rebalancer.zones import ZONES, Rule
from tests.rebalancer.decision.example_portfolios import book

WHOLE = [rule for rule in ZONES.values() if rule.scope is not Scope.ASSET]
PAST = {"portfolio_drawdown", "portfolio_shock"}


@pytest.mark.parametrize("rule", WHOLE, ids=lambda rule: rule.key)
def test_a_red_zone_causes_a_proposal_unless_it_is_about_the_past(rule: Rule) -> None:
    market = sample_market()
    analysis = analyse(book(market, {"bitcoin": 0.5}), market)
    red = Finding(rule.scope, "it", rule.key, rule.code, Zone.RED, 1.0, 0.5, 0.9, "it is so")
    fired = triggers(analysis, [red], requested=False)
    assert (Trigger.ZONE in fired) == (rule.key not in PAST)
