"""Check a plan or a problem that somebody kept, by arithmetic, or by solving it anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from portfolios.documents.plan_json import PLAN_SCHEMA, RUN_SCHEMA
from portfolios.errors import InputError
from rebalancer.optimiser.inputs import Inputs
from rebalancer.optimiser.problem_json import SCHEMA as PROBLEM_SCHEMA
from rebalancer.optimiser.problem_json import inputs_from_json
from rebalancer.optimiser.roles import with_roles
from rebalancer.optimiser.solve import REFEREES, solve_convex
from rebalancer.verification.fields import require_close
from rebalancer.verification.plan import check_document, check_plan

SAME = 1e-6
"""Objectives of two methods that agree, as a fraction of value."""
HINT = "give the JSON of a plan, as `run --json` writes it, or of a problem, as `run --dump` does"
Document = Mapping[str, Any]


def verify(text: bytes, *, again: bool = False) -> Iterator[str]:
    """Yield one line for each check of a document that holds.

    Args:
        text: JSON of `rebalancer.plan/1`, `rebalancer.run/1` or `rebalancer.problem/1`.
        again: solve what was solved anew with a general solver, too.

    Raises:
        InputError: the document is none of these, or lacks something.
        VerificationError: naming the first field that differs.
        SolverError: the general solver has no answer.
    """
    try:
        yield from _checked(json.loads(text, parse_constant=_refuse), again=again)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise InputError(f"the document cannot be read: {error!r}", hint=HINT) from error
    except RecursionError as error:
        raise InputError("the document is nested too deeply", hint=HINT) from error


def _checked(document: Document, *, again: bool) -> Iterator[str]:
    schema = document.get("schema")
    if schema == RUN_SCHEMA:
        for plan in document["plans"]:
            yield f"{plan['portfolio']}: plan {plan['id']}"
            yield from _checked(plan, again=again)
        return
    if schema not in (PLAN_SCHEMA, PROBLEM_SCHEMA):
        raise InputError("this is no plan and no problem", hint=HINT)
    is_plan = schema == PLAN_SCHEMA
    yield from check_plan(document) if is_plan else check_document(document)
    problem = document.get("problem") if is_plan else document
    if again and problem is not None and "certificate" in problem:
        yield from _solved_again(problem)


def _solved_again(problem: Document) -> Iterator[str]:
    inputs, proof = inputs_from_json(problem), problem["certificate"]
    if not inputs.leg_cost:
        stated = problem["solution"]["relaxed_objective"]
        require_close("solution.relaxed_objective", stated, _objective(inputs), SAME)
        yield "solved again by a general solver without minimum trades: the same value"
    if proof["leaf"] is not None and "declined" not in proof["leaf"]:
        sides = with_roles(inputs, np.array(proof["sides"], dtype=np.int8))
        require_close("certificate.leaf.dual", proof["leaf"]["dual"], _objective(sides), SAME)
        yield "solved again by a general solver with trades of these sides: the same value"


def _objective(inputs: Inputs) -> float:
    return solve_convex(inputs, REFEREES).answer.objective


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")
