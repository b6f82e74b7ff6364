"""The method of `dual_newton` as loops over one program at a time, compiled by numba.

The formulas are those of `dual_newton`, which is the reference; the answers agree to rounding. Only
multipliers that may move enter the Newton step, and only free weights its curvature, so that a
program of 20 weights takes a few thousand operations a step.

Both forms are kept for what `tests/benchmarks/solve.py` measured: at 10 to 50 assets the loops take
about a tenth of the time of numpy, many programs together or one alone. It comes with the extra
`fast`, and a service uses it: a solve with minimum trades takes 0.27 to 0.55 of the time of plain
numpy, a whole plan 0.7 to 0.9. A single command does not: numba and the code kept on disk take
about three seconds of processor time to load, and once fifteen to compile.
"""

from __future__ import annotations

import math

import numpy as np

from portfolios.model.market import Array
from rebalancer.optimiser.exact.dual_newton import (
    CLOSE,
    EARLY,
    EXACT,
    MOST_HALVINGS,
    MOST_STEPS,
    RIDGE,
    RIDGE_SHARE,
    ROUNDING,
    SMALL_SHARE,
    SUFFICIENT,
    Optimum,
)
from rebalancer.optimiser.exact.separable import Separable

try:
    from numba import njit
except ImportError:  # also what an installation that does not fit this numpy raises
    njit = None

IS_COMPILED = njit is not None
"""Without numba the loops run as they are: slowly, which is enough to test them."""
_OPTIONS = {"nogil": True, "error_model": "numpy"}


def _compiled(function):
    if njit is None:
        return function
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # no folder in which compiled code may be kept
        return njit(**_OPTIONS)(function)


def solve(programs: Separable, start: Array | None = None) -> Optimum:
    """Return the optimum of each program, as `dual_newton.solve` does."""
    p, count = programs, len(programs.w0)
    x = np.zeros_like(p.least) if start is None else np.clip(start, p.least, p.most)
    found = Optimum(np.empty_like(p.w0), x, np.empty(count), np.full(count, -1))
    _solve_all(
        p.linear, p.q, p.r, p.w0, p.cap, p.cap_price, p.buy, p.sell, p.low, p.high,
        p.columns, p.target, p.lam, p.e, p.b, p.s, p.h, p.least, p.most,
        found.w, found.x, found.value, found.steps,
    )  # fmt: skip
    return found


@_compiled
def _solve_all(
    linear, q, r, w0, cap, cap_price, buy, sell, low, high, columns, target, lam,
    e, b, s, h, least, most, w, x, value, steps,
):  # fmt: skip
    for i in range(len(w0)):
        assets = (linear[i], q[i], r[i], w0[i], cap[i], cap_price[i], buy[i], sell[i],
                  low[i], high[i], columns[i])  # fmt: skip
        rows = (target[i], lam[i], e[i], b[i], s[i], h[i], least[i], most[i])
        value[i], steps[i] = _solve_one(assets, rows, w[i], x[i])


@_compiled
def _solve_one(assets, rows, w, x):
    """Climb from x to the optimum; w and x hold it then. Returns its value and the steps taken."""
    size, n = len(x), len(w)
    least, most = rows[6], rows[7]
    gradient, uphill, trial_gradient = np.empty(size), np.empty(size), np.empty(size)
    trial, step, trial_w = np.empty(size), np.empty(size), np.empty(n)
    open_ = np.empty(size, np.int64)
    value = _evaluate(assets, rows, x, w, gradient)
    before = math.inf
    for taken in range(MOST_STEPS):
        if not math.isfinite(value):
            break
        count, worst = 0, 0.0
        for j in range(size):
            if not ((x[j] <= least[j] and gradient[j] <= 0)
                    or (x[j] >= most[j] and gradient[j] >= 0)):  # fmt: skip
                open_[count] = j
                uphill[count] = gradient[j]
                worst = max(worst, abs(gradient[j]))
                count += 1
        if worst <= EXACT or (worst <= CLOSE and worst >= 0.5 * before):
            return value, taken
        before = worst
        ridge = RIDGE + (RIDGE_SHARE if taken < EARLY else SMALL_SHARE) * worst
        _newton_step(assets, rows, w, open_[:count], uphill[:count], ridge, step)
        share = 1.0
        for _ in range(MOST_HALVINGS + 1):
            for j in range(size):
                trial[j] = x[j]
            predicted = 0.0
            for c in range(count):
                j = open_[c]
                trial[j] = min(max(x[j] + share * step[c], least[j]), most[j])
                predicted += gradient[j] * (trial[j] - x[j])
            tried = _evaluate(assets, rows, trial, trial_w, trial_gradient)
            if tried >= value + SUFFICIENT * predicted - ROUNDING:
                break
            share *= 0.5
        value = tried
        x[:], w[:], gradient[:] = trial, trial_w, trial_gradient
    return value, -1


