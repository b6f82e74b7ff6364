"""Values over the last weeks, each line relative to its first day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes

from alerts.charts.drawing import STYLES, Chart, blank, finished, lettered, titled
from portfolios.model.chart_data import TokenPath
from portfolios.model.weekly_facts import Paths
from portfolios.values import display

PATHS, TOKEN = "paths.png", "token.png"
MOST_NAMED = 3
MOST_DAYS = 4


def paths_chart(paths: Paths, *, quantities: str, is_sample: bool = False) -> Chart | None:
    """Draw what was held against something else; None where no two days are known.

    Args:
        paths: of some quantities.
        quantities: of when they are, in words.
        is_sample: at made-up prices.
    """
    if len(paths.days) < 2:
        return None
    figure, axes = blank()
    for (name, values), (dash, colour) in zip(paths.lines.items(), STYLES, strict=False):
        axes.plot(_places(paths.days), values, dash, color=colour, linewidth=2, label=name)
    _over_time(axes, paths.days)
    titled(
        axes, f"Last {display.counted(len(paths.days), 'day')}, with the quantities of {quantities}"
    )
    ends = ", ".join(
        f"{name} {display.change(values[-1] - 1)}" for name, values in paths.lines.items()
    )
    finding = f"last {display.counted(len(paths.days), 'day')}: {ends}{_without(paths)}"
    return finished(PATHS, figure, finding, is_sample=is_sample)


def token_chart(path: TokenPath, *, is_sample: bool = False) -> Chart | None:
    """Draw one token with the mean of its last weeks; None where no two days are known."""
    if len(path.days) < 2:
        return None
    figure, axes = blank()
    days = _places(path.days)
    (dash, colour), (mean_dash, mean_colour), _ = STYLES
    axes.plot(days, path.levels, dash, color=colour, linewidth=2, label=lettered(path.name))
    known = [(day, mean) for day, mean in zip(days, path.mean, strict=False) if mean is not None]
    if known:
        places, means = zip(*known, strict=True)
        axes.plot(places, means, mean_dash, color=mean_colour, linewidth=2, label="mean of 30 days")
    _over_time(axes, path.days)
    titled(axes, f"{lettered(path.name)}: the last {len(days)} days")
    return finished(TOKEN, figure, _finding(path), is_sample=is_sample)


def _finding(path: TokenPath) -> str:
    told = [f"{path.name} {display.change(path.levels[-1] - 1)} in {len(path.days)} days"]
    mean = path.mean[-1] if path.mean else None
    if mean:
        side = "over" if path.levels[-1] >= mean else "under"
        far = display.percent(abs(path.levels[-1] / mean - 1))
        told.append(f"{far} {side} its mean of 30 days")
    return ", ".join([*told, f"trend {path.trend or 'unknown'}"])


def _without(paths: Paths) -> str:
    names = paths.without
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"; without {', '.join(names[:MOST_NAMED])}{more}, whose past is not known"


def _places(days: Sequence[date]) -> list[float]:
    return [float(day.toordinal()) for day in days]


def _over_time(axes: Axes, days: Sequence[date]) -> None:
    """Write changes up the side, and below a few days without their year."""
    shown = days[:: max(1, len(days) // MOST_DAYS)]
    axes.set_xticks(_places(shown), [display.day(day).rpartition(" ")[0] for day in shown])
    axes.yaxis.set_major_formatter(lambda y, _: display.change(y - 1, 0))
