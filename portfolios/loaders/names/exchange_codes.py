"""What exchanges call assets: their own symbols, staked and savings forms, and pairs.

One table and one function, for every file that comes from an exchange. Only what cannot be meant
otherwise is read: a position in a future, or a name in lower case that could be an id, is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from portfolios.loaders.names.currencies import CURRENCIES

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        # Kraken: X before what is mined, Z before money, and symbols of its own.
        **dict.fromkeys(("XBT", "XXBT"), "BTC"),
        **dict.fromkeys(("XETH", "ETH2"), "ETH"),
        **dict.fromkeys(("XDG", "XXDG"), "DOGE"),
        **{f"X{s}": s for s in ("ETC", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC")},
        **{f"Z{s}": s for s in ("AUD", "CAD", "CHF", "EUR", "GBP", "JPY", "USD")},
        # Bitfinex and older listings. Left out: what is another coin's symbol by now (IOT, DOG).
        **dict.fromkeys(("BCHABC", "BCHN"), "BCH"),
        "BCHSV": "BSV",
        "DSH": "DASH",
        "QTM": "QTUM",
        "USDT0": "USDT",
    }
)
"""Code -> symbol, where they differ; both in capitals."""

_QUOTES = ("FDUSD", "BUSD", "TUSD", "USDT", "USDC", "ZUSD", "ZEUR", "ZGBP", "ZJPY", "ZCAD", "USD",
           "EUR", "GBP")  # fmt: skip
_MONEY = {*_QUOTES, *(code.upper() for code in CURRENCIES)}
_ONE_TOKEN = frozenset({"CRVUSD", "SCRVUSD", "FRXUSD", "SFRXUSD", "AAVEUSD", "AXLUSDC", "AXLUSDT",
                        "FXUSD", "STUSDT"})  # fmt: skip
"""Tokens that look like a pair without being one."""
_PAIR = re.compile(r"(?:[A-Z]{3,12}:)?([A-Z0-9]{2,12}) ?[-/_:] ?([A-Z]{3,5})")
_SUFFIXED = re.compile(r"([A-Z0-9]{2,10}?)(?:\d\d)?\.(?:S|M|F|B|P|HOLD)")
"""Kraken: staked, in savings, on hold."""


def symbols_of(code: str) -> Iterator[str]:
    """Yield the symbols that a code of an exchange may stand for, the likeliest first.

    >>> [*symbols_of("XXBT")], [*symbols_of("BTC-USD")], [*symbols_of("XXBTZUSD")]
    (['BTC'], ['BTC'], ['BTC'])
    >>> [*symbols_of("DOT28.S")], [*symbols_of("LDBNB")], [*symbols_of("aave-usdc")]
    (['DOT'], ['BNB'], [])

    Args:
        code: as written; only what is in capitals is read as a pair or as a form.
    """
    if (symbol := SYMBOLS.get(code.upper())) is not None:
        yield symbol
    for part in _parts(code):
        yield SYMBOLS.get(part, part)


def _parts(code: str) -> Iterator[str]:
    """Yield what is left of a code without its quote currency, suffix or prefix."""
    if code in _ONE_TOKEN:
        return
    if (pair := _PAIR.fullmatch(code)) and pair[2] in _MONEY:
        yield pair[1]
    if form := _SUFFIXED.fullmatch(code):
        yield form[1]
    venue, _, plain = code.rpartition(":")
    if venue.isupper() or not venue:
        plain = plain[1:] if re.fullmatch(r"t[A-Z0-9]{6,12}", plain) else plain
        yield from _without_quote(plain)
    if re.fullmatch(r"LD[A-Z0-9]{3,10}", code):
        yield code[2:]


def _without_quote(code: str) -> Iterator[str]:
    for quote in _QUOTES:
        least = 2 if quote in ("USDT", "USDC", "BUSD", "FDUSD") else 3
        base = code.removesuffix(quote)
        if base != code and re.fullmatch(rf"[A-Z0-9]{{{least},12}}", base):
            yield base
            return
