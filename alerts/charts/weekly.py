"""The pictures of a weekly report."""

from __future__ import annotations

from alerts.charts.drawing import Chart
from alerts.charts.paths import paths_chart
from alerts.charts.risks import risks_chart
from alerts.charts.sectors import sectors_chart
from portfolios.model.chart_data import RiskShare, SectorWeight
from portfolios.model.plan import Plan, SectorLine
from portfolios.model.weekly_facts import WeeklyReport


def charts(report: WeeklyReport) -> tuple[Chart, ...]:
    """Return the pictures of a report, each with the finding that it shows."""
    risks = [RiskShare(name, share) for name, share in report.risks.items()]
    # The picture of sectors tells which is over its limit: nobody knows while the total is unknown.
    plan = report.plan
    sectors = plan.sectors if plan.is_value_known else ()
    is_sample = report.plan.is_sample
    drawn = (
        sectors_chart([_sector(plan, line) for line in sectors], is_sample=is_sample),
        paths_chart(report.paths, quantities="a week ago", is_sample=is_sample),
        risks_chart(risks, is_sample=is_sample),
    )
    return tuple(chart for chart in drawn if chart is not None)


def _sector(plan: Plan, line: SectorLine) -> SectorWeight:
    now, after = plan.share_now(line.weight), plan.share_after(line.proposed_weight)
    return SectorWeight(line.sector, now, line.max, after)
