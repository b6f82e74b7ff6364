"""Sectors by weight against their limits."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from alerts.charts.drawing import INK, MOST_BARS, Chart, blank, finished, pairs, singles, titled
from portfolios.model.chart_data import SectorWeight
from portfolios.values import display

SECTORS = "sectors.png"
NOTABLE = 0.001


def sectors_chart(sectors: Sequence[SectorWeight], *, is_sample: bool = False) -> Chart | None:
    """Draw sectors with their limits, and after a proposal where one is; None for no sector."""
    held = [s for s in sectors if max(s.now, s.after or 0.0) > NOTABLE]
    if not held:
        return None
    # One over its limit is shown however small it is.
    kept = sorted(held, key=lambda s: (-s.excess, -s.now, s.name))[:MOST_BARS]
    shown = sorted(kept, key=lambda s: (-s.now, s.name))
    has_after = all(s.after is not None for s in shown)
    figure, axes = blank((2 if has_after else 1) * len(shown))
    names, now = [s.name for s in shown], [s.now for s in shown]
    if has_after:
        pairs(axes, names, now, [s.after or 0.0 for s in shown], ("now", "after"))
    else:
        singles(axes, names, now)
    _limits(axes, shown)
    titled(axes, f"Sectors: now{', after,' if has_after else ''} and the limit (line)")
    return finished(SECTORS, figure, _finding(held), is_sample=is_sample)


def _limits(axes: Axes, shown: Sequence[SectorWeight]) -> None:
    for row, sector in enumerate(shown):
        if sector.most is not None:
            axes.plot([sector.most] * 2, [-row - 0.45, -row + 0.45], color=INK, linewidth=2)


def _finding(held: Sequence[SectorWeight]) -> str:
    over = sorted((s for s in held if s.excess > 0), key=lambda s: (-s.excess, s.name))
    if over:
        told = ", ".join(f"{s.name} {display.percent(s.now)} of {_most(s)}" for s in over[:3])
        more = f" and {len(over) - 3} more" if len(over) > 3 else ""
        return f"over {'its limit' if len(over) == 1 else 'their limits'}: {told}{more}"
    top = max(held, key=lambda s: (s.now, s.name))
    limit = "no limit" if top.most is None else f"limit {_most(top)}"
    return f"largest sector: {top.name} {display.percent(top.now)}, {limit}"


def _most(sector: SectorWeight) -> str:
    return display.limit(sector.most) if sector.most is not None else "no limit"
