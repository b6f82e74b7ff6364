"""Which limits some weights break: one place for plans, triggers and zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from portfolios.model.market import Array
from portfolios.model.policy import BREACH
from rebalancer.estimates.limits import Limits

BUFFER = "buffer"


@dataclass(frozen=True, slots=True)
class Violation:
    """One limit that some weights break.

    Attributes:
        name: `sector.X.max`, `sector.X.min`, `asset.ID.max`, `buffer`.
        bound, value: where it lies and where the weights are.
        members: how much of each asset counts in it, shape (n,).
        is_cap: it limits from above.
        is_kept: trades keep it; otherwise it only warns.
    """

    name: str
    bound: float
    value: float
    members: Array
    is_cap: bool
    is_kept: bool = True

    @property
    def excess(self) -> float:
        """How far it is broken, positive."""
        return self.value - self.bound if self.is_cap else self.bound - self.value


def broken(
    limits: Limits, asset_ids: Sequence[str], w: Array, cash: float
) -> tuple[Violation, ...]:
    """Return every limit that weights, shape (n,), break: sectors, assets, then the buffer."""
    kept = {row.name: row.excess > BREACH for row in _rows(limits.kept_from(w), asset_ids, w, cash)}
    rows = _rows(limits, asset_ids, w, cash)
    return tuple(replace(row, is_kept=kept[row.name]) for row in rows if row.excess > BREACH)


def _rows(limits: Limits, asset_ids: Sequence[str], w: Array, cash: float) -> Iterator[Violation]:
    exposure = limits.M.T @ w
    for j, name in enumerate(limits.sector_names):
        members, value = limits.M[:, j], float(exposure[j])
        yield Violation(f"sector.{name}.max", float(limits.S_hi[j]), value, members, True)
        yield Violation(f"sector.{name}.min", float(limits.S_lo[j]), value, members, False)
    unit = np.eye(len(w))
    for i, asset_id in enumerate(asset_ids):
        yield Violation(f"asset.{asset_id}.max", float(limits.w_max[i]), float(w[i]), unit[i], True)
    reserve = cash + float(limits.m_stable @ w)
    yield Violation(BUFFER, limits.b_min, reserve, limits.m_stable, False)
