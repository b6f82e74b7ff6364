"""Solves separable programs exactly: a semismooth Newton method on their dual.

For multipliers x = (z, mu) each weight minimises

    g w + q/2 (w - r)^2 + buy (w - w0)+ + sell (w0 - w)+ + price (w - cap)+

on its interval, where g, buy and sell depend on x. The dual is concave, once differentiable and
piecewise quadratic, so Newton steps with a backtracking search end at the exact set of weights at
a kink: a trade that is zero is exactly zero, the multipliers are the prices of the limits, and the
dual value bounds the objective of every other answer.

Every operation works on one program's numbers alone, so that an answer does not depend on what is
solved beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from portfolios.model.market import Array
from rebalancer.optimiser.exact.separable import Flags, Separable

MOST_STEPS, MOST_HALVINGS = 100, 40
EXACT = 1e-13
"""Residual of the limits, in weights, below which a step more would only move rounding."""
CLOSE = 1e-10
"""Residual that is accepted where no step makes it smaller."""
SUFFICIENT = 1e-4
"""Share of the linear prediction that a step must gain (Armijo)."""
ROUNDING = 1e-15
RIDGE, RIDGE_SHARE, SMALL_SHARE, EARLY = 1e-12, 10.0, 1e-3, 10
"""Curvature added to the rows, the second times what is left of the gradient.

The dual is straight along a row in which no free asset stands, so that this alone decides how
long the step is. A smaller share makes steps that a dozen halvings bring back: 39 trials a solve
at 0.001, 12 at 1, 9 at 10 (parts of branching, 8 to 50 assets); at 100 the steps become more, and
13 trials. The few programs that need more than ten steps, at prices far from all others, take short
ones with it and never end; from then on it is small.
"""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Answers of N programs.

    Attributes:
        w: weights, shape (N, n).
        x: multipliers, factors first, shape (N, k + m).
        value: of the dual, as minimised, shape (N,).
        steps: Newton steps taken; -1 where the method did not end, shape (N,).
    """

    w: Array
    x: Array
    value: Array
    steps: npt.NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class _Point:
    """What follows from multipliers: weights, which are free to move, dual value and gradient."""

    x: Array
    w: Array
    free: Flags
    value: Array
    gradient: Array

    def put(self, places: Flags, other: _Point) -> _Point:
        """Return the point with some programs' parts replaced."""
        parts = ("x", "w", "free", "value", "gradient")
        mine = {name: getattr(self, name).copy() for name in parts}
        for name in parts:
            mine[name][places] = getattr(other, name)
        return _Point(**mine)

    def take(self, places: Flags) -> _Point:
        """Return some programs' parts."""
        return _Point(
            self.x[places], self.w[places], self.free[places], self.value[places],
            self.gradient[places],
        )  # fmt: skip


def solve(programs: Separable, start: Array | None = None) -> Optimum:
    """Return the optimum of each program.

    Args:
        programs: N of one shape.
        start: multipliers to begin from, shape (N, k + m); zeros where None.
    """
    p = programs
    x = np.zeros_like(p.least) if start is None else np.clip(start, p.least, p.most)
    count = len(x)
    found = Optimum(np.empty_like(p.w0), x.copy(), np.empty(count), np.full(count, -1))
    live, point, before = np.arange(count), _evaluated(p, x), np.full(count, np.inf)
    for step in range(MOST_STEPS):
        blocked = _blocked(p, point)
        worst = np.abs(np.where(blocked, 0.0, point.gradient)).max(axis=1, initial=0.0)
        done = (worst <= EXACT) | ((worst <= CLOSE) & (worst >= 0.5 * before))
        if done.any():
            _keep(found, live[done], point.take(done), step)
            if done.all():
                break
            rest = ~done
            live, p, point = live[rest], p.take(rest), point.take(rest)
            blocked, worst = blocked[rest], worst[rest]
        ridge = RIDGE + (RIDGE_SHARE if step < EARLY else SMALL_SHARE) * worst
        direction = _newton_step(p, point, blocked, ridge)
        point, before = _searched(p, point, direction), worst
    return found


def value(programs: Separable, x: Array) -> Array:
    """Return the dual value of each program at multipliers of shape (N, k + m), shape (N,)."""
    return _evaluated(programs, np.clip(x, programs.least, programs.most)).value


def own_values(program: Separable, x: Array, low: Array, high: Array) -> Array:
    """Return what each weight adds to the dual on intervals of its own, shape (r, n).

    Args:
        program: one.
        x: its multipliers, shape (k + m,).
        low: where r intervals of each weight begin, shape (r, n).
        high: where they end.
    """
    g, buy, sell = _slopes(program, x[None, :])
    inside = replace(program, low=low, high=high)
    w, _ = _weights(inside, g, buy, sell)
    return _own(program, w, g, buy, sell)


def _keep(found: Optimum, places: npt.NDArray[np.int_], point: _Point, step: int) -> None:
    found.w[places], found.x[places] = point.w, point.x
    found.value[places], found.steps[places] = point.value, step


def _blocked(p: Separable, point: _Point) -> Flags:
    """Tell which multipliers are at a bound and would leave it."""
    at_least = (point.x <= p.least) & (point.gradient <= 0)
    return at_least | ((point.x >= p.most) & (point.gradient >= 0))


