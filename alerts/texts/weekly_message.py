"""A weekly report as a message: one sentence first, then what to do, then why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from alerts.messages import Block, Kind, Message, Style
from alerts.texts.event_messages import NOT_ADVICE
from alerts.texts.finding_groups import grouped
from alerts.texts.plan_figures import cash_text, drift_text
from alerts.texts.plan_weights import aims_moved, listed, sector_rows, weight_table
from alerts.texts.trades_table import trades_table
from portfolios.model.assets import CASH
from portfolios.model.plan import Decision, Plan, Zone, worst
from portfolios.model.weekly_facts import Week, WeeklyReport
from portfolios.values import display
from portfolios.values.parts import in_tenths

LONGEST_SUBJECT = 50
MOVERS, MOST_WEIGHTS = 5, 12


def weekly_message(
    report: WeeklyReport,
    findings: Sequence[tuple[str, str]] = (),
    *,
    held_back: Sequence[str] = (),
    with_amounts: bool = True,
) -> Message:
    """Put a report into words.

    Args:
        report: the facts.
        findings: name of each picture and what it shows.
        held_back: headlines of alerts that were not sent by themselves.
        with_amounts: money is told; otherwise percentages only.
    """
    shown = dict(findings)
    blocks = [
        *_action(report.plan, with_amounts=with_amounts),
        *_numbers(report, with_amounts=with_amounts),
        *_picture("paths.png", shown),
        *_moved(report.numbers),
        *_weights(report.plan),
        *_sectors(report.plan),
        *_picture("sectors.png", shown),
        *_zones(report),
        *_picture("risks.png", shown),
        *_signals(report),
        *_list("Held back this week", held_back),
        *_list("Coming", report.coming),
        *_record(report, with_amounts=with_amounts),
        *_list("About the data", report.notes),
        Block(Style.NOTE, _window(report)),
    ]
    return Message(
        kind=Kind.WEEKLY,
        key=f"weekly:{report.portfolio}:{report.week}",
        headline=_sentence(report),
        as_of=report.as_of,
        portfolio=report.portfolio,
        zone=worst(tuple(f.zone for f in report.plan.zones)),
        blocks=tuple(blocks),
        subject=_subject(report),
    )


def _sentence(report: WeeklyReport) -> str:
    change = report.numbers.change
    moved = f" {_signed(change)} this week," if change is not None else ""
    told = f"{report.portfolio}:{moved} {_to_do(report.plan)}"
    return display.marked(told, is_sample=report.plan.is_sample)


def _to_do(plan: Plan) -> str:
    if plan.decision is Decision.WITHHELD:
        return "nothing proposed, data not good enough"
    if plan.decision is Decision.HOLD:
        return f"{drift_text(plan)}, nothing to do"
    return f"{drift_text(plan)}, {display.counted(len(plan.trades), 'trade')} proposed"


def _subject(report: WeeklyReport) -> str:
    """Return a short subject, the fact first and no amounts."""
    change = report.numbers.change
    number = report.week.rpartition("W")[2]
    moved = f" {_signed(change)}," if change is not None else f" week {number},"
    is_sample = report.plan.is_sample
    text = display.marked(f"{report.portfolio}{moved} {_to_do(report.plan)}", is_sample=is_sample)
    if len(text) <= LONGEST_SUBJECT:
        return text
    return display.marked(f"{report.portfolio[:24]} week {number}", is_sample=is_sample)


def _action(plan: Plan, *, with_amounts: bool) -> Iterator[Block]:
    yield Block(Style.HEADING, "What to do")
    yield Block(Style.TEXT, plan.reason)
    if plan.decision is not Decision.TRADE:
        return
    yield trades_table(plan, with_amounts=with_amounts)
    if with_amounts:
        cost = display.to_the_cent(plan.estimated_cost, plan.currency)
        # Not how long it is open: a report proposes nothing, and often nothing is open.
        yield Block(Style.TEXT, f"It costs about {cost}. Cash: {cash_text(plan)}.")


def _numbers(report: WeeklyReport, *, with_amounts: bool) -> Iterator[Block]:
    week, plan = report.numbers, report.plan
    rows = [["your portfolio", _known(week.change)], ["bitcoin", _known(week.bitcoin)],
            ["the same in equal parts", _known(week.equal)],
            ["untouched for the week", _known(week.nothing)]]  # fmt: skip
    yield Block(Style.HEADING, "The week in numbers")
    yield Block(Style.TABLE, columns=("what", "change>"), rows=rows)
    if with_amounts:
        now = "now " if plan.is_value_known else ""
        yield Block(Style.TEXT, f"Value {now}{plan.total.text(plan.currency)}.")


def _moved(week: Week) -> Iterator[Block]:
    named, rest = week.contributions[:MOVERS], week.contributions[MOVERS:]
    shares = in_tenths([*(c.share for c in named), sum(c.share for c in rest)])
    movers = [
        f"{c.symbol} {_points(share)} ({_known(c.change)})"
        for c, share in zip(named, shares, strict=False)
    ]
    others = [f"{len(rest)} others {_points(shares[-1])} points"] if rest else []
    yield from _list("What moved it, in points", [*movers, *others])


def _weights(plan: Plan) -> Iterator[Block]:
    table = weight_table(plan)
    ranked = sorted(plan.positions, key=lambda position: -position.weight)
    rows = [*listed(table, ranked, MOST_WEIGHTS), [CASH, *table.cells(CASH)]]
    yield Block(Style.HEADING, "Weights")
    yield Block(Style.TABLE, columns=("asset", *table.columns), rows=rows)
    yield from (Block(Style.NOTE, moved) for moved in aims_moved(plan))


def _sectors(plan: Plan) -> Iterator[Block]:
    rows = [
        [row.name, row.cells[0], "-" if row.max is None else display.limit(row.max), row.cells[1]]
        for row in sector_rows(plan)
    ]
    if rows:
        yield Block(Style.HEADING, "Sectors")
        yield Block(Style.TABLE, columns=("sector", "now>", "limit>", "after>"), rows=rows)


def _zones(report: WeeklyReport) -> Iterator[Block]:
    loud = grouped(f for f in report.plan.zones if f.zone is not Zone.GREEN)
    names = {p.asset_id: p.symbol for p in report.plan.positions}
    lines = [f"{g.zone.value.upper()} {g.subject(names)}: {g.text}" for g in loud]
    quiet = sum(f.zone is Zone.GREEN for f in report.plan.zones)
    lines.append(display.counted(quiet, "check is green", "checks are green"))
    if report.worst is not None:
        lines.append(
            f"the worst week of the last year would have cost {display.percent(report.worst)}"
        )
    top = [f"{name} {display.percent(share)}" for name, share in list(report.risks.items())[:3]]
    if top:
        lines.append(f"most of the risk: {', '.join(top)}")
    yield from _list("Risk zones", lines)


def _signals(report: WeeklyReport) -> Iterator[Block]:
    insights, lines = report.insights, list(report.grades)
    if insights.regime:
        lines.append(f"the market's last signal is {insights.regime} ({insights.source})")
    if insights.mood:
        lines.append(f"the mood is {insights.mood} ({insights.source})")
    held = [p for p in report.plan.positions if p.quantity > 0]
    lines += [
        f"{position.symbol}: {insights.reports[position.asset_id]} ({insights.source})"
        for position in sorted(held, key=lambda p: -p.value)[:3]
        if position.asset_id in insights.reports
    ]
    yield from _list("Signals, grades and mood", lines)


def _record(report: WeeklyReport, *, with_amounts: bool) -> Iterator[Block]:
    lines = []
    for past in report.record:
        money = "unknown" if past.earned is None else display.to_the_cent(
            past.earned, report.plan.currency, signed=True
        )  # fmt: skip
        earned = f", {money} since" if with_amounts else ""
        lines.append(f"{display.day(past.on)}: {past.verdict} {past.plan_id}{earned}")
    if lines and report.luck:
        lines.append(f"choosing, against the contrary: {report.luck}")
    yield from _list("Past decisions", lines)


def _window(report: WeeklyReport) -> str:
    begin, end = display.moment(report.numbers.begin), display.moment(report.as_of)
    late = " This report is late." if report.is_late else ""
    return f"{begin} to {end}.{late} {NOT_ADVICE}"


def _picture(name: str, shown: dict[str, str]) -> Iterator[Block]:
    if name in shown:
        yield Block(Style.PICTURE, shown[name], picture=name)


def _list(title: str, lines: Sequence[str]) -> Iterator[Block]:
    if lines:
        yield Block(Style.HEADING, title)
        yield Block(Style.BULLETS, items=tuple(lines))


def _known(change: float | None) -> str:
    return "unknown" if change is None else _signed(change)


def _signed(change: float) -> str:
    return f"{'+' if change >= 0 else ''}{display.percent(change)}"


def _points(share: Decimal) -> str:
    return f"{100 * share + 0:+.1f}"
