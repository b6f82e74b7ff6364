"""Pictures in the chat: each comes below what was said, with a finding in words.

They show weights and changes and no amounts, so a group may see them too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from alerts.charts.drawing import Chart
from alerts.charts.paths import paths_chart, token_chart
from alerts.charts.risks import risks_chart
from alerts.charts.sectors import sectors_chart
from alerts.charts.weights import holdings_chart, proposal_chart
from alerts.render.clean import clean
from portfolios.errors import NotFoundError, UsageError
from portfolios.model.plan import Plan
from portfolios.model.valuation import Valuation
from portfolios.values.causes import named
from rebalancer.bot.commands.queries.tokens import trend_of
from rebalancer.bot.reply import Reply, as_of
from rebalancer.bot.request import Request
from rebalancer.usecases.proposals.analysis import Analysis, analyse
from rebalancer.usecases.proposals.status import open_plan
from rebalancer.usecases.reports import chart_data
from rebalancer.usecases.reports.market_table import asset_named

LONGEST_CAPTION = 900


def chart(request: Request) -> Reply:
    """Draw a portfolio's value, holdings, sectors, risk or open proposal; or one token."""
    if (word := request.options.get("token")) is not None:
        return _token(request, word)
    of = request.options.get("of", "value")
    if of == PROPOSAL:
        return _proposal(request)
    if of not in DRAWN:
        known = ", ".join((*DRAWN, PROPOSAL))
        raise UsageError(f"there is no picture of {of[:30]}", hint=f"of= is {known}; or token=SOL")
    own, market = request.portfolio(), request.market()
    analysis = analyse(own, market)
    drawn = DRAWN[of](analysis)
    if drawn is None:
        raise NotFoundError(f"{own.name}: nothing is known that could be drawn")
    valuation = analysis.valuation
    return _shown(drawn, own.name, f"{_doubts(valuation)}{as_of(market, valuation)}")


def chart_of(plan: Plan) -> Reply:
    """Draw what a proposal changes.

    Raises:
        NotFoundError: where it changes nothing.
    """
    drawn = proposal_chart(chart_data.plan_weights(plan), is_sample=plan.is_sample)
    if drawn is None:
        raise NotFoundError(f"{plan.portfolio}: this proposal changes no weight")
    return _shown(drawn, plan.portfolio, plan.as_of_text)


def _proposal(request: Request) -> Reply:
    if request.is_group:
        raise UsageError("a proposal is for our private chat")
    own = request.portfolio()
    plan = open_plan(request.store, own.name, now=request.now)
    if plan is None:
        raise NotFoundError(f"{own.name}: no proposal is open", hint="/rebalance asks for one now")
    return chart_of(plan)


def _token(request: Request, word: str) -> Reply:
    market = request.market()
    asset = asset_named(market, word)
    grade = market.grades.get(asset.asset_id)
    trend = "" if grade is None else trend_of(request, asset, grade).removeprefix("trend ")
    path = chart_data.token_path(market, asset, trend=trend)
    drawn = token_chart(path, is_sample=market.is_sample)
    if drawn is None:
        raise NotFoundError(f"the past of {asset.symbol} is not known")
    return _shown(drawn, asset.name, as_of(market))


def _shown(drawn: Chart, subject: str, note: str) -> Reply:
    picture, finding = drawn
    caption = clean(f"{subject}: {finding}. {note}", longest=LONGEST_CAPTION)
    return Reply(pictures=((picture, caption),))


def _doubts(valuation: Valuation) -> str:
    """Tell what counts as nothing or at a last known price, since its price is not known."""
    held = [p for p in valuation.positions if p.grey and p.quantity > 0]
    never, last = [p.name for p in held if not p.value], [p.name for p in held if p.value]
    told = f"Counted as nothing, price unknown: {named(never)}. " if never else ""
    return f"{told}At last known prices: {named(last)}. " if last else told


def _value(analysis: Analysis) -> Chart | None:
    paths = chart_data.paths_of(analysis.portfolio, analysis.market)
    return paths_chart(paths, quantities="today", is_sample=analysis.market.is_sample)


def _holdings(analysis: Analysis) -> Chart | None:
    return holdings_chart(chart_data.holding_weights(analysis), is_sample=analysis.market.is_sample)


def _sectors(analysis: Analysis) -> Chart | None:
    if not analysis.valuation.total.is_known:  # the picture tells what is over its limit
        return None
    return sectors_chart(chart_data.sector_weights(analysis), is_sample=analysis.market.is_sample)


def _risk(analysis: Analysis) -> Chart | None:
    return risks_chart(chart_data.risk_shares(analysis), is_sample=analysis.market.is_sample)


PROPOSAL = "proposal"
DRAWN: Mapping[str, Callable[[Analysis], Chart | None]] = MappingProxyType(
    {"value": _value, "holdings": _holdings, "sectors": _sectors, "risk": _risk}
)
