"""The command that shows everything at once: demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.samples import SAMPLES, read_sample
from rebalancer.cli.commands.plans import show_plans
from rebalancer.cli.context import Context, context_of
from rebalancer.cli.options import AsJson

if TYPE_CHECKING:
    from rebalancer.usecases.proposals.analysis import Analysis


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(demo)


def demo(
    ctx: typer.Context,
    to: Annotated[
        Path | None, typer.Option("--out", help="Write weekly reports and charts there too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Do the main job on the built-in sample: three portfolios, their zones and proposals."""
    from portfolios.loaders import load
    from portfolios.providers.sample.market import sample_market
    from rebalancer.usecases.proposals.analysis import analyse
    from rebalancer.usecases.proposals.propose import propose

    market = sample_market()
    index = market.index()
    samples = [load(read_sample(n), source=f"{n}.toml", index=index).portfolio for n in SAMPLES]
    analyses = [analyse(portfolio, market) for portfolio in samples]
    proposals = [propose(analysis) for analysis in analyses]
    show_plans([p.plan for p in proposals], market, as_json=as_json)
    if to is not None:
        _write_reports(context_of(ctx), analyses, to)
    context_of(ctx).tell("next: `rebalancer init`, then `rebalancer add YOURS.toml --offline`")


def _write_reports(context: Context, analyses: list[Analysis], folder: Path) -> None:
    from portfolios.model.insights import Insights
    from rebalancer.cli.commands.report import write_report
    from rebalancer.wiring.report import make_report

    for analysis in analyses:
        made = make_report(None, analysis, insights=Insights())
        for path in write_report(made, folder, sender=None):
            context.tell(f"wrote {path}")
