"""The pictures of a report: few marks, words on them, and a finding that each one shows.

Colours are told apart by anybody and never the only sign; letters are large enough for a phone.
"""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from alerts.messages import Picture
from portfolios import figures
from portfolios.reports import WeeklyReport

SECTORS, PATHS, RISKS = "sectors.png", "paths.png", "risks.png"
BLUE, ORANGE, GREY, INK, GROUND = "#0b5fa5", "#c75b00", "#8a94a3", "#1c2430", "#ffffff"
STYLES = (("-", BLUE), ("--", ORANGE), (":", INK))
MOST_BARS = 8


def charts(report: WeeklyReport) -> tuple[tuple[Picture, str], ...]:
    """Return the pictures of a report, each with the finding that it shows."""
    made = ((SECTORS, _sectors), (PATHS, _paths), (RISKS, _risks))
    found = []
    for name, draw in made:
        figure = _blank()
        finding = draw(report, figure)
        if finding:
            found.append((Picture(name, _png(figure)), finding))
    return tuple(found)


def _sectors(report: WeeklyReport, figure: Figure) -> str:
    lines = [s for s in report.plan.sectors if s.weight > 0.001 or s.proposed_weight > 0.001]
    lines = sorted(lines, key=lambda s: s.weight)[-MOST_BARS:]
    if not lines:
        return ""
    axes = figure.subplots()
    places = range(len(lines))
    axes.barh([p + 0.2 for p in places], [s.weight for s in lines], 0.36, color=BLUE, label="now")
    axes.barh(
        [p - 0.2 for p in places], [s.proposed_weight for s in lines], 0.36, color=ORANGE,
        label="after", hatch="//", edgecolor=GROUND,
    )  # fmt: skip
    for place, line in zip(places, lines, strict=True):
        if line.max is not None:
            axes.plot([line.max] * 2, [place - 0.45, place + 0.45], color=INK, linewidth=2)
    axes.set_yticks(list(places), [s.sector for s in lines])
    axes.xaxis.set_major_formatter(lambda x, _: figures.percent(x, 0))
    axes.set_title("Sectors: now, after, and the limit (line)", loc="left", fontsize=11)
    axes.legend(frameon=False, loc="lower right")
    top = lines[-1]
    limit = "no limit" if top.max is None else f"limit {figures.percent(top.max, 0)}"
    return f"largest sector: {top.sector} {figures.percent(top.weight)}, {limit}"


def _paths(report: WeeklyReport, figure: Figure) -> str:
    paths = report.paths
    if len(paths.days) < 2:
        return ""
    axes = figure.subplots()
    for (name, values), (dash, colour) in zip(paths.lines.items(), STYLES, strict=False):
        axes.plot(list(paths.days), values, dash, color=colour, linewidth=2, label=name)  # type: ignore[arg-type]
    axes.yaxis.set_major_formatter(lambda y, _: figures.percent(y - 1, 0))
    axes.set_title(
        f"Last {len(paths.days)} days, with the quantities of a week ago", loc="left", fontsize=11
    )
    axes.legend(frameon=False, loc="best")
    figure.autofmt_xdate()
    ends = ", ".join(f"{name} {_signed(values[-1] - 1)}" for name, values in paths.lines.items())
    return f"last {len(paths.days)} days: {ends}"


def _risks(report: WeeklyReport, figure: Figure) -> str:
    if not report.risks:
        return ""
    names, shares = list(report.risks)[::-1], list(report.risks.values())[::-1]
    axes = figure.subplots()
    axes.barh(names, shares, color=BLUE)
    axes.xaxis.set_major_formatter(lambda x, _: figures.percent(x, 0))
    axes.set_title("Where the risk comes from", loc="left", fontsize=11)
    return f"{names[-1]} carries {figures.percent(shares[-1])} of the risk"


def _blank() -> Figure:
    return Figure(figsize=(5.68, 3.2), dpi=110, layout="constrained", facecolor=GROUND)


def _png(figure: Figure) -> bytes:
    """Return the picture; the same figures give the same bytes."""
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=10)
    held = io.BytesIO()
    figure.savefig(held, format="png", metadata={"Software": None})
    return held.getvalue()


def _signed(change: float) -> str:
    return f"{'+' if change >= 0 else ''}{figures.percent(change)}"
