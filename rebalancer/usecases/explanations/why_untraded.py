"""Why an asset is not traded, from what its plan says of it; one answer for every face."""

from __future__ import annotations

from collections.abc import Callable

from portfolios.errors import AmbiguousAssetError
from portfolios.loaders.names.resolve import resolve
from portfolios.model.assets import Asset, AssetIndex
from portfolios.model.plan import Decision, LimitLine, Plan, PlanPosition, Trade
from portfolios.model.policy import Mode, Signals
from portfolios.model.portfolio import LOCKS_SAID, LockKind, in_words
from portfolios.values import display

VISIBLE = 5e-4
"""Half a tenth of a point: less is not shown as a difference of weights."""
Reason = Callable[[Plan, PlanPosition], str]
"""Says why a plan does not trade a position; empty where that is not why."""


def positions_named(plan: Plan, name: str) -> tuple[PlanPosition, ...]:
    """Return the position with this id, else what a name means; several if only ids could tell."""
    by_id = tuple(p for p in plan.positions if p.asset_id.lower() == name.lower())
    if by_id:
        return by_id
    index = AssetIndex(Asset(p.asset_id, p.symbol, "") for p in plan.positions)
    try:
        meaning = resolve(name, index, currency=plan.currency)
    except AmbiguousAssetError as error:
        meant = {candidate.asset_id for candidate in error.candidates}
    except ValueError:
        return ()
    else:
        meant = {meaning.asset_id} if meaning else set()
    return tuple(p for p in plan.positions if p.asset_id in meant)


def trade_of(plan: Plan, asset_id: str) -> Trade | None:
    """Return the trade of an asset, None where it is not traded."""
    return next((trade for trade in plan.trades if trade.asset_id == asset_id), None)


def why_untraded(plan: Plan, position: PlanPosition, *, signals: Signals | None = None) -> str:
    """Say why nothing is done about an asset.

    Args:
        plan: that does not trade it.
        position: of the asset.
        signals: how far trends count in the portfolio; None where that is not known any more.
    """
    by_trend = (_shunned,) if signals in (Signals.TRIM, Signals.FOLLOW) else ()
    reasons = (_withheld, _unpriced, _barred, _unasked, _unwanted, *by_trend, *_WEIGHED)
    said = (reason(plan, position) for reason in reasons)
    otherwise = f"{_stands(plan, position)}, and moving it is not worth its cost"
    return next(filter(None, said), otherwise)


def _wish(position: PlanPosition) -> float:
    """Return the weight that is wanted, before limits."""
    wanted = position.target_weight
    return position.reference_weight if wanted is None else wanted


def _gap(position: PlanPosition) -> float:
    return _wish(position) - position.weight


def _withheld(plan: Plan, _: PlanPosition) -> str:
    is_withheld = plan.decision is Decision.WITHHELD
    return f"nothing is proposed at all: {plan.reason}" if is_withheld else ""


def _unpriced(_: Plan, position: PlanPosition) -> str:
    if position.price is None:
        return "it has no price, so it counts for nothing and is not traded"
    if position.quantity > 0 and position.doubt:
        return f"{position.doubt}, so it is not traded"
    if position.quantity > 0 and not position.value:  # in plans of older programs
        return "its price is too old or in doubt, so it counts for nothing and is not traded"
    return ""


def _barred(_: Plan, position: PlanPosition) -> str:
    """Name the lock that forbids what would be done."""
    lock = position.lock or ""
    gap = _gap(position)
    # A lock of a part keeps that part from being sold, and forbids no purchase.
    kinds = {kind for part, kind in LOCKS_SAID.findall(lock) if gap < -VISIBLE or not part}
    barring = {LockKind.FROZEN.value}
    if abs(gap) > VISIBLE:
        barring.add((LockKind.NO_BUY if gap > 0 else LockKind.NO_SELL).value)
    if not kinds & barring:
        return ""
    return f"it is locked: {in_words(lock)}"


def _unasked(plan: Plan, _: PlanPosition) -> str:
    """Return why nothing was solved for."""
    return plan.reason if plan.solver is None else ""


def _unwanted(_: Plan, position: PlanPosition) -> str:
    if position.quantity == 0 and _wish(position) <= 0:
        return "it is a candidate only, and nothing speaks for buying it"
    return ""


def _shunned(_: Plan, position: PlanPosition) -> str:
    """Name the trend where more is wanted of what is in a bearish one."""
    if not position.trend_acts or _gap(position) <= VISIBLE:
        return ""
    return "its trend is bearish, and what is bearish is not added to"


def _settled(plan: Plan, position: PlanPosition) -> str:
    if abs(_gap(position)) > VISIBLE:
        return ""
    return f"it stands where it is wanted, at {display.percent(plan.share_now(position.weight))}"


def _mode(plan: Plan, position: PlanPosition) -> str:
    """Name the mode where it keeps something from being sold, or from being paid for."""
    is_over = _gap(position) < 0
    if plan.mode == Mode.HYBRID.value and is_over:
        only = "but mode hybrid sells only what is out of its band or limit"
        return f"{_stands(plan, position)}, {only}"
    if plan.mode != Mode.CASH_FLOW.value:
        return ""
    if is_over:
        return f"{_stands(plan, position)}, but mode cash_flow sells nothing for that"
    wanted, left = 1.0 - sum(p.reference_weight for p in plan.positions), plan.proposed_cash_weight
    if left > wanted + VISIBLE:
        return ""
    spare = f"there is no cash to spare ({display.percent(left)})"
    return f"{_stands(plan, position)}, but mode cash_flow sells nothing for it, and {spare}"


def _turnover(plan: Plan, position: PlanPosition) -> str:
    line = next((line for line in plan.limits if line.name == "turnover"), None)
    if line is None or abs(position.reference_weight - position.weight) <= VISIBLE:
        return ""
    used = f"the turnover limit of {display.limit(line.bound)} went to what matters more"
    return f"{_stands(plan, position)}, but {used}"


def _limits(plan: Plan, position: PlanPosition) -> str:
    """Say what limits and signals have made of the wish, where they did."""
    left = position.reference_weight
    if abs(left - _wish(position)) <= VISIBLE:
        return ""
    named = next((f": {line.text}" for line in plan.limits if _concerns(line, position)), "")
    lowered = f"limits, locks and signals leave {display.percent(left)}"
    return f"{_stands(plan, position)}, of which {lowered}{named}"


def _concerns(line: LimitLine, position: PlanPosition) -> bool:
    own = (f"asset.{position.asset_id}.", f"sector.{position.sector}.")
    return bool(line.text) and line.name.startswith(own)


def _stands(plan: Plan, position: PlanPosition) -> str:
    now, wanted = display.percent(plan.share_now(position.weight)), display.percent(_wish(position))
    return f"it stands at {now} where {wanted} is wanted"


_WEIGHED: tuple[Reason, ...] = (_settled, _mode, _turnover, _limits)
"""Asked last, in this order: what was weighed and found wanting."""
