"""The policy table of a portfolio file, and the tables beside it that speak of assets."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from portfolios.loaders.alert_rules import OF_MARKET, named, parse_rule
from portfolios.loaders.asset_names import Naming
from portfolios.loaders.import_session import ImportSession
from portfolios.loaders.number_parsing import in_percent, parse_fraction, parse_money, total
from portfolios.loaders.suggestions import nearest, printable, shown
from portfolios.loaders.table import MOST_ENTRIES, Table, words
from portfolios.loaders.value_parsing import (
    one_of,
    parse_country,
    parse_days,
    parse_flag,
    parse_sector,
    parse_text,
)
from portfolios.model.assets import CASH
from portfolios.model.policy import (
    Freed,
    LimitUse,
    Mode,
    Policy,
    Profile,
    Range,
    Signals,
    Technical,
)
from portfolios.model.portfolio import AlertRule, Holding, Investor
from portfolios.model.sectors import SECTORS

POLICY_KEYS = (
    "mode",
    "signals",
    "freed",
    "technical",
    "limits",
    "turnover",
    "min_trade",
    "fee",
    "cash_buffer",
    "max_volatility",
    "bands",
    "rebalance_every",
    "candidates",
    "sectors",
    "assets",
)
INVESTOR_KEYS = ("accredited", "country")
MOST_FEE = Decimal("0.2")
MOST_VOLATILITY = Decimal(10)
"""1,000% per 30 days: beyond any asset, so a limit above it is a slip."""


class Known:
    """The assets and sectors that a policy, a target or a rule may speak of."""

    def __init__(self, naming: Naming, holdings: Collection[Holding]) -> None:
        self._naming = naming
        self._held = {holding.asset_id for holding in holdings}
        stated = (s for h in holdings for s in (h.sector, *h.membership) if s)
        traded = (s for asset in naming.index for s in asset.sectors)
        self._sectors = dict.fromkeys((*SECTORS, *stated, *traded))

    def asset(self, value: object) -> str:
        """Return a known asset id; ValueError with a sentence otherwise."""
        meant = self._naming.known(parse_text(value), self._held)
        if meant == CASH:
            raise ValueError("cash cannot be limited or wanted here: it is what the rest leaves")
        return meant

    def sector(self, value: object) -> str:
        """Return a known sector; ValueError with a sentence otherwise."""
        name = parse_sector(value)
        if name in self._sectors:
            return name
        near = nearest(name, self._sectors)
        ending = f"did you mean {near}?" if near else f"known: {', '.join(SECTORS)}"
        raise ValueError(f"sector {shown(value)} is unknown; {ending}")

    def rule(self, value: object) -> AlertRule:
        """Return a rule whose asset or sector is known; ValueError with a sentence otherwise.

        It is kept with the asset's id, whatever name it was typed with.
        """
        text = parse_text(value)
        rule = parse_rule(text)
        if not rule.name:
            return AlertRule(text)
        meant = (self.sector if rule.subject == "sector" else self.asset)(rule.name)
        if rule.subject in OF_MARKET and meant not in self._naming.index:
            raise ValueError(f"{printable(meant)} has no market, so its {rule.subject} is unknown")
        return AlertRule(text if meant == rule.name else named(text, meant))


def read_policy(table: Table | None, profile: Profile | None, known: Known) -> Policy:
    """Read the policy table; what it does not say stays with the profile's defaults."""
    plain = Policy(profile=profile)
    if table is None:
        return plain
    table.only(POLICY_KEYS)
    return Policy(
        profile=plain.profile,
        mode=table.take("mode", one_of(Mode)) or plain.mode,
        signals=table.take("signals", one_of(Signals)),
        freed=table.take("freed", one_of(Freed)) or plain.freed,
        technical=table.take("technical", one_of(Technical)) or plain.technical,
        limits=table.take("limits", one_of(LimitUse)),
        turnover=table.take("turnover", parse_fraction),
        min_trade=table.take("min_trade", parse_money),
        fee=table.take("fee", _fee),
        cash_buffer=table.take("cash_buffer", parse_fraction),
        max_volatility=table.take("max_volatility", _volatility),
        band=table.take("bands", _band),
        rebalance_every_days=table.take("rebalance_every", parse_days)
        or plain.rebalance_every_days,
        candidates=table.take("candidates", words(known.asset)) or (),
        sectors=_ranges(table, "sectors", known),
        assets=_ranges(table, "assets", known),
    )


