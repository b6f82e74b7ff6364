"""Solves one portfolio's program: relaxed, then without trades too small to be worth making.

The first answer ignores the minimum trade; `branching` finds the best one that respects it. Every
answer passes the independent check or the next solver of the chain is asked. cvxpy is loaded by the
first call, not by importing this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.branching import Found, least_trades
from rebalancer.optimiser.exact.answer import NAME as EXACT
from rebalancer.optimiser.exact.answer import solve_exactly, solve_side_by_side
from rebalancer.optimiser.infeasibility import require_cash, require_consistent
from rebalancer.optimiser.inputs import Duals, Inputs, Solution
from rebalancer.optimiser.problem_pool import SHARED, Compiled, ProblemPool
from rebalancer.optimiser.reach import is_reachable, require_reachable
from rebalancer.optimiser.verify import (
    Answer,
    Solved,
    faults,
    gap,
    hold_answer,
    leg_costs,
    penalty,
    snap_to_bounds,
)

if TYPE_CHECKING:
    from rebalancer.optimiser.problem import Raw

Attempt = tuple[str, Mapping[str, float | int]]

_TIGHT = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
_LOOSE = {"tol_gap_abs": 1e-8, "tol_gap_rel": 1e-8, "tol_feas": 1e-8}
_SECOND = {"eps_abs": 1e-9, "eps_rel": 1e-9}
REFEREES: tuple[Attempt, ...] = (("CLARABEL", _TIGHT), ("CLARABEL", _LOOSE), ("PIQP", _SECOND))
"""General solvers, by the program as cvxpy states it; the last is of another family and takes no
volatility cone."""
CHAIN: tuple[Attempt, ...] = ((EXACT, {}), *REFEREES)
"""Tried in turn: the exact method first, and a general one for what it declines."""

WORSE_THAN_HOLDING = 1e-7
"""An answer this much worse than doing nothing is no answer."""
LARGEST = 1e9
"""No figure of a program, all of them fractions of the value, is larger."""
NEVER_NEGATIVE = frozenset(
    {
        "d", "lam", "theta", "kappa_buy", "kappa_sell", "leg_cost", "min_trade", "vol_max",
        "asset", "sector_hi", "sector_lo", "buffer", "vol", "price",
    }
)  # fmt: skip
"""Costs and prices of penalties, with which the program would not be convex, and a volatility."""
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

    def again(parts: Sequence[Inputs]) -> list[Found]:
        return _parts_solved(parts, chain, pool, relaxed.duals)

    found = least_trades(inputs, relaxed, again)
    best = found.solved
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
        bound=found.bound,
    )


def _parts_solved(
    parts: Sequence[Inputs], chain: Sequence[Attempt], pool: ProblemPool, near: Duals | None
) -> list[Found]:
    """Return what `solve_convex` does for each part, asking the exact method for all at once."""
    reached = [part for part in parts if is_reachable(part)]
    is_ahead = len(reached) > 1 and chain[0][0] == EXACT
    side_by_side = solve_side_by_side(reached, near) if is_ahead else [None] * len(reached)
    known = {id(part): found for part, found in zip(reached, side_by_side, strict=True)}
    solved: list[Found] = []
    for part in parts:
        try:
            is_met = id(part) in known
            ahead = known.get(id(part))
            solved.append(solve_convex(part, chain, pool, near, ahead) if is_met else None)
        except SolverError as error:
            solved.append(error)
    return solved


def best_objective(
    inputs: Inputs,
    *,
    near: Duals | None = None,
    chain: Sequence[Attempt] = CHAIN,
    pool: ProblemPool = SHARED,
) -> float:
    """Return the `relaxed_objective` of `solve` by one solve; raises as `solve` does.

    `near` are prices of the limits of a program much like it.
    """
    return _relaxed(inputs, chain, pool, near).answer.objective


def _relaxed(
    inputs: Inputs, chain: Sequence[Attempt], pool: ProblemPool, near: Duals | None = None
) -> Solved:
    require_figures(inputs)
    require_cash(inputs)
    found = solve_convex(inputs, chain, pool, near)
    if penalty(inputs, found.answer.w, found.answer.c) > 0:
        require_consistent(inputs)  # an answer that breaks no limit shows that none contradict
    return found


def solve_convex(
    inputs: Inputs,
    chain: Sequence[Attempt] = CHAIN,
    pool: ProblemPool = SHARED,
    near: Duals | None = None,
    ahead: Solved | None = None,
) -> Solved:
    """Return the verified optimum of the convex program, its bounds as they are.

    Args:
        inputs: the program.
        chain: solvers with their options, tried in turn.
        pool: compiled problems to choose from.
        near: prices of the limits of a program much like it, for the exact method.
        ahead: the answer of the exact method, where it is there already.

    Raises:
        SolverError: no solver of the chain gave an answer that passed the check.
    """
    still = hold_answer(inputs)
    if not np.any(inputs.u_hi > 0) and not np.any(inputs.v_hi > 0):
        if still is None:
            raise SolverError("nothing may be traded, and holding breaks a hard limit")
        return Solved(still, None, "none needed", "optimal", 0.0)
    require_reachable(inputs)
    failures = []
    for attempt in chain:
        there = ahead if attempt[0] == EXACT else None
        try:
            found = there or _asked(inputs, attempt, pool, near)
        except SolverError as error:
            failures.append(str(error))
            continue
        if not (wrong := _why_refused(inputs, found, still)):
            return found
        failures.append(f"{attempt[0]} answered, but {wrong}")
    raise SolverError("; ".join(dict.fromkeys(failures)), hint="nothing is proposed; try again")


def _asked(inputs: Inputs, attempt: Attempt, pool: ProblemPool, near: Duals | None) -> Solved:
    """Return the answer of one solver, not verified yet."""
    if attempt[0] == EXACT:
        return solve_exactly(inputs, near)
    return _generally(inputs, attempt, pool)


def _generally(inputs: Inputs, attempt: Attempt, pool: ProblemPool) -> Solved:
    if inputs.vol_max is not None and attempt[0] == "PIQP":
        raise SolverError("PIQP takes no limit of volatility")
    with pool.checked_out(inputs) as problem:
        raw = _raw(problem, inputs, attempt)
    if isinstance(raw, SolverError):
        raise raw
    found = snap_to_bounds(inputs, raw.u, raw.v)
    return Solved(found, raw.duals, raw.solver, raw.status, gap(inputs, found, raw.value))


def _raw(problem: Compiled, inputs: Inputs, attempt: Attempt) -> Raw | SolverError:
    """Return an answer, or the failure to find one, after which the problem is as good as new."""
    try:
        return problem.solve(inputs, attempt)
    except SolverError as error:
        return error


def _why_refused(inputs: Inputs, found: Solved, still: Answer | None) -> str:
    best = found.answer
    wrong = faults(inputs, best)
    if wrong:
        return f"breaks {', '.join(wrong)}"
    without_legs = best.objective + leg_costs(inputs, best.u, best.v)
    if still is not None and without_legs < still.objective - WORSE_THAN_HOLDING:
        return "is worse than doing nothing"
    if (
        found.gap is None or not found.gap <= GAP
    ):  # a stated objective that is no number is refused too
        return "the objective is not what the solver states"
    return ""


def require_figures(inputs: Inputs) -> None:
    """Refuse a program with a figure that means nothing, naming it.

    Raises:
        SolverError: a figure is not finite or beyond all measure, or is negative where that has no
            meaning.
    """
    if not inputs.lam > 0:
        raise SolverError(f"lam, the risk aversion, is {inputs.lam}", hint="it is above 0")
    if np.any(inputs.kappa_sell >= 1):
        raise SolverError("kappa_sell has a value of 1 or more", hint="a sale must leave something")
    for name, value in _figures(inputs):
        if not np.isfinite(value).all():
            raise SolverError(f"{name} has a value that is not a number", hint="check the data")
        if np.any(np.abs(value) > LARGEST):
            raise SolverError(f"{name} has a value over {LARGEST:g}", hint="check the data")
        if name in NEVER_NEGATIVE and np.any(np.asarray(value) < 0):
            raise SolverError(f"{name} has a value below 0", hint="check the data")


def _figures(record: object) -> Iterator[tuple[str, Array | float]]:
    """Yield every number and array of numbers of a record, with its name."""
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray | float | int):
            yield field.name, value
    if isinstance(record, Inputs):
        for part in (record.prices, *record.extra_rows):
            yield from _figures(part)
