"""Where the risk comes from, beside where the money is."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.charts.drawing import MOST_BARS, Chart, blank, finished, pairs, singles, titled
from portfolios.model.chart_data import RiskShare
from portfolios.values import display

RISKS = "risks.png"


def risks_chart(shares: Sequence[RiskShare], *, is_sample: bool = False) -> Chart | None:
    """Draw shares of the risk, and of the money where they are told; None without any risk."""
    shown = _largest(shares)
    if not shown:
        return None
    names, risk = [s.name for s in shown], [s.risk for s in shown]
    money = [s.money for s in shown if s.money is not None]
    top = shown[0]
    finding = f"{top.name} carries {display.percent(top.risk)} of the risk"
    if len(money) < len(shown):
        figure, axes = blank(len(shown))
        singles(axes, names, risk)
        titled(axes, "Where the risk comes from")
        return finished(RISKS, figure, finding, is_sample=is_sample)
    figure, axes = blank(2 * len(shown))
    pairs(axes, names, risk, money, ("of the risk", "of the money"))
    titled(axes, "Where the risk comes from")
    finding = f"{finding} from {display.percent(money[0])} of the money"
    return finished(RISKS, figure, finding, is_sample=is_sample)


def _largest(shares: Sequence[RiskShare]) -> list[RiskShare]:
    """Return the largest shares, the largest first; the smallest of many as one row."""
    ranked = sorted((s for s in shares if s.risk), key=lambda s: (-s.risk, s.name))
    if len(ranked) <= MOST_BARS:
        return ranked
    rest = ranked[MOST_BARS - 1 :]
    money = None if any(s.money is None for s in rest) else sum(s.money or 0.0 for s in rest)
    others = RiskShare(f"{len(rest)} others", sum(s.risk for s in rest), money)
    return [*ranked[: MOST_BARS - 1], others]