def _evaluated(p: Separable, x: Array) -> _Point:
    """Return the weights, the dual value and its gradient at multipliers of shape (N, k + m)."""
    k, z, mu = p.k, x[:, : p.k], x[:, p.k :]
    g, buy, sell = _slopes(p, x)
    w, free = _weights(p, g, buy, sell)
    bought, sold = np.maximum(w - p.w0, 0.0), np.maximum(p.w0 - w, 0.0)
    own = _own(p, w, g, buy, sell)
    value = own.sum(axis=1) - (z * p.target).sum(axis=1) - (mu * p.h).sum(axis=1)
    value -= 0.5 * (z * z).sum(axis=1) / p.lam
    gradient = np.matmul(w[:, None, :], p.columns)[:, 0, :]
    gradient[:, :k] -= p.target + z / p.lam[:, None]
    costs = (p.buy * bought + p.sell * sold).sum(axis=1, keepdims=True)
    all_bought = bought.sum(axis=1, keepdims=True)
    all_sold = sold.sum(axis=1, keepdims=True)
    gradient[:, k:] += p.e * costs + p.b * all_bought + p.s * all_sold - p.h
    return _Point(x, w, free, value, gradient)


def _slopes(p: Separable, x: Array) -> tuple[Array, Array, Array]:
    """Return the slope of each weight, and what a unit bought and sold costs, at multipliers."""
    mu = x[:, p.k :]
    g = p.linear + np.matmul(p.columns, x[:, :, None])[:, :, 0]
    dearer = 1.0 + (mu * p.e).sum(axis=1, keepdims=True)
    buy = p.buy * dearer + (mu * p.b).sum(axis=1, keepdims=True)
    return g, buy, p.sell * dearer + (mu * p.s).sum(axis=1, keepdims=True)


def _own(p: Separable, w: Array, g: Array, buy: Array, sell: Array) -> Array:
    """Return what each weight adds to the dual, shape of the weights."""
    moved, bet = w - p.w0, w - p.r
    own = g * w + 0.5 * p.q * bet * bet
    own += buy * np.maximum(moved, 0.0) + sell * np.maximum(-moved, 0.0)
    return np.asarray(own + p.cap_price * np.maximum(w - p.cap, 0.0))


def _weights(p: Separable, g: Array, buy: Array, sell: Array) -> tuple[Array, Flags]:
    """Return the minimising weights, and which of them are at no kink and no end, shape (N, n).

    The slope is increasing and piecewise linear. With its kinks in order, p1 <= p2, and the roots
    of its three pieces, falling from root 0 to root 2, the minimum is the largest of
    min(root 0, p1), min(root 1, p2) and root 2.
    """
    first, second = np.minimum(p.w0, p.cap), np.maximum(p.w0, p.cap)
    jump = np.where(p.w0 <= p.cap, buy + sell, p.cap_price)
    root = (p.q * p.r - g + sell) / p.q
    last = root - (buy + sell + p.cap_price) / p.q
    w = np.maximum(np.minimum(root, first), np.minimum(root - jump / p.q, second))
    w = np.maximum(w, last)
    free = (w != p.w0) & (w != p.cap) & (w > p.low) & (w < p.high)
    return np.clip(w, p.low, p.high), free


def _newton_step(p: Separable, point: _Point, blocked: Flags, ridge: Array) -> Array:
    """Return the Newton step of the multipliers that may move, shape (N, k + m)."""
    k, moved = p.k, point.w - p.w0
    own = np.where(point.free, 1.0 / p.q, 0.0)
    columns = p.columns.copy()
    unit = np.where(moved > 0, p.buy, np.where(moved < 0, -p.sell, 0.0))
    columns[:, :, k:] += unit[:, :, None] * p.e[:, None, :]
    columns[:, :, k:] += (moved > 0)[:, :, None] * p.b[:, None, :]
    columns[:, :, k:] -= (moved < 0)[:, :, None] * p.s[:, None, :]
    curvature = np.matmul((columns * own[:, :, None]).transpose(0, 2, 1), columns)
    size, open_ = curvature.shape[1], ~blocked
    diagonal = np.arange(size)
    curvature[:, diagonal[:k], diagonal[:k]] += 1.0 / p.lam[:, None]
    curvature[:, diagonal[k:], diagonal[k:]] += ridge[:, None]
    curvature *= open_[:, :, None] & open_[:, None, :]
    curvature[:, diagonal, diagonal] += blocked
    uphill = np.where(blocked, 0.0, point.gradient)
    return np.asarray(np.linalg.solve(curvature, uphill[:, :, None])[:, :, 0])


def _searched(p: Separable, point: _Point, direction: Array) -> _Point:
    """Return the point after the longest step, halved until the dual gains enough."""
    share = np.ones(len(direction))
    best = _evaluated(p, np.clip(point.x + direction, p.least, p.most))
    for _ in range(MOST_HALVINGS):
        short = _gains_too_little(point, best)
        if not short.any():
            break
        share[short] *= 0.5
        part, tried = p.take(short), point.x[short] + share[short, None] * direction[short]
        best = best.put(short, _evaluated(part, np.clip(tried, part.least, part.most)))
    return best


def _gains_too_little(point: _Point, best: _Point) -> Flags:
    predicted = (point.gradient * (best.x - point.x)).sum(axis=1)
    return np.asarray(best.value < point.value + SUFFICIENT * predicted - ROUNDING)
