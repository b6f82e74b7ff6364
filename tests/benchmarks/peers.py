"""Four libraries of the field, each called as its documentation shows, with Clarabel inside.

Cash is one more asset, without return or risk. Distance from the aims is stated through expected
returns and the covariance, which makes the objective the same up to a constant. What a library
cannot state is named at its function; its answer is then that of the nearest program it can.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import cvxpy as cp
import numpy as np
import pandas as pd

from portfolios.model.market import Array
from rebalancer.optimiser.inputs import Inputs
from tests.benchmarks.programs import MarketModel, bounds

Solver = Callable[[Inputs], Array]
CASH = "cash"
DAYS = pd.date_range("2024-01-01", periods=3)


def _moments(p: Inputs, covariance: Array) -> tuple[Array, Array]:
    """Return expected returns (n + 1,) and covariance (n + 1, n + 1), cash last."""
    returns = np.append(p.alpha + p.lam * covariance @ p.r, 0.0)
    risk = np.zeros((p.n + 1, p.n + 1))
    risk[:-1, :-1] = covariance
    return returns, risk


def _held(p: Inputs) -> Array:
    return np.append(p.w0, p.c0)


def _bounds(p: Inputs) -> tuple[Array, Array]:
    low, high = bounds(p)
    return np.append(low, 0.0), np.append(high, 1.0)


def _fees(p: Inputs) -> Array:
    return np.append(p.kappa_buy, 0.0)


def pyportfolioopt(market: MarketModel) -> Solver:
    """PyPortfolioOpt: one cost for all is built in, so fees and turnover are further terms."""
    from pypfopt import EfficientFrontier

    covariance = market.covariance

    def solve(p: Inputs) -> Array:
        returns, risk = _moments(p, covariance)
        held, fees = _held(p), _fees(p)
        ef = EfficientFrontier(
            returns, risk, weight_bounds=list(zip(*_bounds(p), strict=True)), solver="CLARABEL"
        )
        ef.add_objective(lambda w: fees @ cp.abs(w - held))
        ef.add_constraint(lambda w: cp.sum(cp.pos(w[:-1] - held[:-1])) <= p.turnover_max)
        ef.add_constraint(lambda w: cp.sum(cp.pos(held[:-1] - w[:-1])) <= p.turnover_max)
        homes: Mapping[int, str] = dict(enumerate([f"s{j}" for j in market.home] + [CASH]))
        most = {f"s{j}": float(top) for j, top in enumerate(p.S_hi)} | {CASH: 1.0}
        ef.add_sector_constraints(homes, dict.fromkeys(most, 0.0), most)
        weights = ef.max_quadratic_utility(risk_aversion=p.lam)
        return np.array(list(weights.values()))[:-1]

    return solve


def skfolio(market: MarketModel) -> Solver:
    """skfolio: its turnover limit is one for each asset, so the total is a further constraint."""
    from skfolio.optimization import MeanRisk, ObjectiveFunction
    from skfolio.prior import BasePrior, ReturnDistribution

    covariance = market.covariance
    names = [f"a{i}" for i in range(len(market.d))] + [CASH]
    groups = [[f"s{j}" for j in market.home] + [CASH]]

    class Given(BasePrior):  # type: ignore[misc]
        """Moments that are known."""

        def __init__(self, moments: tuple[Array, Array] | None = None) -> None:
            self.moments = moments

        def fit(self, X: Any, y: Any = None, **_: Any) -> Any:
            mean, risk = self.moments  # type: ignore[misc]
            self.return_distribution_ = ReturnDistribution(
                mu=mean, covariance=risk, returns=np.asarray(X)
            )
            return self

    def solve(p: Inputs) -> Array:
        held, (low, high) = _held(p), _bounds(p)
        model = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_UTILITY, risk_aversion=p.lam / 2,
            prior_estimator=Given(_moments(p, covariance)), min_weights=low, max_weights=high,
            transaction_costs=_fees(p), previous_weights=held, groups=groups,
            linear_constraints=[f"s{j} <= {p.S_hi[j]}" for j in sorted(set(market.home))],
            add_constraints=lambda w, _: [
                cp.sum(cp.pos(w[:-1] - held[:-1])) <= p.turnover_max,
                cp.sum(cp.pos(held[:-1] - w[:-1])) <= p.turnover_max,
            ],
            solver="CLARABEL",
        )  # fmt: skip
        sample = pd.DataFrame(np.zeros((3, len(names))), index=DAYS, columns=names)
        model.fit(sample)
        return np.asarray(model.weights_)[:-1]

    return solve


def riskfolio(market: MarketModel) -> Solver:
    """Riskfolio-Lib: it has no cost of trades, and its turnover limit is one for each asset."""
    import riskfolio as rp

    covariance = market.covariance
    names = [f"a{i}" for i in range(len(market.d))] + [CASH]

    def solve(p: Inputs) -> Array:
        returns, risk = _moments(p, covariance)
        low, high = _bounds(p)
        port = rp.Portfolio(returns=pd.DataFrame(np.zeros((3, len(names))), DAYS, names))
        port.mu = pd.DataFrame([returns], columns=names)
        port.cov = pd.DataFrame(risk, names, names)
        port.solvers = ["CLARABEL"]
        eye = np.eye(len(names))
        port.ainequality = np.vstack([eye, -eye, np.hstack([p.M.T, np.zeros((len(p.S_hi), 1))])])
        port.binequality = np.concatenate([high, -low, p.S_hi])[:, None]
        port.allowTO, port.turnover = True, p.turnover_max
        port.benchweights = pd.DataFrame(_held(p), names, ["weights"])
        port.kindbench = False
        found = port.optimization(
            model="Classic", rm="MV", obj="Utility", rf=0, l=p.lam / 2, hist=True
        )
        return np.full(p.n, np.nan) if found is None else found.to_numpy()[:-1, 0]

    return solve


def cvxportfolio(market: MarketModel) -> Solver:
    """cvxportfolio: its turnover limit is half of all trades but cash; cash has no bounds."""
    import cvxportfolio as cvx

    covariance = market.covariance
    names = [f"a{i}" for i in range(len(market.d))]
    day = DAYS[-1]
    past = pd.DataFrame(np.zeros((3, len(names) + 1)), index=DAYS, columns=[*names, CASH])

    def solve(p: Inputs) -> Array:
        mean = pd.Series(p.alpha + p.lam * covariance @ p.r, names)
        low, high = bounds(p)
        fees = pd.Series(p.kappa_buy, names)
        policy = cvx.SinglePeriodOptimization(
            cvx.ReturnsForecast(mean, decay=1.0)
            - 0.5 * p.lam * cvx.FullCovariance(pd.DataFrame(covariance, names, names))
            - cvx.StocksTransactionCost(a=fees, b=None, pershare_cost=None),
            [
                cvx.LongOnly(applies_to_cash=True), cvx.MaxWeights(pd.Series(high, names)),
                cvx.MinWeights(pd.Series(low, names)), cvx.TurnoverLimit(p.turnover_max),
                cvx.FactorMaxLimit(pd.DataFrame(p.M, names), pd.Series(p.S_hi)),
            ],
            solver="CLARABEL",
        )  # fmt: skip
        market_data = cvx.UserProvidedMarketData(
            returns=past, volumes=None, prices=None, cash_key=CASH, min_history=pd.Timedelta("0d")
        )
        holdings = pd.Series(_held(p), [*names, CASH])
        trades, *_ = policy.execute(h=holdings, market_data=market_data, t=day)
        return np.asarray(p.w0 + trades.to_numpy()[:-1])

    return solve


def quiet(solve: Solver) -> Solver:
    """Return a solver without the warnings of the libraries."""

    def silent(p: Inputs) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return solve(p)

    return silent
