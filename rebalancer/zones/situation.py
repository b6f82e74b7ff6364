"""What a zone rule may look at: one portfolio at one set of weights."""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.market import Array, Market
from portfolios.policy import Policy
from portfolios.valuation import Valuation
from rebalancer.estimates.limits import Boxes, Limits
from rebalancer.estimates.risk import RiskModel


@dataclass(frozen=True, slots=True)
class Situation:
    """One portfolio at one moment, before or after a proposal.

    Attributes:
        valuation: positions and money; `w` are its weights, but see below.
        w: weights judged, shape (n,): today's, or the proposed ones (fractions of value before).
        cash: cash weight that goes with them.
        r: reference inside the limits, shape (n,).
        limits, boxes: the policy as arrays; the locks in force.
        risk: covariance of the same assets in the same order.
        market: bars, grades, ages.
        policy: what the user stated.
    """

    valuation: Valuation
    w: Array
    cash: float
    r: Array
    limits: Limits
    boxes: Boxes
    risk: RiskModel
    market: Market
    policy: Policy
