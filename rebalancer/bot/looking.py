"""Commands that only look: status, portfolio, sectors, risk, signals, token, market, proposals."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from alerts.messages import Block, Message, Style
from alerts.telling import OPEN_HOURS, proposal_message
from alerts.weekly import weekly_message
from portfolios import figures
from portfolios.errors import NotFoundError
from portfolios.plans import ORDER, Decision, Plan, Zone, worst
from portfolios.valuation import value_portfolio
from rebalancer.bot.asking import Ask, lines, said
from rebalancer.decide.survey import survey_portfolio
from rebalancer.service.history import past_plans
from rebalancer.service.propose import judge_portfolio
from rebalancer.service.weekly import weekly_report

TRENDS = {1: "bullish", -1: "bearish", 0: "undecided", None: "unknown"}
MOST_ROWS = 15


def status(ask: Ask) -> Message:
    """Tell value, drift and zone of each portfolio."""
    market = ask.known_market()
    rows, zones = [], []
    for portfolio in ask.portfolios():
        survey = survey_portfolio(portfolio, market)
        zone = worst(tuple(f.zone for f in judge_portfolio(portfolio, market)))
        zones.append(zone)
        value = figures.money(survey.valuation.value, portfolio.currency)
        open_ = "yes" if open_plan(ask, portfolio.name) else "no"
        rows.append([portfolio.name, value, figures.percent(survey.drift), zone.value, open_])
    if not rows:
        return said(ask, "You see no portfolio yet", note="the owner adds one, or gives you one")
    table = Block(Style.TABLE, columns=("name", "value>", "drift>", "zone", "proposal"), rows=rows)
    overall = worst(tuple(zones))
    head = f"{len(rows)} portfolios" if len(rows) > 1 else rows[0][0]
    return said(ask, f"{head}: {overall.value}", table, zone=overall, note=_as_of(ask))


def portfolio(ask: Ask) -> Message:
    """Tell what is held."""
    own, market = ask.portfolio(_first(ask)), ask.known_market()
    valuation = value_portfolio(own, market)
    rows = [
        [
            p.asset.symbol,
            figures.money(p.value, own.currency) if p.price is not None else "unknown",
            figures.percent(float(p.value / valuation.value)) if valuation.value else "-",
        ]
        for p in sorted(valuation.positions, key=lambda p: -p.value)
        if p.quantity > 0
    ]
    rows.append(["cash", figures.money(valuation.cash, own.currency),
                 figures.percent(valuation.cash_weight())])  # fmt: skip
    table = Block(Style.TABLE, columns=("asset", "value>", "weight>"), rows=rows)
    head = f"{own.name}: {figures.money(valuation.value, own.currency)}"
    return said(ask, head, table, note=_as_of(ask))


def sectors(ask: Ask) -> Message:
    """Tell the sectors against their limits."""
    own, market = ask.portfolio(_first(ask)), ask.known_market()
    survey = survey_portfolio(own, market)
    weights = survey.limits.M.T @ survey.w0
    rows = [
        [name, figures.percent(float(w)), "-" if cap >= 1 else figures.percent(float(cap), 0)]
        for name, w, cap in zip(
            survey.limits.sector_names, weights, survey.limits.S_hi, strict=True
        )
        if w > 0.0005
    ]
    table = Block(Style.TABLE, columns=("sector", "now>", "limit>"), rows=rows)
    return said(ask, f"{own.name}: {len(rows)} sectors", table, note=_as_of(ask))


def risk(ask: Ask) -> Message:
    """Tell the risk zones with their reasons."""
    own, market = ask.portfolio(_first(ask)), ask.known_market()
    findings = judge_portfolio(own, market)
    loud = sorted(
        (f for f in findings if f.zone is not Zone.GREEN),
        key=lambda f: (-ORDER[f.zone], -f.severity),
    )
    told = [f"{f.zone.value.upper()} {f.subject}: {f.text}" for f in loud[:MOST_ROWS]]
    green = len(findings) - len(loud)
    overall = worst(tuple(f.zone for f in findings))
    return said(
        ask, f"{own.name}: {overall.value}", lines(*told, f"{green} checks are green"),
        zone=overall, note=_as_of(ask),
    )  # fmt: skip


def signals(ask: Ask) -> Message:
    """Tell trend and grades of what is held."""
    market = ask.known_market()
    held = {h.asset_id for own in ask.portfolios() for h in own.holdings if h.quantity > 0}
    rows = []
    for asset_id in sorted(held):
        grade, asset = market.grades.get(asset_id), market.assets.get(asset_id)
        if grade is None or asset is None:
            continue
        short = "-" if grade.short is None else f"{grade.short:.0f}"
        long = "-" if grade.long is None else f"{grade.long:.0f}"
        rows.append([asset.symbol, TRENDS[grade.trend], short, long])
    table = Block(Style.TABLE, columns=("asset", "trend", "short>", "long>"), rows=sorted(rows))
    insight = ask.insights
    extra = [f"the market's last signal is {insight.regime}"] if insight.regime else []
    blocks = [table, lines(*extra)] if extra else [table]
    return said(ask, f"Signals of {len(rows)} holdings", *blocks, note=_as_of(ask))


def token(ask: Ask) -> Message:
    """Tell about one token."""
    market, word = ask.known_market(), _first(ask)
    index = market.index()
    asset = index.get(word.lower()) or index.resolve(word)
    if asset is None:
        raise NotFoundError(f"no asset is called {word}", hint="write an id or a symbol")
    quote, grade = market.quotes.get(asset.asset_id), market.grades.get(asset.asset_id)
    told = [f"sector {asset.sector}"]
    if quote is not None:
        doubt = f" (in doubt: {quote.quarantined})" if quote.quarantined else ""
        told.insert(0, f"price {figures.price(quote.price, market.currency)}{doubt}")
    if grade is not None:
        told.append(f"trend {TRENDS[grade.trend]} ({'ours' if grade.is_ours else grade.source})")
        told += [f"{n} grade {g:.0f}" for n, g in (("short", grade.short), ("long", grade.long))
                 if g is not None]  # fmt: skip
    return said(ask, f"{asset.symbol}: {asset.name}", lines(*told), note=_as_of(ask))


def market(ask: Ask) -> Message:
    """Tell the largest tokens."""
    known = ask.known_market()
    ranked = sorted(known.assets.values(), key=lambda a: (a.rank or 10**9, a.asset_id))
    rows = []
    for asset in ranked[:MOST_ROWS]:
        quote, grade = known.quotes.get(asset.asset_id), known.grades.get(asset.asset_id)
        price = figures.price(quote.price, known.currency) if quote else "unknown"
        rows.append([asset.symbol, price, TRENDS[grade.trend if grade else None]])
    table = Block(Style.TABLE, columns=("asset", "price>", "trend"), rows=rows)
    return said(ask, f"{len(known.assets)} tokens, the largest first", table, note=_as_of(ask))


def proposal(ask: Ask) -> Message:
    """Tell the open proposal again, with its buttons."""
    own = ask.portfolio(_first(ask))
    plan = open_plan(ask, own.name)
    if plan is None:
        return said(ask, f"{own.name}: no proposal is open", note="/rebalance asks for one now")
    return proposal_message(plan)


def why(ask: Ask) -> Message:
    """Tell what drives each trade of the open proposal."""
    own = ask.portfolio()
    plan = open_plan(ask, own.name)
    if plan is None:
        return said(ask, f"{own.name}: no proposal is open")
    return why_of(ask, plan, _first(ask).upper())


def why_of(ask: Ask, plan: Plan, symbol: str = "") -> Message:
    """Tell what drives the trades of a plan, or why one asset is not traded."""
    trades = [t for t in plan.trades if not symbol or t.symbol == symbol]
    blocks: list[Block] = []
    for trade in trades:
        amount = figures.money(trade.notional, plan.currency)
        blocks += [
            Block(Style.HEADING, f"{trade.side.value} {trade.symbol} {amount}"),
            lines(*(f"{figures.percent(r.share, 0)}: {r.text}" for r in trade.reasons)),
        ]
    if symbol and not trades:
        return said(ask, f"{symbol} is not traded: nothing about it is worth its cost")
    limits = [f"{limit.name}: {limit.text}" for limit in plan.limits if limit.text]
    if limits:
        blocks += [Block(Style.HEADING, "Limits"), lines(*limits)]
    return said(ask, f"{plan.portfolio}: {plan.reason}", *blocks, note=f"plan {plan.plan_id}")


def history(ask: Ask) -> Message:
    """Tell past proposals and what each has earned since."""
    own = ask.portfolio(_first(ask))
    told, total = [], Decimal(0)
    for past in past_plans(ask.store, ask.market, own.name)[:MOST_ROWS]:
        verdict = past.ruling.verdict.value if past.ruling else "open or lapsed"
        earned = ""
        if past.earned is not None:
            total += past.earned
            earned = f", {figures.money(past.earned, past.plan.currency, signed=True)} since"
        told.append(f"{figures.day(past.plan.as_of.date())}: {verdict}{earned}")
    if not told:
        return said(ask, f"{own.name}: no proposals yet")
    few = "too few to tell skill from luck" if len(told) < 5 else ""
    return said(ask, f"{own.name}: {len(told)} proposals", lines(*told), note=few)


def report(ask: Ask) -> Message:
    """Tell this week's report, without its pictures."""
    own, known = ask.portfolio(_first(ask)), ask.known_market()
    return weekly_message(weekly_report(ask.store, own, known, insights=ask.insights))


def open_plan(ask: Ask, name: str) -> Plan | None:
    """Return the newest plan, if it trades and is neither decided nor lapsed."""
    plans = ask.store.plans(name)
    if not plans or plans[-1].decision is not Decision.TRADE:
        return None
    newest = plans[-1]
    age = ask.now - ask.store.saved_at(newest.plan_id)
    is_over = age > timedelta(hours=OPEN_HOURS) or ask.store.decisions(newest.plan_id)
    return None if is_over else newest


def _first(ask: Ask) -> str:
    return ask.words[0] if ask.words else ""


def _as_of(ask: Ask) -> str:
    known = ask.known_market()
    sample = "SAMPLE DATA, " if known.is_sample else ""
    return f"{sample}as of {figures.moment(known.as_of)}"
