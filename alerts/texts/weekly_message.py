"""A weekly report as a message: one sentence first, then what to do, then why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alerts.messages import Block, Kind, Message, Style
from alerts.texts.event_messages import NOT_ADVICE
from alerts.texts.finding_groups import grouped
from portfolios.model.plan import Decision, Plan, Zone, worst
from portfolios.model.weekly_facts import Week, WeeklyReport
from portfolios.values import display

LONGEST_SUBJECT = 50
MOVERS = 5


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
        *_sectors(report),
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
    drift = display.percent(plan.drift)
    if plan.decision is Decision.HOLD:
        return f"drift {drift}, nothing to do"
    count = display.counted(len(plan.trades), "trade")
    return f"drift {drift}, {count} proposed"


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
    rows = [
        [
            f"{trade.side.value} {trade.symbol}",
            display.money(trade.notional, plan.currency)
            if with_amounts
            else display.percent(float(trade.notional / plan.value)),
            trade.reasons[0].text if trade.reasons else "",
        ]
        for trade in plan.trades
    ]
    yield Block(Style.TABLE, columns=("trade", "value>", "why"), rows=rows)
    if with_amounts:
        cost = display.money(plan.estimated_cost, plan.currency)
        # Not how long it is open: a report proposes nothing, and often nothing is open.
        yield Block(Style.TEXT, f"It costs about {cost}.")


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
    movers = [
        f"{c.symbol} {_signed(c.share * 100, points=True)} ({_known(c.change)})"
        for c in week.contributions[:MOVERS]
    ]
    yield from _list("What moved it, in points", movers)


def _sectors(report: WeeklyReport) -> Iterator[Block]:
    rows = [
        [
            line.sector,
            display.share(line.weight, is_known=report.plan.is_value_known),
            "-" if line.max is None else display.percent(line.max, 0),
            display.share(line.proposed_weight, is_known=report.plan.is_value_known),
        ]
        for line in report.plan.sectors
        if line.weight > 0.0005 or line.proposed_weight > 0.0005
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


def _signed(change: float, *, points: bool = False) -> str:
    sign = "+" if change >= 0 else ""
    return f"{sign}{change:.1f}" if points else f"{sign}{display.percent(change)}"
