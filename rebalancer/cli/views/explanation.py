"""An explained plan as people read it."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.text import Text

from alerts.texts.plan_weights import weight_table
from alerts.texts.reason_shares import shown_reasons
from portfolios.model.plan import LimitLine, Plan, Trade
from portfolios.values import display
from rebalancer.cli.console import table
from rebalancer.cli.views.plan import zones_view
from rebalancer.usecases.explanations.explanation import AssetStory, Explanation
from rebalancer.usecases.explanations.plan_diff import in_money

ENDINGS = "WHAT WOULD END IT   one thing at a time, all else as the plan found it"


def show_explanation(console: Console, explained: Explanation) -> None:
    """Print what drives a plan, or what it says of one asset."""
    plan = explained.plan
    mark = "SAMPLE DATA   " if plan.is_sample else ""
    head = f"{mark}{plan.portfolio}: {plan.decision.value}: {plan.reason}"
    parts: list[RenderableType] = [
        Text(head, style="bold"),
        Text(f"plan {plan.plan_id}   {plan.as_of_text}   mode {plan.mode}"),
    ]
    if explained.is_whole:
        parts += _whole(explained)
    else:
        parts += [part for story in explained.stories for part in (Text(""), *_story(plan, story))]
    console.print(Group(*parts))


def _whole(explained: Explanation) -> list[RenderableType]:
    plan = explained.plan
    parts: list[RenderableType] = []
    for trade in plan.trades:
        parts += [Text(""), *_trade(plan, trade)]
    if explained.stories:
        parts += [Text(""), _untraded(plan, explained.stories)]
    if plan.limits:
        parts += [Text(""), _limits(plan.limits)]
    notes = (Text(f"NOTE    {warning}") for warning in plan.warnings)
    return [*parts, Text(""), zones_view(plan.zones), *notes]


def _untraded(plan: Plan, stories: tuple[AssetStory, ...]) -> RenderableType:
    weights = weight_table(plan)
    grid = table("  asset", *weights.columns, "why not", title="NOT TRADED")
    for story in stories:
        figures = weights.cells(story.position.asset_id)
        grid.add_row(f"  {story.position.symbol}", *figures, story.why)
    return grid


def _trade(plan: Plan, trade: Trade) -> list[RenderableType]:
    amount = display.money(in_money(trade), plan.currency, signed=True)
    cost = display.money(trade.cost, plan.currency)
    quantity = display.quantity(trade.quantity)
    number = plan.trades.index(trade) + 1
    head = f"{number}. {trade.side.value} {quantity} {trade.symbol}, {amount}, cost {cost}"
    return [Text(head, style="bold"), *_reasons(trade)]


def _reasons(trade: Trade) -> list[Text]:
    return [Text(f"  {share:>4}  {text}") for text, share in shown_reasons(trade.reasons)]


def _limits(lines: tuple[LimitLine, ...]) -> RenderableType:
    grid = table("  limit", "bound>", "after>", "one point more>", "what", title="LIMITS")
    for line in lines:
        price = line.shadow_price_bps
        grid.add_row(
            f"  {line.name}",
            display.limit(line.bound),
            display.percent(line.value),
            "unconfirmed" if price is None else f"{price:.1f} bps",
            line.text,
        )
    return grid


def _story(plan: Plan, story: AssetStory) -> list[RenderableType]:
    position = story.position
    known = weight_table(plan)
    figures = zip(known.cells(position.asset_id), known.columns, strict=True)
    shares = ", ".join(f"{share} {name.rstrip('>')}" for share, name in figures if share)
    weights = f"{position.symbol} ({position.asset_id}): {shares}"
    if story.trade is None:
        return [Text(f"{position.symbol} is not traded: {story.why}", style="bold"), Text(weights)]
    said = [f"  {tipping.text}" for tipping in story.tippings]
    if story.left_out:
        said = [f"  {story.left_out}"]
    return [*_trade(plan, story.trade), Text(weights), Text(""), Text(ENDINGS),
            *(Text(line) for line in said)]  # fmt: skip
