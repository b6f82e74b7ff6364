"""What a zone rule may look at: one portfolio at one set of weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from portfolios.model.assets import AssetKind
from portfolios.model.market import Array, Market
from portfolios.model.policy import Policy
from portfolios.model.valuation import Position, Valuation
from rebalancer.estimates.limits import Limits
from rebalancer.estimates.risk.model import RiskModel
from rebalancer.estimates.trade_bounds import TradeBounds
from rebalancer.zones.asset_history import AssetHistory, history_of
from rebalancer.zones.price_history import Fall, Usual, usual_volatility, weighted_returns

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Held:
    """One position with weight, or one that should have a weight but has no usable price.

    Attributes:
        i: its place in every array.
        position: the asset, quantity, price.
        weight: fraction of value, at the last known price where there is no usable one.
        stake: the same where the total is known, else 1: then nothing is too small to matter.
        is_listed: has a public market, so that prices and grades should be known.
    """

    i: int
    position: Position
    weight: float
    stake: float
    is_listed: bool

    @property
    def asset_id(self) -> str:
        """The identity of the asset."""
        return self.position.asset.asset_id

    @property
    def is_stable(self) -> bool:
        """Tell whether it is a stablecoin."""
        return self.position.asset.kind is AssetKind.STABLE

    @property
    def unpriced(self) -> str:
        """Why there is no usable price; empty when there is one."""
        return self.position.grey

    @property
    def counts_for_nothing(self) -> bool:
        """Tell whether no price of it was ever known."""
        return bool(self.position.grey) and not self.position.value


@dataclass(frozen=True)  # no slots: what follows from it is worked out once and kept
class Situation:
    """One portfolio at one moment, before or after a proposal.

    Attributes:
        valuation: positions and money; `w` are its weights, but see below.
        w: weights judged, shape (n,): today's, or the proposed ones (fractions of value before).
        cash: cash weight that goes with them.
        r: reference inside the limits, shape (n,).
        limits, bounds: the policy as arrays; the locks in force.
        risk: covariance of the same assets in the same order.
        market: bars, grades, ages.
        policy: what the user stated.
    """

    valuation: Valuation
    w: Array
    cash: float
    r: Array
    limits: Limits
    bounds: TradeBounds
    risk: RiskModel
    market: Market
    policy: Policy

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """Everything with a weight, and what is held without a usable price."""
        return tuple(self._held())

    @cached_property
    def listed(self) -> Flags:
        """Which assets have a public market, shape (n,)."""
        return np.array([not p.is_stated for p in self.valuation.positions], dtype=np.bool_)

    @cached_property
    def risky(self) -> Flags:
        """Which assets are no stablecoins, shape (n,)."""
        kinds = [p.asset.kind is not AssetKind.STABLE for p in self.valuation.positions]
        return np.array(kinds, dtype=np.bool_)

    @cached_property
    def history(self) -> AssetHistory:
        """What the prices of the assets did lately."""
        return history_of(self.valuation, self.market)

    @property
    def levels(self) -> Array:
        """Closes and, last, the present price, shape (T, n)."""
        return self.history.levels

    @property
    def drop(self) -> Fall:
        """What was lost within three days, by asset."""
        return self.history.drop

    @cached_property
    def covariance(self) -> Array:
        """Covariance per 30 days, shape (n, n)."""
        return self.risk.covariance

    @cached_property
    def usual(self) -> Usual:
        """What volatility the reference's price history usually had."""
        return usual_volatility(weighted_returns(self.levels, self.r, self.listed))

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Ids of what is held and counts for nothing, since it was never priced."""
        return tuple(h.asset_id for h in self.held if h.counts_for_nothing)

    @property
    def missing_risky(self) -> tuple[str, ...]:
        """Ids of `missing` that are no stablecoins."""
        return tuple(h.asset_id for h in self.held if h.counts_for_nothing and not h.is_stable)

    def missing_in(self, j: int) -> tuple[str, ...]:
        """Ids of `missing` in a sector."""
        found = (h for h in self.held if h.counts_for_nothing)
        return tuple(h.asset_id for h in found if self.limits.M[h.i, j] > 0)

    @cached_property
    def in_doubt(self) -> tuple[str, ...]:
        """Names of what makes the total unknown; empty where it is known."""
        doubted = self.valuation.in_doubt
        return tuple(h.position.name for h in self.held if h.asset_id in doubted)

    def _held(self) -> Iterator[Held]:
        is_known = self.valuation.total.is_known
        for i, position in enumerate(self.valuation.positions):
            weight = float(self.w[i])
            if weight > 0 or (position.grey and position.quantity > 0):
                stake = weight if is_known else 1.0
                yield Held(i, position, weight, stake, not position.is_stated)
