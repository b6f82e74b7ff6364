"""The user's policy as arrays: caps on assets, caps and floors of sectors, the buffer.

Weights are fractions of the value; assets are those of a valuation, in its order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from portfolios.model.assets import Asset, AssetKind
from portfolios.model.market import Array, Market
from portfolios.model.policy import BREACH, Policy, Range
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation
from rebalancer.estimates.bands import band_of, margin_of, usual_band
from rebalancer.estimates.liquidity import tradable_a_day
from rebalancer.estimates.pegs import is_healthy_stable
from rebalancer.estimates.per_market import columns, per_market, places
from rebalancer.estimates.risk.proxies import YOUNG_DAYS

NO_CAP = 1.0
OWN_CAPS: Mapping[str, float] = MappingProxyType({"bitcoin": 0.60, "ethereum": 0.40})
TOP_RANK, TOP_CAP, OTHER_CAP, MEME_CAP, YOUNG_CAP = 20, 0.15, 0.075, 0.05, 0.03
SECTOR_CAPS: Mapping[str, float] = MappingProxyType(
    {"layer1": 0.80, "meme": 0.10, "stablecoin": NO_CAP, "wrapped_staked": NO_CAP}
)
OTHER_SECTOR_CAP = 0.35
EXIT_DAYS = 3.0
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
        raised: names of default limits raised so that a target and its band have room.
        enforced: default limits are kept by trades; otherwise they warn, and bound purchases.
        spared: weights down to which no default limit of a sector sells, shape (n,): the targets,
            and what is locked above them; None for none.
    """

    asset_ids: tuple[str, ...]

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
    enforced: bool = True
    spared: Array | None = None

    def holds(self, name: str) -> bool:
        """Tell whether trades keep a limit, and do not only show that it is broken."""
        return self.enforced or name in self.stated

    def kept_from(self, w0: Array) -> Limits:
        """Return the limits that trades keep when weights of shape (n,) are held.

        A default that only warns lets what is held stay, and nothing be added. One that is kept
        sells nothing below its target: beside a lock it may have to stay broken.
        """
        if self.enforced:
            return self if self.spared is None else self._sparing(np.minimum(w0, self.spared))
        caps = [not self.holds(f"asset.{a}.max") for a in self.asset_ids]
        sectors = [not self.holds(f"sector.{s}.max") for s in self.sector_names]
        w_max = np.where(caps, np.maximum(self.w_max, w0), self.w_max)
        S_hi = np.where(sectors, np.maximum(self.S_hi, self.M.T @ w0), self.S_hi)
        return replace(self, w_max=w_max, S_hi=S_hi)

    def _sparing(self, least: Array) -> Limits:
        """Return the limits with room for some weights, shape (n,), in default ones of sectors."""
        is_default = np.array([f"sector.{s}.max" not in self.stated for s in self.sector_names])
        S_hi = np.where(is_default, np.maximum(self.S_hi, self.M.T @ least), self.S_hi)
        return replace(self, S_hi=S_hi, spared=least)

    def kept_at(self, w0: Array, cash: float, *, share_left: float = 1.0) -> Limits:
        """Return the limits of a program: their inner edges, or what is held beyond an edge.

        What stands between an edge and its limit, or less than a breach beyond, may stay and not
        grow; what breaks a limit is mended to the edge.

        Args:
            w0: weights held, shape (n,).
            cash: weight of the cash held.
            share_left: what costs leave of the value; weights are judged as shares of that.
        """
        kept = self.kept_from(w0)
        edge, exposure = self.inner(kept), self.M.T @ w0
        reserve = np.array([cash + float(self.m_stable @ w0)])
        floor = _room(np.array([-edge.b_min]), np.array([-kept.b_min]), -reserve, share_left)
        return replace(
            edge,
            w_max=_room(edge.w_max, kept.w_max, w0, share_left),
            S_hi=_room(edge.S_hi, kept.S_hi, exposure, share_left),
            S_lo=-_room(-edge.S_lo, -kept.S_lo, -exposure, share_left),
            b_min=float(-floor[0]),
        )

    def inner(self, kept: Limits) -> Limits:
        """Return kept limits at their inner edges, where a trade ends that mends them.

        A limit that only warns has no inner edge.

        Args:
            kept: of these limits, what trades keep.
        """
        w_max = self._edge(kept.w_max, [f"asset.{a}.max" for a in self.asset_ids], -1.0)
        S_hi = self._edge(kept.S_hi, [f"sector.{s}.max" for s in self.sector_names], -1.0)
        S_lo = self._edge(kept.S_lo, [f"sector.{s}.min" for s in self.sector_names], 1.0)
        b_min = self._edge(np.array([kept.b_min]), ["buffer"], 1.0)
        middle = 0.5 * (kept.S_lo + kept.S_hi)  # a narrow range keeps its two edges in order
        S_hi = np.maximum(S_hi, np.minimum(kept.S_hi, middle))
        S_lo = np.minimum(S_lo, np.maximum(kept.S_lo, middle))
        edges = replace(kept, w_max=w_max, S_hi=S_hi, S_lo=S_lo, b_min=float(b_min[0]))
        return edges if kept.spared is None else edges._sparing(kept.spared)

    def _edge(self, bound: Array, names: Sequence[str], side: float) -> Array:
        is_moved = np.array([self.holds(name) for name in names], dtype=bool)
        moves = is_moved & (bound > 0) & (bound < NO_CAP)
        edge: Array = np.where(moves, bound + side * margin_of(bound), bound)
        return edge

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
        asset_ids=ids,
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
        enforced=portfolio.enforces_limits,
        spared=np.maximum(target, _locked(valuation)) if targets else None,
    )


