"""A portfolio as a file again: TOML in full, CSV for the holdings.

The TOML loads back to an equal portfolio; weights recorded when a portfolio was added belong to
the store and have no file form. The CSV keeps what a row can hold (one cost, one lock) and is safe
to open in a spreadsheet: text that looks like a formula is guarded, numbers stay numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from portfolios.loaders.csv_file import GUARD, is_formula
from portfolios.loaders.number_parsing import in_percent, total
from portfolios.model.assets import CASH
from portfolios.model.policy import Policy, Range, Technical
from portfolios.model.portfolio import Holding, Investor, Lock, Lot, Portfolio, Restrictions
from portfolios.values.canonical import plain

COLUMNS = (
    "asset",
    "quantity",
    "sector",
    "price",
    "price_as_of",
    "cost",
    "lock",
    "until",
    "reason",
    "account",
)

_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def to_toml(portfolio: Portfolio) -> str:
    """Write a portfolio in the full form; what equals a default is left out."""
    blocks = (
        _head(portfolio),
        _block("[investor]", _investor(portfolio.investor)),
        _block("[policy]", _policy(portfolio.policy)),
        _block("[targets]", _targets(portfolio.targets)),
        *(_block("[[alerts]]", [("when", _text(rule.when))]) for rule in portfolio.alerts),
        *(_block("[[holdings]]", _holding(holding)) for holding in portfolio.holdings),
        _block("[[holdings]]", _cash(portfolio.cash)),
    )
    return "\n".join(block for block in blocks if block)


def to_csv(portfolio: Portfolio) -> str:
    """Write the holdings and the cash, one row each, sorted by asset id."""
    rows = [_row(holding) for holding in portfolio.holdings]
    if portfolio.cash:
        rows.append(_row(Holding(CASH, portfolio.cash)))
    return "".join(",".join(cells) + "\n" for cells in ([_cell(c) for c in COLUMNS], *rows))


_Pair = tuple[str, str]


def _block(header: str, pairs: Iterable[_Pair]) -> str:
    lines = [f"{key} = {value}\n" for key, value in pairs]
    return "".join([f"{header}\n", *lines]) if lines else ""


def _head(portfolio: Portfolio) -> str:
    lines = [
        f"name = {_text(portfolio.name)}",
        f"currency = {_text(portfolio.currency)}",
    ]
    if portfolio.policy.profile is not None:
        lines.append(f"profile = {_text(portfolio.policy.profile.value)}")
    if portfolio.unknown:
        lines.append("allow_unknown = true")
    if portfolio.targets_from:
        lines.append(f"targets_from = {_text(portfolio.targets_from)}")
    return "\n".join(lines) + "\n"


def _investor(investor: Investor) -> Iterator[_Pair]:
    if investor.accredited is not None:
        yield "accredited", _flag(investor.accredited)
    if investor.country is not None:
        yield "country", _text(investor.country)


def _policy(policy: Policy) -> Iterator[_Pair]:
    yield "mode", _text(policy.mode.value)
    if policy.signals is not None:
        yield "signals", _text(policy.signals.value)
    yield "freed", _text(policy.freed.value)
    if policy.technical is Technical.USE:
        yield "technical", _text(policy.technical.value)
    if policy.limits is not None:
        yield "limits", _text(policy.limits.value)
    yield from _fractions(turnover=policy.turnover, fee=policy.fee)
    if policy.min_trade is not None:
        yield "min_trade", _number(policy.min_trade)
    yield from _fractions(
        cash_buffer=policy.cash_buffer, max_volatility=policy.max_volatility, bands=policy.band
    )
    yield "rebalance_every", _text(f"{policy.rebalance_every_days}d")
    if policy.candidates:
        yield "candidates", _list(map(_text, policy.candidates))
    for key, ranges in (("sectors", policy.sectors), ("assets", policy.assets)):
        if ranges:
            yield key, _table((name, _range(limits)) for name, limits in ranges.items())


def _fractions(**fractions: Decimal | None) -> Iterator[_Pair]:
    return ((key, _fraction(value)) for key, value in fractions.items() if value is not None)


def _range(limits: Range) -> str:
    return _table(_fractions(min=limits.min, max=limits.max))


def _targets(targets: Mapping[str, Decimal] | None) -> Iterator[_Pair]:
    return ((_key(asset_id), _fraction(weight)) for asset_id, weight in (targets or {}).items())


def _holding(holding: Holding) -> Iterator[_Pair]:
    yield "asset", _text(holding.asset_id)
    for key in ("symbol", "name", "kind"):
        text = getattr(holding, key)
        if text:
            yield key, _text(text)
    if holding.membership:
        yield "sector", _table((s, _fraction(w)) for s, w in holding.membership.items())
    elif holding.sector:
        yield "sector", _text(holding.sector)
    yield "quantity", _number(holding.quantity)
    if holding.stated:
        yield "price", _number(holding.stated.price)
        yield "price_as_of", holding.stated.as_of.isoformat()
    if holding.lots:
        yield "lots", _stacked(map(_lot, holding.lots))
    if holding.locks:
        locks = [_lock(lock) for lock in holding.locks]
        yield "lock", locks[0] if len(locks) == 1 else _stacked(locks)
    if holding.restrictions != Restrictions():
        yield "restrictions", _table(_restrictions(holding.restrictions))
    if holding.account:
        yield "account", _text(holding.account)


def _cash(cash: Decimal) -> Iterator[_Pair]:
    if cash:
        yield "asset", _text(CASH)
        yield "quantity", _number(cash)


def _lot(lot: Lot) -> str:
    pairs = [("quantity", _number(lot.quantity))]
    if lot.cost is not None:
        pairs.append(("cost", _number(lot.cost)))
    if lot.acquired is not None:
        pairs.append(("acquired", lot.acquired.isoformat()))
    return _table(pairs)


def _lock(lock: Lock) -> str:
    pairs = [("kind", _text(lock.kind.value))]
    if lock.quantity is not None:
        pairs.append(("quantity", _number(lock.quantity)))
    if lock.until is not None:
        pairs.append(("until", lock.until.isoformat()))
    if lock.reason:
        pairs.append(("reason", _text(lock.reason)))
    return _table(pairs)


def _restrictions(rules: Restrictions) -> Iterator[_Pair]:
    if rules.accredited_only:
        yield "accredited_only", _flag(rules.accredited_only)
    if rules.countries_allowed:
        yield "countries_allowed", _list(map(_text, rules.countries_allowed))
    if rules.lockup_until is not None:
        yield "lockup_until", rules.lockup_until.isoformat()
    if rules.max_holders_reached:
        yield "max_holders_reached", _flag(rules.max_holders_reached)
    if rules.transferable is None:
        yield "transferable", _text("unknown")
    elif not rules.transferable:
        yield "transferable", _flag(rules.transferable)


# --- TOML's own words


def _table(pairs: Iterable[_Pair]) -> str:
    inner = ", ".join(f"{_key(key)} = {value}" for key, value in pairs)
    return f"{{ {inner} }}" if inner else "{}"


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _stacked(items: Iterable[str]) -> str:
    return "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(text: str) -> str:
    return '"' + "".join(_SHORT.get(ch) or _escaped(ch) for ch in text) + '"'


def _escaped(ch: str) -> str:
    return f"\\u{ord(ch):04X}" if ord(ch) < 0x20 or ord(ch) == 0x7F else ch


def _number(number: Decimal) -> str:
    return _text(plain(number))


def _fraction(fraction: Decimal) -> str:
    return _text(in_percent(fraction))


def _flag(flag: bool) -> str:
    return "true" if flag else "false"


# --- CSV


def _row(holding: Holding) -> list[str]:
    costs = [lot.cost for lot in holding.lots]
    paid = [cost for cost in costs if cost is not None]
    lock = holding.locks[0] if holding.locks else None
    return [
        _cell(holding.asset_id),
        plain(holding.quantity),
        _cell(holding.sector),
        plain(holding.stated.price) if holding.stated else "",
        _day(holding.stated.as_of if holding.stated else None),
        plain(total(paid)) if paid and len(paid) == len(costs) else "",
        _cell(lock.kind.value if lock else ""),
        _day(lock.until if lock else None),
        _cell(lock.reason if lock else ""),
        _cell(holding.account),
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def guarded(text: str) -> str:
    """Return text for one cell: on one line, and never run as a formula by a spreadsheet.

    >>> guarded("=1+1"), guarded("bitcoin")
    ("'=1+1", 'bitcoin')
    """
    line = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text)
    return GUARD + line if is_formula(text) or is_formula(line) else line


def _cell(text: str) -> str:
    return '"' + guarded(text).replace('"', '""') + '"' if text else ""
