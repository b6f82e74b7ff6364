"""Money that is no asset: currencies by code, name and sign, and rows that only add up others."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CODES = """
aed ars aud bdt bgn bhd brl cad chf clp cny cop czk dkk egp eur gbp gel hkd huf idr ils inr isk jpy
krw kwd kzt mad mxn myr ngn nok nzd pen php pkr pln qar rsd rub sar sek sgd thb try twd uah usd uyu
vnd zar
"""
_TOTAL_WORDS = """
total totals sum sums subtotal sub-total grand-total total-value portfolio-total total-usd total-eur
overall gesamt summe gesamtsumme insgesamt totale totaal somme suma
"""
CURRENCIES = frozenset(_CODES.split())
"""Codes in lower case; those that a large coin bears as its symbol too (RON, MNT) are left out."""

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("$", "us$", "us-dollar", "us-dollars", "dollar", "dollars"), "usd"),
        **dict.fromkeys(("€", "euro", "euros"), "eur"),
        **dict.fromkeys(("£", "pound", "pounds", "british-pound", "pound-sterling"), "gbp"),
        **dict.fromkeys(("¥", "yen", "japanese-yen"), "jpy"),
        **dict.fromkeys(("swiss-franc", "franc", "francs"), "chf"),
        **dict.fromkeys(("canadian-dollar", "ca$"), "cad"),
        **dict.fromkeys(("australian-dollar", "au$"), "aud"),
        **dict.fromkeys(("won", "korean-won", "₩"), "krw"),
        **dict.fromkeys(("rupee", "rupees", "indian-rupee", "₹"), "inr"),
        **dict.fromkeys(("real", "brazilian-real", "r$"), "brl"),
    }
)
_TOTALS = frozenset(_TOTAL_WORDS.split())


def currency_of(key: str) -> str | None:
    """Return the code of the currency that a name means, None for anything else.

    Args:
        key: as `name_key` makes it.
    """
    return key if key in CURRENCIES else _NAMES.get(key)


def is_total(key: str) -> bool:
    """Tell whether a row of this name adds up the others.

    >>> is_total("total:"), is_total("bitcoin")
    (True, False)
    """
    return key.strip(":-= ") in _TOTALS