@_compiled
def _evaluate(assets, rows, x, w, gradient):
    """Fill the weights and the gradient of the dual at x; return its value."""
    linear, q, r, w0, cap, cap_price, buy, sell, low, high, columns = assets
    target, lam, e, b, s, h, _, _ = rows
    k, size = len(target), len(x)
    dearer, per_bought, per_sold, value = 1.0, 0.0, 0.0, 0.0
    for j in range(len(h)):
        mu = x[k + j]
        dearer += mu * e[j]
        per_bought += mu * b[j]
        per_sold += mu * s[j]
        value -= mu * h[j]
    for j in range(k):
        value -= x[j] * target[j] + 0.5 * x[j] * x[j] / lam
        gradient[j] = -target[j] - x[j] / lam
    gradient[k:] = 0.0
    costs = all_bought = all_sold = 0.0
    for i in range(len(w)):
        g = linear[i]
        for j in range(size):
            g += columns[i, j] * x[j]
        up, down = buy[i] * dearer + per_bought, sell[i] * dearer + per_sold
        w[i] = own = _weight(g, q[i], r[i], w0[i], cap[i], cap_price[i], up, down,
                             low[i], high[i])  # fmt: skip
        bought, sold, bet = max(own - w0[i], 0.0), max(w0[i] - own, 0.0), own - r[i]
        value += g * own + 0.5 * q[i] * bet * bet + up * bought + down * sold
        value += cap_price[i] * max(own - cap[i], 0.0)
        costs += buy[i] * bought + sell[i] * sold
        all_bought += bought
        all_sold += sold
        for j in range(size):
            gradient[j] += own * columns[i, j]
    for j in range(len(h)):
        gradient[k + j] += e[j] * costs + b[j] * all_bought + s[j] * all_sold - h[j]
    return value


@_compiled
def _weight(g, q, r, w0, cap, cap_price, buy, sell, low, high):
    """Return the weight at which its own function is least; kinks in order, roots falling."""
    first, jump, second, last = w0, buy + sell, cap, cap_price
    if cap < w0:
        first, jump, second, last = cap, cap_price, w0, buy + sell
    root = (q * r - g + sell) / q
    w = min(root, first)
    root -= jump / q
    w = max(w, min(root, second))
    w = max(w, root - last / q)
    return min(max(w, low), high)


@_compiled
def _newton_step(assets, rows, w, open_, uphill, ridge, step):
    """Fill the Newton step of the open multipliers."""
    _, q, _, w0, cap, _, buy, sell, low, high, columns = assets
    target, lam, e, b, s, _, _, _ = rows
    k, count = len(target), len(open_)
    curvature, column = np.zeros((count, count)), np.empty(count)
    for i in range(len(w)):
        own = w[i]
        if own == w0[i] or own == cap[i] or own <= low[i] or own >= high[i]:
            continue
        is_bought = own > w0[i]
        for c in range(count):
            j = open_[c]
            column[c] = columns[i, j]
            if j >= k:
                if is_bought:
                    column[c] += buy[i] * e[j - k] + b[j - k]
                else:
                    column[c] -= sell[i] * e[j - k] + s[j - k]
        for c in range(count):
            share = column[c] / q[i]
            for d in range(c + 1):
                curvature[c, d] += share * column[d]
    for c in range(count):
        curvature[c, c] += 1.0 / lam if open_[c] < k else ridge
    _solve_positive(curvature, uphill, step)


@_compiled
def _solve_positive(a, right, solution):
    """Solve a positive definite system by Cholesky's method, its lower half given, in place."""
    count = len(right)
    for c in range(count):
        for d in range(c + 1):
            total = a[c, d]
            for f in range(d):
                total -= a[c, f] * a[d, f]
            a[c, d] = np.sqrt(total) if c == d else total / a[d, d]
    for c in range(count):
        total = right[c]
        for f in range(c):
            total -= a[c, f] * solution[f]
        solution[c] = total / a[c, c]
    for c in range(count - 1, -1, -1):
        total = solution[c]
        for f in range(c + 1, count):
            total -= a[f, c] * solution[f]
        solution[c] = total / a[c, c]
