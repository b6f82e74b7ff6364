"""What it would take to keep the default limits that only warn."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from portfolios.model.market import Array
from portfolios.model.policy import LimitUse
from portfolios.values import display
from rebalancer.decision.analysis import Analysis, analyse
from rebalancer.optimiser.explain.limit_report import steps_of


def what_keeping_takes(analysis: Analysis) -> str:
    """Say which sales would bring a portfolio inside the defaults that only warn; empty if none."""
    is_warned = not analysis.limits.enforced
    if not is_warned or not any(row.is_cap and not row.is_kept for row in analysis.broken):
        return ""
    profile = analysis.policy.profile_in_force.value
    kept = _kept(analysis)
    sales = "; ".join(_sales(analysis, kept))
    if not sales:
        return ""
    steps = steps_of(float(_excess(analysis, kept).sum()), float(kept.policy.turnover_in_force))
    taken = f", in about {steps} steps" if steps > 1 else ""
    asked = f'write profile = "{profile}" to have it proposed'
    return f"inside the {profile} limits: {sales}{taken}; {asked}"


def _kept(analysis: Analysis) -> Analysis:
    policy = replace(analysis.portfolio.policy, limits=LimitUse.ENFORCE)
    portfolio = replace(analysis.portfolio, policy=policy)
    mode = analysis.policy.mode
    return analyse(portfolio, analysis.market, flow=analysis.valuation.flow, mode=mode)


def _excess(analysis: Analysis, kept: Analysis) -> Array:
    """Return how much of each asset is beyond what would be kept, shape (n,), nothing below 0."""
    return np.maximum(0.0, np.minimum(analysis.w0, analysis.reference.r) - kept.reference.r)


def _sales(analysis: Analysis, kept: Analysis) -> list[str]:
    valuation, currency = analysis.valuation, analysis.portfolio.currency
    excess = _excess(analysis, kept)
    found = []
    for i in np.argsort(-excess, kind="stable"):
        position = valuation.positions[i]
        money = Decimal(repr(float(excess[i]))) * valuation.value
        if money < analysis.min_trade or position.price is None:
            continue
        quantity = f"{float(money / position.price):.2g}"
        amount = display.money(money, currency)
        found.append(f"sell about {Decimal(quantity):f} {position.asset.symbol}, {amount}")
    return found
