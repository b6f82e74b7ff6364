"""A further zone rule is one class: its findings, its exits and its dwell need no other file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from alerts.triggers.flips import Advance, advance
from portfolios.model.dwell import Dwell
from portfolios.model.plan import Finding, Scope, Zone
from rebalancer.zones import ZONES, Exit, Rule, Situation, judge
from rebalancer.zones.rule import Levels, judged

Make = Callable[..., Situation]


class IdleCash(Rule):
    """P99: much cash that earns nothing; a rule that the product does not know."""

    key, code, scope = "idle_cash", "P99", Scope.PORTFOLIO
    amber = 0.50
    exit_amber = Exit(scale=0.5)
    dwell = Dwell(amber=3, leave=1)

    def findings(self, situation: Situation) -> Iterator[Finding]:
        levels = Levels(0.0, self.amber)
        yield judged(self, "portfolio", situation.cash, levels, f"{situation.cash:.0%} in cash")


RULES = (*ZONES.values(), IdleCash())


def findings(situation: Situation) -> tuple[Finding, ...]:
    return tuple(f for f in judge(situation, RULES) if f.rule == "idle_cash")


def test_it_judges_beside_the_others_and_changes_none_of_them(make: Make) -> None:
    situation = make({"bitcoin": 0.4})
    (finding,) = findings(situation)
    assert (finding.zone, finding.value, finding.text) == (Zone.AMBER, 0.6, "60% in cash")
    assert tuple(f for f in judge(situation, RULES) if f != finding) == judge(situation)


def test_a_rule_that_says_no_more_has_the_usual_exits_and_dwell(make: Make) -> None:
    class Plain(Rule):
        key, code, scope = "plain", "P98", Scope.PORTFOLIO

        def findings(self, situation: Situation) -> Iterator[Finding]:
            yield judged(self, "portfolio", 0.9, Levels(0.0, 1.0, 1.05), "")

    (finding,) = judge(make({"bitcoin": 0.4}), [Plain()])
    assert (finding.zone, finding.holds, finding.dwell) == (Zone.GREEN, Zone.RED, Dwell())


@pytest.mark.parametrize(
    ("shares", "zones"),
    [
        ([0.4, 0.4], "green green green"),
        ([0.4, 0.4, 0.4], "green green green amber"),
        ([0.4, 0.4, 0.4, 0.7], "green green green amber amber"),
        ([0.4, 0.4, 0.4, 0.8], "green green green amber green"),
    ],
)
def test_alerts_enter_and_leave_its_zones_as_it_says(
    make: Make, shares: list[float], zones: str
) -> None:
    state, seen = Advance((), ()), []
    for day, share in enumerate([0.9, *shares]):
        situation = make({"bitcoin": share})
        at = situation.market.as_of + timedelta(days=day)
        state = advance(state.conditions, state.told, findings(situation), at=at, weights={})
        seen.append(state.conditions[0].zone.value)
    assert " ".join(seen) == zones
