"""A plan as people read it on a terminal: the first line is the whole story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.text import Text

from alerts.texts.finding_groups import grouped
from alerts.texts.reason_shares import shown_reasons
from portfolios.model.plan import (
    ORDER,
    Decision,
    Finding,
    Plan,
    PlanPosition,
    Side,
    Trade,
    Zone,
    worst,
)
from portfolios.model.portfolio import in_words
from portfolios.values import display
from portfolios.values.causes import named
from rebalancer.cli.console import table, zone_text

BAR_CELLS = 10
UNCHANGED_SHOWN, MOST_SHOWN = 3, 15
VISIBLE = 5e-4
"""Half a tenth of a point: less is not shown as a difference."""


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
    facts = [
        f"value {plan.total_now.text(plan.currency)}",
        f"drift {display.percent(plan.drift)}{' after the cash flow' if plan.flow else ''}",
        f"zone {zone.value.upper()}",
    ]
    if plan.flow:
        facts.append(f"cash flow {display.money(plan.flow, plan.currency, signed=True)}")
    if plan.trades:
        facts.append(f"turnover {display.percent(plan.turnover)}")
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
    grid = table("  asset", "now>", "after>", *_wished(plan), "trade", "value>", "why")
    traded = [p for p in plan.positions if p.asset_id in trades]
    still = [p for p in plan.positions if p.asset_id not in trades]
    still.sort(key=lambda position: -position.weight)
    most = UNCHANGED_SHOWN if traded else MOST_SHOWN
    shown = still if len(still) <= most + 1 else still[:most]
    for position in sorted(traded, key=lambda p: plan.trades.index(trades[p.asset_id])):
        grid.add_row(*_position_row(plan, position, trades[position.asset_id]))
    for position in shown:
        grid.add_row(*_position_row(plan, position, None))
    if len(shown) < len(still):
        grid.add_row(f"  ...{len(still) - len(shown)} more unchanged")
    grid.add_row(
        "  cash",
        _share(plan, plan.cash_share_now),
        _share(plan, plan.proposed_cash_weight),
        *_wishes(plan, plan.positions, rest=True),
        "",
        display.money(plan.proposed_cash - plan.cash_now, plan.currency, signed=True)
        if plan.trades
        else "",
        "",
    )
    return grid


def _share(plan: Plan, weight: float) -> str:
    return display.share(weight, is_known=plan.is_value_known)


def _wished(plan: Plan) -> list[str]:
    """Return the columns of what is wanted: the aim stands beside the target where they differ."""
    if any(p.target_weight is None for p in plan.positions):
        return ["aim>"]
    differ = any(
        abs(p.reference_weight - (p.target_weight or 0.0)) > VISIBLE for p in plan.positions
    )
    return ["target>", "aim>"] if differ else ["target>"]


def _wishes(plan: Plan, positions: Iterable[PlanPosition], *, rest: bool = False) -> list[str]:
    """Return the figures of these columns for positions together, or for what they leave."""
    targets, aims = 0.0, 0.0
    for position in positions:
        targets += position.target_weight or 0.0
        aims += position.reference_weight
    of = {"target>": targets, "aim>": aims}
    return [display.percent(1 - of[name] if rest else of[name]) for name in _wished(plan)]


def _position_row(plan: Plan, position: PlanPosition, trade: Trade | None) -> list[str]:
    is_priced = position.price is not None
    shared = [
        f"  {position.symbol}{'*' if position.lock else ''}",
        _share(plan, plan.share_now(position.weight)) if is_priced else "unknown",
        _share(plan, position.proposed_weight) if is_priced else "",
        *_wishes(plan, (position,)),
    ]
    if trade is None:
        why = "; ".join(filter(None, (position.doubt, in_words(position.lock or ""))))
        return [*shared, "", "", why]
    notional = -trade.notional if trade.side is Side.SELL else trade.notional
    reasons = shown_reasons(trade.reasons, most=2)
    alone = len(reasons) == 1
    said = [text if alone else f"{text} ({share})" for text, share in reasons]
    why = "; ".join(filter(None, (*said, in_words(position.lock or ""))))
    number = plan.trades.index(trade) + 1
    amount = f"{number}. {trade.side.value} {display.quantity(trade.quantity)}"
    return [*shared, amount, display.money(notional, plan.currency, signed=True), why]


def _sectors(plan: Plan) -> RenderableType:
    grid = table("  sector", "now>", "after>", "limit", "", title="SECTORS")
    for line in sorted(plan.sectors, key=lambda line: (-line.weight, line.sector)):
        if line.weight < 0.0005 and line.proposed_weight < 0.0005 and not line.min:
            continue
        grid.add_row(
            f"  {line.sector}",
            _share(plan, plan.share_now(line.weight)),
            _share(plan, line.proposed_weight),
            _limit_text(line.min, line.max),
            _bar(line.proposed_weight, line.max) if plan.is_value_known else "",
        )
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
