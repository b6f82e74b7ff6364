"""The proof of an answer: multipliers whose dual value anybody can compute again.

Two programs are proved. The relaxed one knows no minimum trade, so its dual value bounds every
answer. The leaf is the program whose trades have the sides of the answer and reach the minimum;
its dual value bounds every answer with those sides. Both follow from the document by weak duality,
whatever found the multipliers. That no other choice of sides is better than `bound` is what the
search says: it lies between the answer and the relaxed dual value, and is not proved further.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from portfolios.errors import SolverError
from portfolios.model.market import Array
from rebalancer.optimiser.exact.answer import proved
from rebalancer.optimiser.exact.separable import rows_of
from rebalancer.optimiser.inputs import Duals, Inputs, Solution
from rebalancer.optimiser.roles import with_roles
from rebalancer.optimiser.verify import answer, leg_costs

Json = dict[str, object]


def certificate(inputs: Inputs, solution: Solution) -> Json:
    """Return the proof as part of `rebalancer.problem/1`.

    Keys:
        relaxed: proof of the program without a minimum trade and without fixed costs.
        sides: of each asset, 1 bought, -1 sold, 0 left alone.
        leaf: proof of the program of these sides; null where there is neither a minimum trade nor
            a fixed cost, so that the relaxed answer is the answer.
        bound: no answer has a higher objective, says the search.

    A proof has `primal` and `dual`, as maximised, `gap_bps` between them in basis points of value,
    the weights `w` (n,) of its answer, the weights `slope_at` (n,) where the volatility is replaced
    by its tangent (null where its limit costs nothing), the multipliers of `rows` by name, of
    `factors` (k,) and of `volatility`; or, where there is none, `declined` says why.
    """
    u, v = solution.u, solution.v
    sides = np.sign(u - v).astype(np.int8)
    is_whole = inputs.min_trade <= 0 and inputs.leg_cost <= 0
    leaf, shown = with_roles(inputs, sides), answer(inputs, u, v).w
    return {
        "relaxed": _proof(replace(inputs, leg_cost=0.0), solution.duals),
        "sides": sides.tolist(),
        "leaf": None if is_whole else _proof(leaf, solution.duals, shown, leg_costs(inputs, u, v)),
        "bound": solution.bound,
    }


def _proof(inputs: Inputs, near: Duals | None, w: Array | None = None, legs: float = 0.0) -> Json:
    """Return the proof of a program for weights, shape (n,), or for its own optimum.

    `legs` are fixed costs that every answer of the program pays.
    """
    try:
        found = proved(inputs, near)
    except (SolverError, np.linalg.LinAlgError) as error:
        return {"declined": str(error)}
    w = found.w if w is None else w
    bought, sold = np.maximum(w - inputs.w0, 0.0), np.maximum(inputs.w0 - w, 0.0)
    primal = answer(inputs, bought, sold).objective
    dual = -found.value - legs
    names = (row.name for row in rows_of(inputs))
    k = found.program.k
    return {
        "primal": primal,
        "dual": dual,
        "gap_bps": 1e4 * (dual - primal),
        "w": w.tolist(),
        "slope_at": found.w.tolist() if found.vol_price else None,
        "rows": dict(zip(names, found.x[k:].tolist(), strict=True)),
        "factors": found.x[:k].tolist(),
        "volatility": found.vol_price,
    }
