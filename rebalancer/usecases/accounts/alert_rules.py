"""Gives a portfolio a rule of its owner's own, and takes one away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from portfolios.errors import UsageError
from portfolios.loaders.alert_rules import Rule, parse_rule
from portfolios.loaders.suggestions import nearest
from portfolios.model.market import Market
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


def add_rule(store: Store, name: str, text: str, *, market: Market | None, at: datetime) -> Added:
    """Give a portfolio a rule; one that says the same as another is no new one.

    Args:
        store: of the portfolio.
        name: of the portfolio.
        text: the rule as written; its asset may be named by a symbol that the market knows.
        market: the newest known.
        at: the moment.

    Raises:
        UsageError: for what is no rule, and for one too many.
        AmbiguousAssetError: for a symbol that several assets bear.
    """
    with store.database.transaction():
        kept = store.load_portfolio(name)
        when, doubt = _named(read_rule(text), text, kept, market)
        if same := _same(kept, when):
            return Added(same[0].when, is_new=False)
        if len(kept.alerts) >= MOST_RULES:
            raise UsageError(
                f"{name} has {MOST_RULES} rules, the most there may be", hint="remove one first"
            )
        store.save_portfolio(replace(kept, alerts=(*kept.alerts, AlertRule(when))), at=at)
    return Added(when, is_new=True, doubt=doubt)


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


def _named(rule: Rule, text: str, portfolio: Portfolio, market: Market | None) -> tuple[str, str]:
    """Return a rule with its asset named by id, and what to mind about that asset."""
    held = {holding.asset_id for holding in portfolio.holdings} | portfolio.wished
    if not rule.name or rule.subject == "sector" or rule.name in held:
        return text, ""
    known = market.assets if market else {}
    if rule.name in known:
        return text, ""
    asset = market.index().resolve(rule.name) if market else None
    if asset is not None:
        return text.replace(rule.name, asset.asset_id, 1), ""
    near = nearest(rule.name.lower(), known)
    meant = f"; did you mean {near}?" if near else ""
    return text, f"{rule.name} is not priced here yet, the next refresh looks for it{meant}"


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
