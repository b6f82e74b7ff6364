"""Which asset a name means: the one answer for files, rules, targets, locks, what-if and chat.

An exact id is taken at its word. Any other spelling is looked up among ids, display names,
symbols, codes of exchanges and old names alike; where they lead to several assets, the one that
dwarfs the others is meant, and else only the user can say.
"""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.loaders.names.currencies import currency_of
from portfolios.loaders.names.exchange_codes import SYMBOLS, symbols_of
from portfolios.loaders.names.renames import ALSO_CALLED, RENAMED
from portfolios.loaders.suggestions import printable, shown
from portfolios.model.assets import CASH, AssetIndex, name_key


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name means.

    Attributes:
        asset_id: `CASH` for the portfolio's own currency.
        note: what the user should know of the reading; empty where it is evident.
    """

    asset_id: str
    note: str = ""


def resolve(
    word: str, index: AssetIndex, *, currency: str = "usd", is_symbol: bool = False
) -> Meaning | None:
    """Return what a name means, None when nobody knows it.

    Args:
        word: as typed.
        index: the known assets.
        currency: the one that counts as cash.
        is_symbol: it was written where symbols belong, so being some asset's id decides nothing.

    Raises:
        AmbiguousAssetError: with the candidates, largest first.
        ValueError: with a sentence, for another currency and for what must be converted.
    """
    key, code = name_key(word), SYMBOLS.get(word.upper(), "")
    if key == CASH:
        return Meaning(CASH)
    if not is_symbol and word in index:
        return Meaning(word)
    if money := currency_of(key) or currency_of(code.lower()):
        return _money(word, money, currency)
    if (found := _borne(word, code, index)) is not None:
        return found
    _refuse_converted(word)
    return _by_code(word, index, currency)


def _borne(word: str, code: str, index: AssetIndex) -> Meaning | None:
    """Return what bears a name, counting in what its code, old or other name stands for."""
    key, meant = name_key(word), index.resolve(code) if code else None
    renamed = RENAMED.get(key)
    new = renamed.asset_id if renamed is not None and renamed.per_old == "1" else ""
    also = (ALSO_CALLED.get(key, ""), new, meant.asset_id if meant else "")
    asset = index.resolve(word, also=also)
    if asset is None:
        return None
    if asset.asset_id == new:
        return Meaning(new, f"{printable(word)} was replaced one for one by {new}")
    return Meaning(asset.asset_id, _read_as(word, asset.asset_id) if asset is meant else "")


def _money(word: str, money: str, currency: str) -> Meaning:
    if money == currency:
        return Meaning(CASH)
    raise ValueError(
        f"{shown(word)} is a currency, and this portfolio counts in {currency}; "
        f"write what it is worth in {currency} as cash"
    )


def _refuse_converted(word: str) -> None:
    """Refuse what became something else in another quantity."""
    renamed = RENAMED.get(name_key(word))
    if renamed is not None and renamed.per_old != "1":
        raise ValueError(
            f"{shown(word)} became {renamed.asset_id}, {renamed.per_old} for each; "
            f"write {renamed.asset_id} with the quantity converted"
        )


def _by_code(word: str, index: AssetIndex, currency: str) -> Meaning | None:
    for symbol in symbols_of(word):
        if money := currency_of(symbol.lower()):
            return _money(word, money, currency)
        asset = index.resolve(symbol)
        if asset is not None:
            return Meaning(asset.asset_id, _read_as(word, asset.asset_id))
    return None


def _read_as(word: str, asset_id: str) -> str:
    return f"{printable(word)} is read as {asset_id}, by the code that exchanges use"