def read_investor(table: Table | None) -> Investor:
    """Read what the user says about themselves."""
    if table is None:
        return Investor()
    table.only(INVESTOR_KEYS)
    return Investor(table.take("accredited", parse_flag), table.take("country", parse_country))


def read_targets(table: Table | None, known: Known) -> dict[str, Decimal] | None:
    """Read the targets; None where there are none."""
    if table is None:
        return None
    if not table.values:
        table.problem("targets names no asset; leave the table out, or name what you want")
    targets: dict[str, Decimal] = {}
    for name, share in table.entries(parse_fraction).items():
        if (meant := _meant(table, name, known, targets)) is not None:
            targets[meant] = share
    wanted = total(targets.values())
    if wanted > 1:
        table.problem(f"the targets add up to {in_percent(wanted)}, more than 100%")
    return targets


def read_alerts(table: Table, known: Known, session: ImportSession) -> tuple[AlertRule, ...]:
    """Read the user's own alert rules."""
    inner = list(table.tables("alerts"))
    if len(inner) > MOST_ENTRIES:
        table.problem(f"more than {MOST_ENTRIES:,} alerts", "alerts")
        return ()
    found: list[AlertRule] = []
    for alert in inner:
        alert.only(("when",))
        rule = alert.need("when", known.rule)
        if rule in found:
            session.warnings.append(f"the alert {shown(rule.when)} stands twice")
        elif rule is not None:
            found.append(rule)
    return tuple(found)


def _ranges(table: Table, key: str, known: Known) -> dict[str, Range]:
    outer = table.table(key)
    if outer is None:
        return {}
    if len(outer.values) > MOST_ENTRIES:
        outer.problem(f"{key} has more than {MOST_ENTRIES:,} entries")
        return {}
    found: dict[str, Range] = {}
    for name in outer.values:
        meant = _meant(outer, name, known, found, is_sector=key == "sectors")
        limits = _range(outer, name, key)
        if meant is not None:
            found[meant] = limits
    return found


def _range(outer: Table, name: str, key: str) -> Range:
    limits = outer.table(name)
    if limits is None:
        return Range()
    if key == "assets" and "min" in limits.values:
        limits.problem("an asset has a max only; what you want to keep is a target", "min")
    else:
        limits.only(("min", "max"))
    if not limits.values:
        limits.problem(f"{printable(name)} names neither min nor max")
    return Range(limits.take("min", parse_fraction), limits.take("max", parse_fraction))


def _fee(value: object) -> Decimal:
    """Read what a trade costs; more than a fifth of its value is refused."""
    return parse_fraction(value, most=MOST_FEE)


def _meant(
    table: Table, name: str, known: Known, others: Collection[str], *, is_sector: bool = False
) -> str | None:
    """Return the id or sector that a key means; None, with a problem, for nothing or one twice."""
    try:
        meant = (known.sector if is_sector else known.asset)(name)
    except ValueError as error:
        table.problem(str(error), name)
        return None
    if meant in others:
        table.problem(f"{printable(meant)} stands twice, as {shown(name)} too", name)
        return None
    return meant


def _volatility(value: object) -> Decimal:
    return parse_fraction(value, most=MOST_VOLATILITY)


def _band(value: object) -> Decimal | None:
    """Read `"5/25"` as None, the rule that needs no number, or a fixed band."""
    if isinstance(value, str) and value.replace(" ", "") == "5/25":
        return None
    if isinstance(value, str) and "/" in value:
        raise ValueError(f'{shown(value)} is unknown; write "5/25" or a fixed band as "3%"')
    return parse_fraction(value)
