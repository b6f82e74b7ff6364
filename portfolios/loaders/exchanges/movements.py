"""What one row of an export does to the balances, by the rule of its kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase

from portfolios.loaders.exchanges.amounts import EMPTY, Notation, parse_amount
from portfolios.loaders.exchanges.export_format import Format, Term, terms
from portfolios.loaders.exchanges.layout import Layout
from portfolios.loaders.exchanges.pairs import split_pair
from portfolios.loaders.suggestions import printable, shown
from portfolios.loaders.value_parsing import parse_text

LONGEST_KIND = 200
_COUNTED = frozenset(
    {"complete", "completed", "done", "success", "successful", "succeeded", "ok", "confirmed",
     "confirm", "distributed", "posted", "finished", "approved", "settled", "executed", "filled",
     "true", "processed", "credited", "paid"}
)  # fmt: skip
_NOT_COUNTED = frozenset(
    {"failed", "failure", "fail", "rejected", "canceled", "cancelled", "pending", "processing",
     "void", "draft", "expired", "declined", "reverted", "error", "waiting", "refused", "aborted",
     "not", "incomplete", "unconfirmed"}
)  # fmt: skip
_YES = frozenset({"true", "yes", "1", "x", "y", "ignored", "deleted"})
_COINS = frozenset({"crypto", "cryptocurrency", "cryptocurrencies", "coin", "coins", "token"})
_MONEY = frozenset({"fiat", "forex", "cash", "currency", "money"})
_ID_OF_SOURCE = "coingecko"
_PAIR_SOURCE = "yahoo"
_NAMED = re.compile(r"(.+?) \((.+)\)")


@dataclass(frozen=True, slots=True)
class AssetWord:
    """What a row calls an asset.

    Attributes:
        text: as written, or its symbol where the tool's own code is known.
        is_symbol: written where symbols stand, not ids.
        name: a name beside the symbol, which may tell it from others.
        own_id: the tool's own id of the asset, beside the symbol.
    """

    text: str
    is_symbol: bool = True
    name: str = ""
    own_id: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of one balance."""

    asset: AssetWord
    change: Decimal
    account: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a row does.

    Attributes:
        movements: the changes of balances.
        skipped: why it is not counted; empty where it is.
        note: what should be known of it although it is counted.
    """

    movements: tuple[Movement, ...] = ()
    skipped: str = ""
    note: str = ""


def effect_of(layout: Layout, cells: Sequence[str], notation: Notation) -> Effect:
    """Return what a row does.

    Raises:
        ValueError: it is not understood, with a sentence.
    """
    if why := _not_counted(layout, cells):
        return Effect(skipped=why)
    kind = "/".join(layout.value(role, cells).lower() for role in layout.format.kind_from)
    kind = kind[:LONGEST_KIND].replace("_", " ")
    rule, is_listed = rule_of(layout.format, kind)
    if rule is None:
        raise ValueError(f"the kind {shown(kind.strip('/'))} is not known of {layout.format}")
    if rule.startswith("!"):
        raise ValueError(f"{printable(kind.strip('/'))}: {rule[1:]}")
    found = (_movement(term, layout, cells, notation) for term in terms(rule))
    movements = tuple(m for m in found if m is not None and m.change)
    note = "" if is_listed or not movements else f"the kind {shown(kind.strip('/'))} is not known"
    return Effect(movements, note=note)


def rule_of(fmt: Format, kind: str) -> tuple[str | None, bool]:
    """Return the rule of a kind, and whether the format lists it."""
    rule = fmt.kinds.get(kind)
    if rule is None:
        rule = next((r for k, r in fmt.kinds.items() if "*" in k and fnmatchcase(kind, k)), None)
    return (fmt.otherwise, False) if rule is None else (rule, True)


def _not_counted(layout: Layout, cells: Sequence[str]) -> str:
    if layout.format.row_id and not layout.value(layout.format.row_id, cells):
        return "without an id, so announced only"
    if layout.value("deleted", cells).lower() in _YES:
        return "deleted or a draft"
    words = layout.value("status", cells).lower().replace("_", " ").split("/")[0].split()
    if set(words) & _NOT_COUNTED:
        return "not completed"
    if words and not set(words) & _COUNTED:
        raise ValueError(f"the status {shown(' '.join(words))} is not known")
    kind = layout.value("class", cells).lower()
    if kind in EMPTY or kind in _COINS | _MONEY:
        return "not a coin: it has an ISIN" if layout.value("isin", cells) else ""
    return f"not a coin: {printable(kind)}"


def _movement(
    term: Term, layout: Layout, cells: Sequence[str], notation: Notation
) -> Movement | None:
    text, unit = layout.value(term.leg, cells), layout.value(f"{term.leg}_asset", cells)
    if (pattern := layout.format.patterns.get(term.leg)) is not None:
        found = pattern[1].search(layout.value(pattern[0], cells))
        text, unit = (found["amount"], found["asset"]) if found else ("", "")
    try:
        amount = parse_amount(text, notation)
    except ValueError as error:
        raise ValueError(f"{term.leg} {error}") from None
    if amount is None and not term.is_optional:
        raise ValueError(f"the amount of {term.leg} is missing")
    number, glued = amount or (Decimal(0), "")
    if not number:
        return None
    word = _asset(term, layout, cells, unit or glued)
    if word is None:
        return None
    account = layout.value(f"{term.leg}_account", cells) or layout.value("account", cells)
    return Movement(word, _signed(term.sign, number), parse_text(account or layout.format.tool))


def _signed(sign: str, number: Decimal) -> Decimal:
    sized = {"+": number.copy_abs(), "-": -number.copy_abs(), "=": number, "~": -number}
    return sized[sign]


def _asset(term: Term, layout: Layout, cells: Sequence[str], text: str) -> AssetWord | None:
    """Return what an amount is of; None where the tool counts something there that is no asset."""
    if not text and (pair := layout.value("pair", cells)):
        base, quote = split_pair(pair)
        text = base if term.leg == "base" else quote
    if not text or text in EMPTY:
        raise ValueError(f"the amount of {term.leg} has no asset")
    code = layout.format.codes.get(text.upper())
    if code is not None:
        return AssetWord(code) if code else None
    return _word(parse_text(text), layout.value("source", cells).lower(), layout, cells)


def _word(text: str, source: str, layout: Layout, cells: Sequence[str]) -> AssetWord:
    if source == _ID_OF_SOURCE:
        return AssetWord(text, is_symbol=False)
    if source == _PAIR_SOURCE and re.fullmatch(r"[A-Z0-9]+-?[A-Z]{3}", text) and len(text) > 5:
        return AssetWord(text[:-3].rstrip("-"))
    symbol, _, own_id = text.partition(";")
    if named := _NAMED.fullmatch(symbol):
        return AssetWord(named[1].strip(), name=named[2].strip())
    name = layout.value("asset_name", cells)
    return AssetWord(symbol.strip(), name=name, own_id=own_id.strip())
