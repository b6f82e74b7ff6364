"""The user's policy as arrays: caps, floors, boxes, costs.

Attributes follow `rebalancer.optimiser.inputs`; assets are those of a valuation, in its order.
"""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.market import Array


@dataclass(frozen=True, slots=True)
class Limits:
    """What the portfolio may look like: n assets, s sectors, weights as fractions of value.

    Attributes:
        w_max: asset caps, shape (n,).
        sector_names: shape (s,), sorted.
        M: membership, shape (n, s), rows sum to 1.
        S_lo, S_hi: sector floors (0 where none) and caps (1 where none), shape (s,).
        m_stable: 1 for healthy stablecoins, shape (n,).
        b_min: buffer of cash and healthy stables.
        issuers: issuer of each stablecoin, shape (n,), empty for other assets.
        c_hard: least cash.
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


@dataclass(frozen=True, slots=True)
class Boxes:
    """What may be traded: bounds of buys and sells, shape (n,) each, and why.

    Attributes:
        u_hi, v_hi: most that may be bought and sold, as weights.
        w_lock: weight that may not be sold.
        frozen: neither bought nor sold, shape (n,), booleans.
        why: per asset, the ban in words (`staked until 2027-03-01`); empty when free.
    """

    u_hi: Array
    v_hi: Array
    w_lock: Array
    frozen: Array
    why: tuple[str, ...]
