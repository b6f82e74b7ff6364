"""What it would take to keep the default limits that only warn."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from portfolios.model.policy import LimitUse
from portfolios.values import display
from rebalancer.decision.analysis import Analysis, analyse


def what_keeping_takes(analysis: Analysis) -> str:
    """Say which sales would bring a portfolio inside the defaults that only warn; empty if none."""
    if not any(row.is_cap and not row.is_kept for row in analysis.broken):
        return ""
    profile = analysis.policy.profile_in_force.value
    sales = "; ".join(_sales(analysis, _kept(analysis)))
    if not sales:
        return ""
    return f'inside the {profile} limits: {sales}; write profile = "{profile}" to have it proposed'


def _kept(analysis: Analysis) -> Analysis:
    policy = replace(analysis.portfolio.policy, limits=LimitUse.ENFORCE)
    portfolio = replace(analysis.portfolio, policy=policy)
    mode = analysis.policy.mode
    return analyse(portfolio, analysis.market, flow=analysis.valuation.flow, mode=mode)


def _sales(analysis: Analysis, kept: Analysis) -> list[str]:
    valuation, currency = analysis.valuation, analysis.portfolio.currency
    excess = np.minimum(analysis.w0, analysis.reference.r) - kept.reference.r
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
