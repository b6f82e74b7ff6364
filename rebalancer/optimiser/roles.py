"""The roles an asset can play in a choice of trades, and what each would cost at given prices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from rebalancer.optimiser.exact.dual_newton import own_values
from rebalancer.optimiser.exact.separable import highest, lowest
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.verify import Solved

GAIN = 1e-9
"""Improvements below this are the solver's tolerance."""
LEFT, BOUGHT, SOLD, OPEN = 0, 1, -1, 2
PLAYED = (LEFT, BOUGHT, SOLD)

Roles = npt.NDArray[np.int8]  # of each asset; open: it may still be any of the other three


def with_roles(inputs: Inputs, roles: Roles) -> Inputs:
    """Return the program in which each asset plays its role; an open one keeps its bounds.

    A purchase reaches the minimum, a sale its own, which may be an exit; the rest is closed.
    """
    buys, sells, is_open = roles == BOUGHT, roles == SOLD, roles == OPEN
    least = inputs.min_trade
    return replace(
        inputs,
        u_lo=np.where(buys, np.minimum(least, inputs.u_hi), 0.0),
        u_hi=np.where(buys | is_open, inputs.u_hi, 0.0),
        v_lo=np.where(sells, np.minimum(inputs.least_sale, inputs.v_hi), 0.0),
        v_hi=np.where(sells | is_open, inputs.v_hi, 0.0),
    )


@dataclass(frozen=True, slots=True)
class RoleBounds:
    """Between which weights each asset stands in each of its roles, shape (3, n), as `PLAYED`.

    Attributes:
        low, high: the interval.
        barred: it cannot play the role.
        leg_cost: what a trade costs whatever its size.
    """

    low: Array
    high: Array
    barred: npt.NDArray[np.bool_]
    leg_cost: float

    def losses(self, found: Solved, roles: Roles) -> Array | None:
        """Return what each role would take from the optimum of a part, shape (3, n).

        With the prices of the limits kept, assets fall apart. So the least of each asset's losses
        together bound every choice of roles in the part (weak duality asks for no convexity), and
        a role whose own loss is more than there is to gain is in no better choice.

        Args:
            found: the optimum of the part; None is returned where it has no exact proof.
            roles: of the part; what is open pays no fixed cost there yet.
        """
        proof = found.proof
        if proof is None:
            return None
        p = proof.program
        here = own_values(p, proof.x, p.low, p.high)
        low, high = np.maximum(self.low, p.low), np.minimum(self.high, p.high)
        lost = own_values(p, proof.x, low, np.maximum(low, high)) - here
        lost[1:] += np.where(roles == OPEN, self.leg_cost, 0.0)
        outside = self.barred | (low > high + GAIN)
        return np.where(outside, np.inf, np.maximum(lost, 0.0))


def role_bounds(inputs: Inputs) -> RoleBounds:
    """Return the bounds of a program's assets in each role."""
    parts = [with_roles(inputs, np.full(inputs.n, role, dtype=np.int8)) for role in PLAYED]
    low = np.array([lowest(part) for part in parts])
    high = np.array([np.maximum(highest(part), lowest(part)) for part in parts])
    least = max(inputs.min_trade, GAIN), np.maximum(inputs.least_sale, GAIN)
    barred = np.array(
        [np.zeros(inputs.n, dtype=bool), inputs.u_hi < least[0], inputs.v_hi < least[1]]
    )
    return RoleBounds(low, high, barred, inputs.leg_cost)
