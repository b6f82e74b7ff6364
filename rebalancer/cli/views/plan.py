"""A plan as people read it on a terminal: the first line is the whole story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.text import Text

from alerts.texts.finding_groups import grouped
from alerts.texts.plan_figures import cash_change, cash_text, signed_notional
from alerts.texts.plan_weights import WeightTable, sector_rows, standing, weight_table
from alerts.texts.reason_shares import shown_reasons
from portfolios.model.assets import CASH
from portfolios.model.plan import ORDER, Decision, Finding, Plan, PlanPosition, Zone, worst
from portfolios.values import display
from portfolios.values.causes import named
from rebalancer.cli.console import table, zone_text

BAR_CELLS = 10
UNCHANGED_SHOWN, MOST_SHOWN = 3, 15


def show_plan(console: Console, plan: Plan, *, all_zones: bool = False) -> None:
    """Print one plan: head, trades, sectors, zones, limits, what is not known."""
    parts: list[RenderableType] = [_head(plan), Text(""), *_proposal(plan)]
    parts += [Text(""), _sectors(plan), Text(""), zones_view(plan.zones, every=all_zones)]
    parts += [Text(line) for line in _foot(plan)]
    console.print(Group(*parts))


def _head(plan: Plan) -> Text:
    mark = "SAMPLE DATA   " if plan.is_sample else ""
    left = f"{mark}{plan.portfolio} · {plan.profile} · {plan.mode}"
    zone = worst(tuple(finding.zone for finding in plan.zones))
    shares = [f"drift {display.percent(plan.drift)}"]
    if plan.trades:
        shares.append(f"turnover {display.percent(plan.turnover)}")
    value, zoned = f"value {plan.total_now.text(plan.currency)}", f"zone {zone.value.upper()}"
    facts = [value, shares[0], zoned, *shares[1:]]
    if plan.flow:
        flow = display.money(plan.flow, plan.currency, signed=True)
        after = f"after it {plan.total.text(plan.currency)}: {', '.join(shares)}"
        facts = [value, zoned, f"cash flow {flow}", after]
    if plan.trades:
        facts.append(f"cost {display.money(plan.estimated_cost, plan.currency)}")
    text = Text(f"{left}   {plan.as_of_text}\n", style="bold")
    return text.append("   ".join(facts), style="not bold")


def _proposal(plan: Plan) -> list[RenderableType]:
    word = {
        Decision.TRADE: f"PROPOSAL  {display.counted(len(plan.trades), 'trade')}",
        Decision.HOLD: "NOTHING TO DO",
        Decision.WITHHELD: "NO PROPOSAL",
    }[plan.decision]
    line = Text(f"{word}  ", style="bold").append(plan.reason, style="not bold")
    return [line, _positions(plan)] if plan.positions else [line]


def _positions(plan: Plan) -> RenderableType:
    trades = {trade.asset_id: trade for trade in plan.trades}
    weights = weight_table(plan)
    grid = table("  asset", *weights.columns, "trade", "value>", "why")
    by_id = {position.asset_id: position for position in plan.positions}
    for number, trade in enumerate(plan.trades, start=1):
        position = by_id[trade.asset_id]
        grid.add_row(*_named(weights, position), *_trade_cells(plan, number, position))
    still = [p for p in plan.positions if p.asset_id not in trades]
    still.sort(key=lambda position: -position.weight)
    most = UNCHANGED_SHOWN if plan.trades else MOST_SHOWN
    shown = still if len(still) <= most + 1 else still[:most]
    for position in shown:
        grid.add_row(*_named(weights, position), "", "", standing(position))
    if rest := [position.asset_id for position in still[len(shown) :]]:
        grid.add_row(f"  ...{len(rest)} more unchanged", *weights.cells(*rest))
    grid.add_row("  cash", *weights.cells(CASH), "", *_cash_cells(plan))
    return grid


def _named(weights: WeightTable, position: PlanPosition) -> list[str]:
    name = f"  {position.symbol}{'*' if position.lock else ''}"
    return [name, *weights.cells(position.asset_id)]


def _trade_cells(plan: Plan, number: int, position: PlanPosition) -> list[str]:
    trade = plan.trades[number - 1]
    reasons = shown_reasons(trade.reasons, most=2)
    alone = len(reasons) == 1
    said = [text if alone else f"{text} ({share})" for text, share in reasons]
    why = "; ".join(filter(None, (*said, standing(position))))
    amount = f"{number}. {trade.side.value} {display.quantity(trade.quantity)}"
    return [amount, display.to_the_cent(signed_notional(trade), plan.currency, signed=True), why]


def _cash_cells(plan: Plan) -> list[str]:
    """Return what the trades make of the cash, and of what it is made."""
    if not plan.trades:
        return []
    return [cash_change(plan), cash_text(plan)]


def _sectors(plan: Plan) -> RenderableType:
    grid = table("  sector", "now>", "after>", "limit", "", title="SECTORS")
    for row in sector_rows(plan):
        bar = _bar(row.after, row.max) if plan.is_value_known else ""
        limit = "" if row.name == CASH else _limit_text(row.min, row.max)
        grid.add_row(f"  {row.name}", *row.cells, limit, bar)
    return grid


def _limit_text(low: float | None, high: float | None) -> str:
    if low and high is not None:
        return f"{display.limit(low)} to {display.limit(high)}"
    if low:
        return f"at least {display.limit(low)}"
    return f"at most {display.limit(high)}" if high is not None else "-"


def _bar(weight: float, cap: float | None) -> str:
    if not cap:
        return ""
    filled = round(min(1.5, weight / cap) * BAR_CELLS)
    inside = "#" * min(filled, BAR_CELLS)
    return f"{inside:<{BAR_CELLS}}|{'#' * max(0, filled - BAR_CELLS)}"


def zones_view(findings: tuple[Finding, ...], *, every: bool = False) -> RenderableType:
    """Show findings, worst first, those with one cause together.

    The green ones are only counted unless every one is wanted.
    """
    shown = [f for f in findings if every or f.zone is not Zone.GREEN or _worsens(f)]
    with_after = any(finding.after is not None for finding in findings)
    grid = table("  zone", *(["after"] if with_after else []), "subject", "what", title="ZONES")
    for group in grouped(shown):
        after = [zone_text(group.after)] if with_after else []
        zone = Text("  ").append_text(zone_text(group.zone))
        grid.add_row(zone, *after, group.subject({}), f"{group.text} ({group.codes})")
    green = len(findings) - len(shown)
    if green:
        grid.add_row(*([Text("")] * (3 if with_after else 2)), f"{green} more checks are green")
    return grid


def _worsens(finding: Finding) -> bool:
    return finding.after is not None and ORDER[finding.after] > ORDER[finding.zone]


def _foot(plan: Plan) -> list[str]:
    lines = [f"LIMIT   {text}" for text in _limits(plan)]
    lines += [f"NOTE    {warning}" for warning in plan.warnings]
    if any(position.lock for position in plan.positions):
        lines.append("* may not be traded freely; the reason stands beside it or under its trade")
    grades = _grades(plan)
    lines.append(f"plan {plan.plan_id}{f'   {grades}' if grades else ''}")
    return ["", *lines, "It proposes, you trade. Not advice."]


def _limits(plan: Plan) -> Iterator[str]:
    """Say each limit that the plan's reason does not say; those left for one cause together."""
    left: dict[str, list[str]] = {}
    for line in sorted(plan.limits, key=lambda line: -line.violation):
        text, _, cause = line.text.partition("; ")
        if line.text not in plan.reason:
            left.setdefault(cause or text, []).append(text)
    for cause, texts in left.items():
        yield named(texts) if texts == [cause] else f"{named(texts)}; {cause}"


def _grades(plan: Plan) -> str:
    """Name the sources of grades with their newest day; ours are called ours."""
    newest: dict[str, datetime] = {}
    for position in plan.positions:
        source, at = position.grade_source, position.grade_as_of
        if source is not None and at is not None:
            newest[source] = max(at, newest.get(source, at))
    names = {"technical": "technical (ours, from prices alone)"}
    parts = [f"{names.get(s, s)} {display.day(at.date())}" for s, at in sorted(newest.items())]
    return f"grades: {', '.join(parts)}" if parts else ""
