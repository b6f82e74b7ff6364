"""The limits of a portfolio as rows: what is bounded, by how much, and where the bound is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rebalancer.usecases.proposals.analysis import Analysis


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit.

    Attributes:
        name: as everywhere, `sector.meme.max`.
        bound: a fraction of the value.
        origin: in words, the user or a default.
    """

    name: str
    bound: float
    origin: str


def limit_table(analysis: Analysis) -> Iterator[LimitRow]:
    """Yield every limit that limits something; turnover, which is always limited, is the last."""
    for name, bound in _bounds(analysis):
        yield LimitRow(name, bound, _origin(analysis, name))
    policy = analysis.policy
    origin = (
        "stated" if policy.turnover is not None else f"default of {policy.profile_in_force.value}"
    )
    yield LimitRow("turnover", float(policy.turnover_in_force), origin)


def _bounds(analysis: Analysis) -> Iterator[tuple[str, float]]:
    limits = analysis.limits
    for j, name in enumerate(limits.sector_names):
        if limits.S_hi[j] < 1:
            yield f"sector.{name}.max", float(limits.S_hi[j])
        if limits.S_lo[j] > 0:
            yield f"sector.{name}.min", float(limits.S_lo[j])
    for i, asset_id in enumerate(analysis.valuation.asset_ids):
        if limits.w_max[i] < 1:
            yield f"asset.{asset_id}.max", float(limits.w_max[i])
    if limits.b_min > 0:
        yield "buffer", limits.b_min


def _origin(analysis: Analysis, name: str) -> str:
    if name in analysis.limits.stated:
        return "stated"
    return "default, raised to your targets" if name in analysis.limits.raised else "default"
