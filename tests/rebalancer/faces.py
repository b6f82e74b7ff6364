"""One book at markets of which some prices are old or in doubt, on every face that tells it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from rich.console import Console

from alerts.render.plain import plain_text
from alerts.texts.weekly_message import weekly_message
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from rebalancer.cli.views.plan import show_plan
from rebalancer.cli.views.portfolio import show_portfolio, show_portfolios
from rebalancer.cli.views.what_if import show_whatif
from rebalancer.usecases.explanations.what_if import what_if
from rebalancer.usecases.proposals.analysis import Analysis
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.reports.weekly_facts import weekly_report

SAMPLE = sample_market()
BOOK = Portfolio(
    "core",
    cash=Decimal(1500),
    holdings=(Holding("bitcoin", Decimal("0.5")), Holding("uniswap", Decimal(100))),
    targets={"bitcoin": Decimal("0.6"), "uniswap": Decimal("0.3")},
)


def real(**changes: Mapping[str, object]) -> Market:
    """The sample's prices as if they were true; of some assets with other quotes."""
    fresh = {a: replace(q, at=SAMPLE.as_of, source="cg") for a, q in SAMPLE.quotes.items()}
    for asset_id, change in changes.items():
        name = asset_id.replace("_", "-")
        fresh[name] = replace(fresh[name], **change)
    return replace(SAMPLE, quotes=fresh, is_sample=False)


def aged(hours: float) -> dict[str, object]:
    return {"at": SAMPLE.as_of - timedelta(hours=hours)}


STALE = real(bitcoin=aged(144), uniswap=aged(144))
DOUBTED = MappingProxyType(
    {
        "stale": STALE,
        "quarantined": real(bitcoin={**aged(144), "quarantined": "10 times its last price"}),
    }
)


def printed(show: Callable[[Console], object]) -> str:
    out = io.StringIO()
    show(Console(file=out, width=400, highlight=False))
    return out.getvalue()


def run(analysis: Analysis) -> str:
    return printed(lambda console: show_plan(console, propose(analysis).plan, all_zones=True))


def show(analysis: Analysis) -> str:
    return printed(lambda console: show_portfolio(console, analysis.portfolio, analysis.market))


def listed(analysis: Analysis) -> str:
    row = (analysis.portfolio, analysis.valuation)
    return printed(lambda console: show_portfolios(console, [row], is_sample=False))


def whatif(analysis: Analysis) -> str:
    supposed = what_if(analysis, ["sector.meme.max=5%"])
    return printed(lambda console: show_whatif(console, supposed))


def mail(analysis: Analysis) -> str:
    return plain_text(weekly_message(weekly_report(None, analysis, insights=Insights())))


VALUE_FACES = MappingProxyType(
    {"run": run, "show": show, "list": listed, "whatif": whatif, "mail": mail}
)
