"""The user's policy as arrays: caps on assets, caps and floors of sectors, the buffer.

Weights are fractions of the value; assets are those of a valuation, in its order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Market
from portfolios.model.policy import Policy, Range
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation
from rebalancer.estimates.pegs import is_healthy_stable
from rebalancer.estimates.proxies import YOUNG_DAYS

NO_CAP = 1.0
OWN_CAPS: Mapping[str, float] = MappingProxyType({"bitcoin": 0.60, "ethereum": 0.40})
TOP_RANK, TOP_CAP, OTHER_CAP, MEME_CAP, YOUNG_CAP = 20, 0.15, 0.075, 0.05, 0.03
SECTOR_CAPS: Mapping[str, float] = MappingProxyType(
    {"layer1": 0.80, "meme": 0.10, "stablecoin": NO_CAP, "wrapped_staked": NO_CAP}
)
OTHER_SECTOR_CAP = 0.35
EXIT_DAYS, PARTICIPATION, VOLUME_DAYS = 3.0, 0.10, 30
ISSUER_SHARE = 0.6
"""At most this share of a stated buffer may stand with one issuer's stablecoins."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the portfolio may look like: n assets, s sectors, weights as fractions of value.

    Attributes:
        w_max: asset caps, shape (n,).
        sector_names: shape (s,), sorted.
        M: membership, shape (n, s), rows sum to 1.
        S_lo, S_hi: sector floors (0 where none) and caps (1 where none), shape (s,).
        m_stable: 1 for healthy stablecoins, shape (n,).
        b_min: buffer of cash and healthy stablecoins, as a fraction of the value.
        issuers: issuer of each stablecoin, shape (n,), empty for other assets.
        c_hard: least cash, as a fraction of the value.
        stated: names of the limits that the user stated (`sector.meme.max`).
        raised: names of default limits raised to an explicit target.
    """

    w_max: Array
    sector_names: tuple[str, ...]
    M: Array
    S_lo: Array
    S_hi: Array
    m_stable: Array
    b_min: float
    issuers: tuple[str, ...]
    c_hard: float
    stated: frozenset[str] = frozenset()
    raised: frozenset[str] = frozenset()

    def without_each_issuer(self) -> Iterator[tuple[str, Array, float]]:
        """Yield what of a stated buffer must not depend on one issuer.

        For each issuer of healthy stablecoins: its name, which assets count without it, shape
        (n,), and the least that they and cash together must make up.
        """
        if self.b_min <= 0:
            return
        issuers = np.array(self.issuers)
        healthy = {i for i, m in zip(self.issuers, self.m_stable, strict=True) if m and i}
        for issuer in sorted(healthy):
            others = self.m_stable * (issuers != issuer)
            yield issuer, others, (1.0 - ISSUER_SHARE) * self.b_min


def limits_of(valuation: Valuation, portfolio: Portfolio, market: Market) -> Limits:
    """Return the policy of a portfolio as arrays, in the order of a valuation."""
    policy, ids = portfolio.policy, valuation.asset_ids
    targets = {a: float(f) for a, f in (portfolio.targets or {}).items()}
    names = _sector_names(valuation, policy)
    members = _membership(valuation, names)
    target = np.array([targets.get(asset_id, 0.0) for asset_id in ids])
    caps, raised_assets = _asset_caps(valuation, policy, market, target)
    low, high, raised_sectors = _sector_bounds(policy, names, members.T @ target)
    caps, lifted = _lifted_to_floors(caps, valuation, policy, members, low)
    raised_assets += lifted
    stable = np.array(
        [not p.grey and is_healthy_stable(market, p.asset) for p in valuation.positions],
        dtype=float,
    )
    return Limits(
        w_max=caps,
        sector_names=names,
        M=members,
        S_lo=low,
        S_hi=high,
        m_stable=stable,
        b_min=float(policy.cash_buffer or 0),
        issuers=tuple(_issuer(position.asset) for position in valuation.positions),
        c_hard=0.0,
        stated=frozenset(_stated(policy)),
        raised=frozenset(raised_assets) | frozenset(raised_sectors),
    )


def _sector_names(valuation: Valuation, policy: Policy) -> tuple[str, ...]:
    held = {name for p in valuation.positions for name in p.asset.sectors}
    return tuple(sorted(held | set(policy.sectors)))


def _membership(valuation: Valuation, names: Sequence[str]) -> Array:
    rows = [[p.asset.sectors.get(name, 0.0) for name in names] for p in valuation.positions]
    return np.array(rows, dtype=float).reshape(len(rows), len(names))


def _asset_caps(
    valuation: Valuation, policy: Policy, market: Market, target: Array
) -> tuple[Array, list[str]]:
    liquid = _liquidity_caps(valuation, market)
    caps, raised = np.ones(len(target)), []
    days = _known_age(market.bars.columns(valuation.asset_ids).close)
    for i, position in enumerate(valuation.positions):
        asset_id = position.asset.asset_id
        stated = policy.assets.get(asset_id)
        if stated is not None and stated.max is not None:
            caps[i] = float(stated.max)
            continue
        default = min(default_asset_cap(position.asset, int(days[i])), float(liquid[i]))
        caps[i] = max(default, float(target[i]))
        if target[i] > default:
            raised.append(f"asset.{asset_id}.max")
    return caps, raised


def _known_age(close: Array) -> Array:
    """Return for how many days each asset is known to exist, at least; young needs a known start.

    Without any bar, or with bars from the first day of the window on, the start is not known: a
    short or missing history must not force a sale.
    """
    seen = np.isfinite(close)
    count = seen.sum(axis=0)
    started_inside = seen.any(axis=0) & ~seen[:1].any(axis=0)
    age: Array = np.where(started_inside, count, np.maximum(count, YOUNG_DAYS))
    return age


def _lifted_to_floors(
    caps: Array, valuation: Valuation, policy: Policy, members: Array, low: Array
) -> tuple[Array, list[str]]:
    """Lift default caps where a stated floor needs more than they allow: the user comes first."""
    ids = valuation.asset_ids
    own = np.array([policy.assets.get(a, Range()).max is None for a in ids], dtype=bool)
    lifted = caps.copy()
    for j, floor in enumerate(low):
        inside = members[:, j] * lifted
        ours = own & (members[:, j] > 0)
        short = floor - float(inside.sum())
        room = float(inside[ours].sum())
        if short > 0 and room > 0:
            factor = (room + short) / room
            lifted = np.where(ours, np.minimum(1.0, factor * lifted), lifted)
    raised = [f"asset.{a}.max" for a, old, new in zip(ids, caps, lifted, strict=True) if new > old]
    return lifted, raised


def default_asset_cap(asset: Asset, history_days: int) -> float:
    """Return the profile's cap on one asset, a fraction of value.

    Stablecoins and wrapped assets stand for something else and have none; a security token has a
    stated price and no rank, so a cap by rank would say nothing about it.
    """
    if asset.kind in (AssetKind.STABLE, AssetKind.WRAPPED, AssetKind.SECURITY_TOKEN):
        return NO_CAP
    if history_days < YOUNG_DAYS:
        return YOUNG_CAP
    if asset.asset_id in OWN_CAPS:
        return OWN_CAPS[asset.asset_id]
    if asset.sector == "meme":
        return MEME_CAP
    return TOP_CAP if asset.rank is not None and asset.rank <= TOP_RANK else OTHER_CAP


def _liquidity_caps(valuation: Valuation, market: Market) -> Array:
    """Return the weights that could be sold in three days at a tenth of the usual volume."""
    volume = market.bars.columns(valuation.asset_ids).volume[-VOLUME_DAYS:]
    value = float(valuation.value)
    caps = np.ones(volume.shape[1])
    for i, column in enumerate(volume.T):
        known = column[np.isfinite(column) & (column > 0)]  # nothing traded is nothing known
        if len(known) and value > 0:
            caps[i] = EXIT_DAYS * PARTICIPATION * float(np.median(known)) / value
    return caps


def _sector_bounds(
    policy: Policy, names: Sequence[str], target: Array
) -> tuple[Array, Array, list[str]]:
    low, high, raised = np.zeros(len(names)), np.ones(len(names)), []
    for j, name in enumerate(names):
        stated = policy.sectors.get(name, Range())
        low[j] = float(stated.min or 0)
        if stated.max is not None:
            high[j] = float(stated.max)
            continue
        default = SECTOR_CAPS.get(name, OTHER_SECTOR_CAP)
        # A default gives way to what the user wrote: targets and floors.
        high[j] = max(default, float(target[j]), low[j])
        if high[j] > default:
            raised.append(f"sector.{name}.max")
    return low, high, raised


def _issuer(asset: Asset) -> str:
    return (asset.issuer or asset.asset_id) if asset.kind is AssetKind.STABLE else ""


def _stated(policy: Policy) -> Iterator[str]:
    for scope, ranges in (("sector", policy.sectors), ("asset", policy.assets)):
        for name, stated in ranges.items():
            if stated.max is not None:
                yield f"{scope}.{name}.max"
            if stated.min is not None:
                yield f"{scope}.{name}.min"
    if policy.cash_buffer is not None:
        yield "buffer"
    if policy.max_volatility is not None:
        yield "volatility"
    if policy.turnover is not None:
        yield "turnover"
