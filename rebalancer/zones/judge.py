"""Judges a situation by every rule, and sets zones before and after a proposal side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from portfolios.model.plan import ORDER, Finding, Scope, Zone, worst
from portfolios.values.causes import named
from rebalancer.zones.asset_rules import BearishWeight, Liquidity, RiskShare, SingleWeight
from rebalancer.zones.portfolio_risk_rules import (
    PortfolioDrawdown,
    PortfolioShock,
    TailLoss,
    Volatility,
)
from rebalancer.zones.portfolio_rules import Buffer, Concentration, IndependentBets, LockedShare
from rebalancer.zones.price_rules import Depeg, Drawdown, Shock, Stale, VolatilityRegime
from rebalancer.zones.rule import Rule, unknown
from rebalancer.zones.sector_rules import SectorBreadth, SectorCap, SectorRisk
from rebalancer.zones.situation import Situation

RULES: tuple[Rule, ...] = (
    BearishWeight(),
    Drawdown(),
    VolatilityRegime(),
    RiskShare(),
    SingleWeight(),
    Liquidity(),
    Depeg(),
    Stale(),
    Shock(),
    SectorCap(),
    SectorRisk(),
    SectorBreadth(),
    Concentration(),
    IndependentBets(),
    TailLoss(),
    Volatility(),
    PortfolioDrawdown(),
    Buffer(),
    LockedShare(),
    PortfolioShock(),
)
ZONES: Mapping[str, Rule] = MappingProxyType({rule.key: rule for rule in RULES})
"""Key -> rule; a further rule is one class and one line above."""

NOT_HELD = "not held any more"

_SCOPES: Mapping[Scope, int] = MappingProxyType({scope: i for i, scope in enumerate(Scope)})


def judge(situation: Situation, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Return every rule's finding for every subject, worst first, then by scope, subject, code."""
    return _ordered(f for rule in rules for f in _findings(rule, situation))


def compare(now: Sequence[Finding], after: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings now with their zones after a proposal.

    What is sold altogether is green after. What is newly bought was nothing to judge before: it
    comes as a finding that is green now, and says what would be true after.

    Args:
        now: findings at today's weights.
        after: findings at the proposed weights.
    """
    later = {_key(finding): finding for finding in after}
    known = {_key(finding) for finding in now}
    compared = [_beside(f, later.get(_key(f))) for f in now]
    return _ordered((*compared, *(_new(f) for f in after if _key(f) not in known)))


def worsened(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the compared findings whose zone a proposal makes worse, in the given order."""
    return tuple(f for f in findings if f.after is not None and ORDER[f.after] > ORDER[f.zone])


def overall(findings: Sequence[Finding]) -> Zone:
    """Return the worst zone now, green for no findings."""
    return worst(tuple(finding.zone for finding in findings))


def _findings(rule: Rule, situation: Situation) -> Iterator[Finding]:
    """Yield what a rule finds; what needs the total is grey while the total is unknown."""
    names = situation.in_doubt if rule.needs_total else ()
    if not names:
        yield from rule.findings(situation)
        return
    why = f"no price to rely on for {named(names)}, so shares of the total are unknown"
    for finding in rule.findings(situation):
        # What is in doubt itself says why.
        is_asset = finding.scope is Scope.ASSET
        is_own = is_asset and finding.subject in situation.valuation.in_doubt
        yield finding if is_own else unknown(rule, finding.subject, why)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, int, str, str, int]:
    place = -ORDER[finding.zone], _SCOPES[finding.scope], finding.subject
    return (*place, *_parts_of(finding.code))


@cache
def _parts_of(code: str) -> tuple[str, int]:
    """Return the letter and the number of a rule's short key."""
    return code[:1], int(code[1:])


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.subject


def _beside(now: Finding, after: Finding | None) -> Finding:
    """Return a finding with what a proposal makes of it; what is sold altogether is green."""
    if after is None:
        return now.beside(Zone.GREEN, NOT_HELD)
    return now.beside(after.zone, "" if after.text == now.text else after.text)


def _new(finding: Finding) -> Finding:
    return replace(
        finding,
        zone=Zone.GREEN,
        after=finding.zone,
        value=None,
        severity=0.0,
        text="not held now",
        after_text=finding.text,
    )
