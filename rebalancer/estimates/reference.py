"""Where the user wants each weight: targets or recorded weights, brought inside the limits."""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.market import Array


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference at its three stages, shape (n,) each, fractions of value.

    Attributes:
        wished: r0, before signals and limits.
        signalled: r1, after signals lowered weak assets.
        r: inside the limits; what drift and bands are measured against.
        has_targets: the user stated targets.
        is_recorded: r0 is the weights recorded when the portfolio was added.
        cannot_fix: names of limits that locks keep broken, with the excess.
    """

    wished: Array
    signalled: Array
    r: Array
    has_targets: bool
    is_recorded: bool
    cannot_fix: tuple[tuple[str, float], ...] = ()

    @property
    def cash(self) -> float:
        """Share that the reference leaves in cash."""
        return float(1.0 - self.r.sum())