def _locked(valuation: Valuation) -> Array:
    """Return the weights that may not be sold, shape (n,)."""
    free = [
        0.0 if p.grey or p.quantity <= 0 else float(p.free / p.quantity)
        for p in valuation.positions
    ]
    return np.asarray((1.0 - np.array(free)) * valuation.weights())


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
    room = target + np.maximum(band_of(target, policy), usual_band(target))
    days = _known_age(market)[places(market, valuation.asset_ids)]
    for i, position in enumerate(valuation.positions):
        asset_id = position.asset.asset_id
        stated = policy.assets.get(asset_id)
        if stated is not None and stated.max is not None:
            caps[i] = float(stated.max)
            continue
        default = min(default_asset_cap(position.asset, int(days[i])), float(liquid[i]))
        # A default never stands in the way of a target: the band around it decides when to act.
        caps[i] = min(NO_CAP, max(default, float(room[i]))) if target[i] > 0 else default
        if caps[i] > default:
            raised.append(f"asset.{asset_id}.max")
    return caps, raised


@per_market
def _known_age(market: Market) -> Array:
    """Return for how many days each column is known to exist, at least.

    Without any bar, or with bars from the first day of the window on, the start is not known: a
    short or missing history must not force a sale.
    """
    seen = np.isfinite(market.bars.columns(columns(market)).close)
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
    for j, floor in enumerate(low + margin_of(low)):
        reach = lifted - margin_of(lifted)  # aims go no further than the inner edges of the caps
        inside = members[:, j] * reach
        ours = own & (members[:, j] > 0)
        short = floor - float(inside.sum())
        room = float(inside[ours].sum())
        if short > 0 and room > 0:
            needed = (room + short) / room * reach
            lifted = np.where(ours, np.minimum(NO_CAP, needed + usual_band(needed)), lifted)
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
    """Return the weights that could be sold in three days; 1 where no volume is known."""
    value, daily = float(valuation.value), tradable_a_day(market, valuation.asset_ids)
    if value <= 0:
        return np.ones(len(daily))
    return np.asarray(np.where(np.isnan(daily), 1.0, EXIT_DAYS * daily / value))


def _sector_bounds(
    policy: Policy, names: Sequence[str], target: Array
) -> tuple[Array, Array, list[str]]:
    high, raised = np.ones(len(names)), []
    low = np.array([float(policy.sectors.get(name, Range()).min or 0) for name in names])
    room, above = (np.where(w > 0, w + usual_band(w), 0.0) for w in (target, low))
    for j, name in enumerate(names):
        stated = policy.sectors.get(name, Range())
        if stated.max is not None:
            high[j] = float(stated.max)
            continue
        default = SECTOR_CAPS.get(name, OTHER_SECTOR_CAP)
        # A default gives way to what the user wrote: targets and floors.
        high[j] = min(NO_CAP, max(default, float(room[j]), above[j]))
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


def _room(edge: Array, limit: Array, held: Array, share_left: float) -> Array:
    """Return caps at their edges, or where what is held stands between edge and breach."""
    is_between = (held > edge) & (held / share_left <= limit + BREACH)
    room: Array = np.where(is_between, held, edge)
    return room
