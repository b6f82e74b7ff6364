"""Holdings by weight: beside what they should be, or beside what a proposal would make of them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from alerts.charts.drawing import INK, MOST_BARS, Chart, blank, finished, pairs, titled
from portfolios.model.chart_data import Weight
from portfolios.values import display

HOLDINGS, PROPOSAL = "holdings.png", "proposal.png"
NOTABLE = 0.0005


def holdings_chart(weights: Sequence[Weight], *, is_sample: bool = False) -> Chart | None:
    """Draw weights beside their aims and targets; None where nothing is held or wanted."""
    shown = _largest(weights)
    if not shown:
        return None
    figure = _drawn(shown, ("now", "aim"), f"Weights: now, and the aim{_marked(shown)}")
    off = max(weights, key=lambda w: (abs(w.now - w.other), w.name))
    top = max(weights, key=lambda w: (w.now, w.name))
    where = f"largest: {top.name} {display.percent(top.now)}"
    if abs(off.now - off.other) < NOTABLE:
        finding = f"everything stands at its aim; {where}"
        return finished(HOLDINGS, figure, finding, is_sample=is_sample)
    side = "over" if off.now > off.other else "under"
    far = f"{display.points(abs(off.now - off.other))} {side}"
    wrote = f" (target {display.percent(off.target)})" if _differs(off) else ""
    finding = f"{off.name} is {far} its aim of {display.percent(off.other)}{wrote}; {where}"
    return finished(HOLDINGS, figure, finding, is_sample=is_sample)


def proposal_chart(weights: Sequence[Weight], *, is_sample: bool = False) -> Chart | None:
    """Draw weights now and after a proposal; None where it changes none."""
    moving = [w for w in weights if abs(w.now - w.other) >= NOTABLE]
    if not moving:
        return None
    figure = _drawn(_largest(moving), ("now", "after"), "Weights that change: now, and after")
    most = max(moving, key=lambda w: (abs(w.now - w.other), w.name))
    count = display.counted(len(moving), "weight changes", "weights change")
    move = f"{most.name} from {display.percent(most.now)} to {display.percent(most.other)}"
    return finished(PROPOSAL, figure, f"{count}, most of all {move}", is_sample=is_sample)


def _drawn(shown: list[Weight], labels: tuple[str, str], title: str) -> Figure:
    figure, axes = blank(2 * len(shown))
    names = [w.name for w in shown]
    pairs(axes, names, [w.now for w in shown], [w.other for w in shown], labels)
    for row, weight in enumerate(shown):
        if weight.target is not None and _differs(weight):
            axes.plot([weight.target] * 2, [-row - 0.45, -row + 0.45], color=INK, linewidth=2)
    titled(axes, title)
    return figure


def _differs(weight: Weight) -> bool:
    return weight.target is not None and abs(weight.target - weight.other) >= NOTABLE


def _marked(shown: Sequence[Weight]) -> str:
    return "; the target (line) where it differs" if any(map(_differs, shown)) else ""


def _largest(weights: Sequence[Weight]) -> list[Weight]:
    """Return the heaviest, heaviest first; the smallest of many as one row."""
    held = [w for w in weights if max(w.now, w.other) >= NOTABLE]
    ranked = sorted(held, key=lambda w: (-max(w.now, w.other), w.name))
    if len(ranked) <= MOST_BARS:
        return ranked
    rest = ranked[MOST_BARS - 1 :]
    wrote = [w.target for w in rest if w.target is not None]
    others = Weight(f"{len(rest)} others", sum(w.now for w in rest), sum(w.other for w in rest),
                    sum(wrote) if wrote else None)  # fmt: skip
    return [*ranked[: MOST_BARS - 1], others]
