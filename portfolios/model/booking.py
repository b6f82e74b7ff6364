"""Books a plan's trades into the portfolio it was made for, exactly and only if nothing moved.

Everything is Decimal without rounding: a sum that would round, or a float that strays in, raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from portfolios.errors import DecisionError, StoreError
from portfolios.model.plan import Decision, Plan, Side, Trade
from portfolios.model.portfolio import Portfolio, locked_quantity, purchase_ban
from portfolios.values.canonical import money, plain
from portfolios.values.exact import exactly


def book(plan: Plan, portfolio: Portfolio) -> Portfolio:
    """Return the portfolio after the plan's trades.

    Raises:
        DecisionError: when there is nothing to book, or when holdings, cash or locks are no longer
            those that the plan started from.
        StoreError: when its cash does not add up.
    """
    if plan.decision is not Decision.TRADE:
        raise DecisionError(f"plan {plan.plan_id} proposes no trades", hint="nothing was changed")
    with exactly():
        _refuse_if_changed(plan, portfolio)
        _refuse_if_locked(plan, portfolio)
        _refuse_if_unbalanced(plan)
        before = {holding.asset_id: holding.quantity for holding in portfolio.holdings}
        after = {t.asset_id: before.get(t.asset_id, Decimal(0)) + _signed(t) for t in plan.trades}
        return portfolio.with_quantities(after, plan.proposed_cash)


def _refuse_if_changed(plan: Plan, portfolio: Portfolio) -> None:
    if changes := "; ".join(changes_since(plan, portfolio)):
        raise DecisionError(
            f"holdings changed since plan {plan.plan_id}: {changes}",
            hint="run again for a proposal that starts from what is held now",
        )


def changes_since(plan: Plan, portfolio: Portfolio) -> tuple[str, ...]:
    """Say how holdings and cash differ from those that a plan started from."""
    return tuple(_changes(plan, portfolio))


def _changes(plan: Plan, portfolio: Portfolio) -> Iterator[str]:
    then = {position.asset_id: position.quantity for position in plan.positions}
    now = {holding.asset_id: holding.quantity for holding in portfolio.holdings}
    for asset_id in sorted(then.keys() | now.keys()):
        was, is_now = then.get(asset_id, Decimal(0)), now.get(asset_id, Decimal(0))
        if was != is_now:
            yield f"{asset_id} was {plain(was)}, is {plain(is_now)}"
    if portfolio.currency != plan.currency:
        yield f"the currency was {plan.currency}, is {portfolio.currency}"
    if portfolio.cash + plan.flow != plan.cash:
        yield f"cash was {money(plan.cash - plan.flow)}, is {money(portfolio.cash)}"


def _refuse_if_locked(plan: Plan, portfolio: Portfolio) -> None:
    """Refuse trades that a lock forbids which was stated after the plan was made."""
    day = plan.as_of.date()
    for trade in plan.trades:
        holding = portfolio.holding(trade.asset_id)
        locks = holding.locks_on(day, portfolio.investor) if holding else ()
        quantity = holding.quantity if holding else Decimal(0)
        if trade.side is Side.SELL:
            forbidden = trade.quantity > quantity - locked_quantity(quantity, locks)
        else:
            forbidden = purchase_ban(locks) is not None
        if forbidden:
            raise DecisionError(
                f"{trade.asset_id} has been locked since plan {plan.plan_id} was made",
                hint="run again for a proposal that heeds the lock",
            )


def _refuse_if_unbalanced(plan: Plan) -> None:
    cash = plan.cash
    for trade in plan.trades:
        cash += trade.notional if trade.side is Side.SELL else -trade.notional
        cash -= trade.cost
    if cash != plan.proposed_cash:
        raise StoreError(
            f"the cash of plan {plan.plan_id} does not add up: {money(cash)} after its trades,"
            f" {money(plan.proposed_cash)} stated",
            hint="nothing was changed; run again",
        )


def _signed(trade: Trade) -> Decimal:
    return trade.quantity if trade.side is Side.BUY else -trade.quantity
