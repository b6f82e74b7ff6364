"""The two assets of a traded pair."""

from __future__ import annotations

import re

from portfolios.loaders.names.currencies import CURRENCIES
from portfolios.loaders.suggestions import shown

_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "USDS", "DAI", "BTC", "ETH", "BNB",
           "XBT", *sorted(code.upper() for code in CURRENCIES))  # fmt: skip


def split_pair(pair: str) -> tuple[str, str]:
    """Return what is traded and what it is paid in.

    >>> split_pair("BTC-USDT"), split_pair("ETH/EUR"), split_pair("SOLUSDT")
    (('BTC', 'USDT'), ('ETH', 'EUR'), ('SOL', 'USDT'))

    Raises:
        ValueError: with a sentence, where the two cannot be told.
    """
    parts = re.split(r"[-/_: ]", pair.strip().upper())
    if len(parts) == 2 and all(parts):
        return parts[0], parts[1]
    fitting = [q for q in _QUOTES if pair.upper().endswith(q) and len(pair) > len(q) + 1]
    if len(parts) != 1 or not fitting:
        raise ValueError(f"the two assets of {shown(pair)} cannot be told")
    quote = max(fitting, key=len)
    return pair.upper()[: -len(quote)], quote
