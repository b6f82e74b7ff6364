"""Everything that a plan was computed from, as one document to hash.

What cannot change a plan is left out (alert rules, lots, accounts), and what has no order of its
own is sorted: permuting a file permutes nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.metadata import version

from portfolios.model.market import Market
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.values.canonical import canonical_json
from rebalancer.decision.analysis import Analysis
from rebalancer.decision.triggers import Trigger
from rebalancer.estimates.per_market import per_market


def fingerprint(analysis: Analysis, causes: Iterable[Trigger]) -> dict[str, object]:
    """Return the inputs of a plan: equal documents give equal plans.

    The whole market's bars and grades are in it, because risk and ranks are estimated over the
    whole market and not over one portfolio.
    """
    return {
        "program": _program(),
        "portfolio": _unordered(analysis.portfolio),
        "mode": analysis.policy.mode,
        "flow": analysis.valuation.flow,
        "causes": [cause.value for cause in causes],
        "market": market_digest(analysis.market),
        "awaited": sorted(analysis.market.awaited.intersection(analysis.valuation.asset_ids)),
    }


@cache
def _program() -> str:
    return version("rebalancer")


@per_market
def market_digest(market: Market) -> str:
    """Return the digest of all that is known of assets; equal markets have equal ones."""
    text = canonical_json(replace(market, awaited=frozenset()))
    return hashlib.sha256(text.encode()).hexdigest()


def _unordered(portfolio: Portfolio) -> Portfolio:
    policy = replace(portfolio.policy, candidates=tuple(sorted(portfolio.policy.candidates)))
    return replace(
        portfolio,
        policy=policy,
        holdings=tuple(_bare(holding) for holding in portfolio.holdings),
        alerts=(),
        unknown=tuple(sorted(portfolio.unknown)),
    )


def _bare(holding: Holding) -> Holding:
    locks = tuple(sorted(holding.locks, key=repr))
    return replace(holding, lots=(), locks=locks, account="")
