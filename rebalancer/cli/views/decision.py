"""Says on the command line why a decision does not count, and what to type instead."""

from __future__ import annotations

from alerts.texts.decision_message import ruling_text
from portfolios.errors import DecisionError, NotFoundError, RebalancerError, StaleDataError
from portfolios.model.plan import Plan
from portfolios.values import display
from portfolios.values.command import command
from rebalancer.usecases.proposals.refusals import Refused, Why
from rebalancer.usecases.proposals.status import ProposalStatus, State


def refusal_error(refused: Refused) -> RebalancerError:
    """Return the error that says why, with its hint and exit code."""
    plan = refused.status.plan
    if refused.why is Why.NOT_KEPT:
        return NotFoundError(
            f"{plan.portfolio} is not kept here any more", hint="`rebalancer list` shows what is"
        )
    if refused.why is Why.NO_TRADES:
        return DecisionError(
            f"plan {plan.plan_id} proposes no trades: there is nothing to decide",
            hint=f"`rebalancer explain {plan.plan_id}` says why",
        )
    if refused.why is Why.PRICES:
        return _price_error(plan, refused.moved)
    if refused.why is Why.HOLDINGS:
        return DecisionError(
            f"what is held has changed since plan {plan.plan_id} was made", hint=_anew(plan)
        )
    return _closed_error(refused.status)


def _price_error(plan: Plan, moved: float | None) -> StaleDataError:
    if moved is not None:
        told = f"prices moved {display.percent(moved)} since plan {plan.plan_id} was made"
        return StaleDataError(told, hint=_anew(plan))
    if plan.is_sample:
        told = f"plan {plan.plan_id} was made at the sample's prices, and real ones are here"
        return StaleDataError(told, hint=_anew(plan, at_real_prices=True))
    return StaleDataError(
        f"the prices of plan {plan.plan_id} are not all known now",
        hint="`rebalancer refresh` pulls them",
    )


def _closed_error(status: ProposalStatus) -> DecisionError:
    plan = status.plan
    if status.state is State.REPLACED:
        return DecisionError(
            f"a newer proposal took the place of plan {plan.plan_id}",
            hint=f"{command('history', plan.portfolio)} shows it",
        )
    if status.state is State.LAPSED or status.ruling is None:
        ended = display.moment(status.closes_at)
        return DecisionError(
            f"plan {plan.plan_id} lapsed on {ended}: silence was skip", hint=_anew(plan)
        )
    return DecisionError(
        f"plan {plan.plan_id} is decided already: {ruling_text(status.ruling)}", hint=_anew(plan)
    )


def _anew(plan: Plan, *, at_real_prices: bool = False) -> str:
    sample = ("--offline",) if plan.is_sample and not at_real_prices else ()
    return f"{command('run', plan.portfolio, '--save', *sample)} makes a new proposal"
