"""The weights of a plan as every face shows them, each column adding up to 100.0%.

Now is before a cash flow; after is of what is then held, costs paid. Where targets were written
they stand first, and the aim beside them where it differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolios.model.assets import CASH
from portfolios.model.plan import AIMED, Plan, PlanPosition
from portfolios.model.portfolio import in_words
from portfolios.values import display
from portfolios.values.parts import VISIBLE, in_tenths

NOW, AFTER, TARGET, AIM = "now>", "after>", "target>", "aim>"
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class WeightTable:
    """Weights of a plan by asset id and `cash`.

    Attributes:
        columns: their headings: now, after, then target and aim as far as there are any.
        of: the shares of each, rounded so that every column adds up.
        unpriced: ids of what has no price, whose weight is unknown.
        is_known: the total is, of which the first two columns are shares.
    """

    columns: tuple[str, ...]
    of: Mapping[str, tuple[Decimal, ...]]
    unpriced: frozenset[str]
    is_known: bool

    def cells(self, *asset_ids: str) -> list[str]:
        """Return the row of an asset, of `cash`, or of several together."""
        if len(asset_ids) == 1 and asset_ids[0] in self.unpriced:
            return ["unknown", "", *self._texts(asset_ids)[2:]]
        return self._texts(asset_ids)

    def _texts(self, asset_ids: Sequence[str]) -> list[str]:
        rows = (self.of[asset_id] for asset_id in asset_ids)
        sums = [sum(column, Decimal(0)) for column in zip(*rows, strict=True)]
        return [
            display.share(share, is_known=self.is_known or i > 1) for i, share in enumerate(sums)
        ]

    def shows(self, asset_id: str) -> bool:
        """Tell whether anything of an asset is shown: a share over zero, or that it is unknown."""
        return asset_id in self.unpriced or any(self.of[asset_id])


def weight_table(plan: Plan) -> WeightTable:
    """Return the weights of a plan as they are shown."""
    positions = plan.positions
    now, after = _shares(plan)
    wished = wished_columns([(p.target_weight, p.reference_weight) for p in positions])
    columns = {NOW: now, AFTER: after, **wished}
    ids = [*(p.asset_id for p in positions), CASH]
    return WeightTable(
        columns=tuple(columns),
        of=dict(zip(ids, zip(*columns.values(), strict=True), strict=True)),
        unpriced=frozenset(p.asset_id for p in positions if p.price is None),
        is_known=plan.is_value_known,
    )


def wished_columns(
    wishes: Sequence[tuple[float | None, float]],
) -> dict[str, tuple[Decimal, ...]]:
    """Return the columns of what is wanted, cash last: targets, and the aims where they differ.

    Args:
        wishes: target and aim of each asset; no target where the person wrote none.
    """
    aims = [aim for _, aim in wishes]
    targets = [target for target, _ in wishes if target is not None]
    if len(targets) < len(wishes) or not wishes:
        return {AIM: _with_cash(aims)}
    differ = any(abs(aim - target) > VISIBLE for aim, target in zip(aims, targets, strict=True))
    columns = {TARGET: _with_cash(targets)}
    return {**columns, AIM: _with_cash(aims)} if differ else columns


def _with_cash(shares: Sequence[float]) -> tuple[Decimal, ...]:
    return in_tenths([*shares, 1.0 - sum(shares)], ONE, last=True)


def _shares(plan: Plan) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Return the shares before and after, by position, cash last."""
    now = [plan.share_now(p.weight) for p in plan.positions]
    after = [plan.share_after(p.proposed_weight) for p in plan.positions]
    return (
        in_tenths([*now, plan.cash_share_now], last=True),
        in_tenths([*after, plan.share_after(plan.proposed_cash_weight)], last=True),
    )


@dataclass(frozen=True, slots=True)
class SectorRow:
    """A sector, or the cash, with its shares as they are shown; its limits None where it has none.

    Attributes:
        after: the share of what is held after the trades, unrounded.
    """

    name: str
    cells: tuple[str, str]
    after: float
    min: float | None = None
    max: float | None = None


def sector_rows(plan: Plan) -> list[SectorRow]:
    """Return the sectors of which anything is shown, the largest first, and the cash last.

    Their shares add up to 100.0% with the cash, which is the same as among the weights.
    """
    shares = [column[-1] for column in _shares(plan)]
    lines = sorted(plan.sectors, key=lambda line: (-line.weight, line.sector))
    now = in_tenths([plan.share_now(line.weight) for line in lines], ONE - shares[0])
    exact = [plan.share_after(line.proposed_weight) for line in lines]
    after = in_tenths(exact, ONE - shares[1])
    rows = [
        SectorRow(line.sector, _cells(plan, *pair), share, line.min, line.max)
        for line, pair, share in zip(lines, zip(now, after, strict=True), exact, strict=True)
        if any(pair) or line.min
    ]
    cash = plan.share_after(plan.proposed_cash_weight)
    return [*rows, SectorRow(CASH, _cells(plan, *shares), cash)] if rows else []


def _cells(plan: Plan, now: Decimal, after: Decimal) -> tuple[str, str]:
    return (
        display.share(now, is_known=plan.is_value_known),
        display.share(after, is_known=plan.is_value_known),
    )


def standing(position: PlanPosition) -> str:
    """Say what keeps a position from being traded freely: a price in doubt, locks."""
    return "; ".join(filter(None, (position.doubt, in_words(position.lock or ""))))


def aims_moved(plan: Plan) -> list[str]:
    """Say why aims differ from targets; what a lock of the asset itself moves, with the lock."""
    kept = [
        f"{p.symbol}: {standing(p)}"
        for p in plan.positions
        if p.target_weight is not None and abs(p.reference_weight - p.target_weight) > VISIBLE
        if standing(p)
    ]
    return [*(warning for warning in plan.warnings if warning.startswith(AIMED)), *kept]


def listed(table: WeightTable, positions: Iterable[PlanPosition], most: int) -> list[list[str]]:
    """Return a row for each position of which anything is shown, the smallest of many together."""
    shown = [p for p in positions if table.shows(p.asset_id)]
    kept = shown if len(shown) <= most + 1 else shown[:most]
    rows = [[p.symbol, *table.cells(p.asset_id)] for p in kept]
    if rest := [p.asset_id for p in shown[len(kept) :]]:
        rows.append([f"{len(rest)} more", *table.cells(*rest)])
    return rows
