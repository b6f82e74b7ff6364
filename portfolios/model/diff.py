"""What changes between two versions of a portfolio, for people to read before it is saved."""

from __future__ import annotations

from dataclasses import fields

from portfolios.model.portfolio import Holding, Portfolio
from portfolios.values.canonical import plain

SIMPLE = ("currency", "policy", "targets", "targets_from", "investor", "alerts")
DETAILS = ("locks", "restrictions", "stated", "lots", "sector", "membership", "account")


def difference(old: Portfolio | None, new: Portfolio) -> tuple[str, ...]:
    """Return one line for each change; empty when nothing changes.

    >>> from decimal import Decimal
    >>> before = Portfolio("core", holdings=(Holding("bitcoin", Decimal(1)),))
    >>> after = Portfolio("core", holdings=(Holding("bitcoin", Decimal("1.5")),))
    >>> difference(before, after)
    ('bitcoin: 1 -> 1.5',)
    """
    if old is None:
        lines = [f"{h.asset_id}: {plain(h.quantity)} (new)" for h in new.holdings]
        return (*lines, f"cash: {plain(new.cash)}") if new.cash else tuple(lines)
    return (*_holdings(old, new), *_cash(old, new), *_wishes(old, new))


def _holdings(old: Portfolio, new: Portfolio) -> list[str]:
    before = {h.asset_id: h for h in old.holdings}
    after = {h.asset_id: h for h in new.holdings}
    lines = []
    for asset_id in sorted(before.keys() | after.keys()):
        lines += _holding(asset_id, before.get(asset_id), after.get(asset_id))
    return lines


def _holding(asset_id: str, old: Holding | None, new: Holding | None) -> list[str]:
    if old is None and new is not None:
        return [f"{asset_id}: {plain(new.quantity)} (new)"]
    if new is None and old is not None:
        return [f"{asset_id}: {plain(old.quantity)} -> none"]
    if old is None or new is None:
        return []
    changes = [f"{name} changed" for name in DETAILS if getattr(old, name) != getattr(new, name)]
    if old.quantity != new.quantity:
        changes.insert(0, f"{plain(old.quantity)} -> {plain(new.quantity)}")
    return [f"{asset_id}: {', '.join(changes)}"] if changes else []


def _cash(old: Portfolio, new: Portfolio) -> list[str]:
    if old.cash == new.cash:
        return []
    return [f"cash: {plain(old.cash)} -> {plain(new.cash)}"]


def _wishes(old: Portfolio, new: Portfolio) -> list[str]:
    changed = [name for name in SIMPLE if getattr(old, name) != getattr(new, name)]
    if "policy" in changed:
        changed.remove("policy")
        changed += [
            f"policy.{f.name}"
            for f in fields(old.policy)
            if getattr(old.policy, f.name) != getattr(new.policy, f.name)
        ]
    return [f"{name} changed" for name in changed]
