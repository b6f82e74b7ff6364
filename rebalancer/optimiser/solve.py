"""Solves one portfolio's program: relaxed, then without trades too small to be worth making.

The first answer ignores the minimum trade; `prune` looks for the best one that respects it. Every
answer passes the independent check or the next solver of the chain is asked. cvxpy is loaded by the
first call, not by importing this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from portfolios.errors import SolverError
from rebalancer.optimiser.infeasibility import require_consistent
from rebalancer.optimiser.inputs import Inputs, Solution
from rebalancer.optimiser.problem_pool import SHARED, Compiled, ProblemPool
from rebalancer.optimiser.prune import prune
from rebalancer.optimiser.verify import Answer, Solved, faults, gap, hold_answer, snap_to_bounds

Attempt = tuple[str, Mapping[str, float | int]]

_TIGHT = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
_LOOSE = {"tol_gap_abs": 1e-8, "tol_gap_rel": 1e-8, "tol_feas": 1e-8}
_SECOND = {"eps_abs": 1e-9, "eps_rel": 1e-9}
CHAIN: tuple[Attempt, ...] = (("CLARABEL", _TIGHT), ("CLARABEL", _LOOSE), ("PIQP", _SECOND))
"""Tried in turn; the last is a solver of another family and takes no volatility cone."""

WORSE_THAN_HOLDING = 1e-7
"""An answer this much worse than doing nothing is no answer."""
GAP = 1e-6
"""An answer whose measured objective is so far from the one its solver states is refused."""


def solve(
    inputs: Inputs, *, chain: Sequence[Attempt] = CHAIN, pool: ProblemPool = SHARED
) -> Solution:
    """Return the best verified answer that respects the minimum trade.

    Args:
        inputs: the program.
        chain: solvers with their options, tried in turn.
        pool: compiled problems to choose from.

    Raises:
        InfeasibleError: limits that contradict each other, or too large a withdrawal.
        SolverError: figures that are not finite, or no solver gave an answer that passed.
    """
    relaxed = _relaxed(inputs, chain, pool)
    still = hold_answer(inputs)

    def again(pruned: Inputs) -> Solved | None:
        try:
            return solve_convex(pruned, chain, pool)
        except SolverError:
            return None  # these bounds cannot be met; another choice of trades will be

    best = prune(inputs, relaxed, again)
    return Solution(
        w=best.answer.w,
        u=best.answer.u,
        v=best.answer.v,
        c=best.answer.c,
        objective=best.answer.objective,
        relaxed_objective=relaxed.answer.objective,
        hold_objective=still.objective if still else None,
        solver=relaxed.solver,
        status=relaxed.status,
        gap=relaxed.gap,
        duals=best.duals,
    )


def best_objective(
    inputs: Inputs, *, chain: Sequence[Attempt] = CHAIN, pool: ProblemPool = SHARED
) -> float:
    """Return the `relaxed_objective` of `solve` by one solve; raises as `solve` does."""
    return _relaxed(inputs, chain, pool).answer.objective


def _relaxed(inputs: Inputs, chain: Sequence[Attempt], pool: ProblemPool) -> Solved:
    require_finite(inputs)
    require_consistent(inputs)
    return solve_convex(inputs, chain, pool)


def solve_convex(
    inputs: Inputs, chain: Sequence[Attempt] = CHAIN, pool: ProblemPool = SHARED
) -> Solved:
    """Return the verified optimum of the convex program, its bounds as they are.

    Raises:
        SolverError: no solver of the chain gave an answer that passed the check.
    """
    still = hold_answer(inputs)
    if not np.any(inputs.u_hi > 0) and not np.any(inputs.v_hi > 0):
        if still is None:
            raise SolverError("nothing may be traded, and holding breaks a hard limit")
        return Solved(still, None, "none needed", "optimal", 0.0)
    failures = []
    with pool.checked_out(inputs) as problem:
        for attempt in chain:
            if inputs.vol_max is not None and attempt[0] == "PIQP":
                continue
            found = _attempted(inputs, still, problem, attempt)
            if isinstance(found, Solved):
                return found
            failures.append(found)
    raise SolverError("; ".join(dict.fromkeys(failures)), hint="nothing is proposed; try again")


def _attempted(
    inputs: Inputs, still: Answer | None, problem: Compiled, attempt: Attempt
) -> Solved | str:
    """Return the verified answer of one solver, or why there is none."""
    try:
        raw = problem.solve(inputs, attempt)
    except SolverError as error:
        return str(error)
    found = snap_to_bounds(inputs, raw.u, raw.v)
    off = gap(inputs, found, raw.value)
    wrong = _why_refused(inputs, found, still, off)
    if wrong:
        return f"{raw.solver} answered, but {wrong}"
    return Solved(found, raw.duals, raw.solver, raw.status, off)


def _why_refused(inputs: Inputs, found: Answer, still: Answer | None, off: float) -> str:
    wrong = faults(inputs, found)
    if wrong:
        return f"breaks {', '.join(wrong)}"
    if still is not None and found.objective < still.objective - WORSE_THAN_HOLDING:
        return "is worse than doing nothing"
    if not off <= GAP:  # a stated objective that is no number is refused too
        return "the objective is not what the solver states"
    return ""


def require_finite(inputs: Inputs) -> None:
    """Refuse a program with a figure that is not finite, naming it.

    Raises:
        SolverError: naming the array.
    """
    for name in (
        "alpha", "rho", "B", "d", "r", "w0", "c0", "kappa_buy", "kappa_sell",
        "u_lo", "u_hi", "v_lo", "v_hi", "w_lock", "w_max", "M", "S_lo", "S_hi",
    ):  # fmt: skip
        if not np.isfinite(getattr(inputs, name)).all():
            raise SolverError(f"{name} has a value that is not a number", hint="check the data")
