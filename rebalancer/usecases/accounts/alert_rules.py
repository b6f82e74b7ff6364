"""Gives a portfolio a rule of its owner's own, and takes one away."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from portfolios.errors import UsageError
from portfolios.loaders.alert_rules import Rule, parse_rule
from portfolios.loaders.asset_names import Naming
from portfolios.loaders.policies import Known
from portfolios.model.assets import AssetIndex
from portfolios.model.portfolio import AlertRule, Portfolio
from portfolios.store.portfolio_store import Store

MOST_RULES = 50
HINT = 'e.g. "price bitcoin > 100000", "sector.ai > 30%", "drift > 5%", "value < 9000"'


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a rule that was asked for.

    Attributes:
        when: the rule as it is kept.
        is_new: the portfolio did not have it before.
        doubt: what to mind about its asset; empty where it is priced.
    """

    when: str
    is_new: bool
    doubt: str = ""


def add_rule(
    store: Store,
    name: str,
    text: str,
    *,
    index: Callable[[], AssetIndex],
    priced: Collection[str],
    at: datetime,
) -> Added:
    """Give a portfolio a rule; one that says the same as another is no new one.

    Args:
        store: of the portfolio.
        name: of the portfolio.
        text: the rule as written; it is kept with the id of the asset that it names.
        index: returns the known assets; asked only where the rule names an asset or a sector.
        priced: ids of assets that have a price by now.
        at: the moment.

    Raises:
        UsageError: for what is no rule, for one that never becomes true because nobody knows its
            asset or sector, and for one too many.
    """
    when = _resolved(text, store.load_portfolio(name), index)
    with store.database.transaction():
        kept = store.load_portfolio(name)
        if same := _same(kept, when):
            return Added(same[0].when, is_new=False)
        if len(kept.alerts) >= MOST_RULES:
            raise UsageError(
                f"{name} has {MOST_RULES} rules, the most there may be", hint="remove one first"
            )
        store.save_portfolio(replace(kept, alerts=(*kept.alerts, AlertRule(when))), at=at)
    return Added(when, is_new=True, doubt=_doubt(read_rule(when), kept, priced))


def remove_rule(store: Store, name: str, when: str, *, at: datetime) -> bool:
    """Take a rule from a portfolio; False where it has none that says this."""
    with store.database.transaction():
        kept = store.load_portfolio(name)
        gone = _same(kept, when)
        if gone:
            rest = tuple(alert for alert in kept.alerts if alert not in gone)
            store.save_portfolio(replace(kept, alerts=rest), at=at)
    return bool(gone)


def read_rule(text: str) -> Rule:
    """Read a rule.

    Raises:
        UsageError: for what is none.
    """
    try:
        return parse_rule(text)
    except ValueError as error:
        raise UsageError(str(error), hint=HINT) from None


def _resolved(text: str, portfolio: Portfolio, index: Callable[[], AssetIndex]) -> str:
    """Return a rule with its asset named by id, or its sector as it is kept."""
    if not read_rule(text).name:
        return text
    naming = Naming(index(), {}, currency=portfolio.currency, takes_map=False)
    naming.unknown.update(portfolio.unknown)
    try:
        return Known(naming, portfolio.holdings).rule(text).when
    except ValueError as error:
        raise UsageError(str(error), hint=HINT) from None


def _doubt(rule: Rule, portfolio: Portfolio, priced: Collection[str]) -> str:
    """Say what to mind about an asset that is not priced yet; empty where there is nothing."""
    held = {holding.asset_id for holding in portfolio.holdings} | portfolio.wished
    if not rule.name or rule.subject == "sector" or rule.name in held or rule.name in priced:
        return ""
    return f"{rule.name} is not priced here yet, the next refresh looks for it"


def _same(portfolio: Portfolio, when: str) -> tuple[AlertRule, ...]:
    """Return the rules that say the same, however they are spaced."""
    meant = _read(when)
    return tuple(
        a for a in portfolio.alerts if a.when == when or (meant and _read(a.when) == meant)
    )


def _read(when: str) -> Rule | None:
    try:
        return parse_rule(when)
    except ValueError:
        return None
