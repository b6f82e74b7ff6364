"""Rows of Token Metrics as one kind of row, whichever version of the service sent them.

The versions differ in the case of their keys and in how they write units, some rows name the
same thing twice in different case, numbers come as numbers or text, and dates with or without a
time. All of that ends here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from portfolios.providers.http.fields import decimal, moment, number, text, whole
from portfolios.providers.records import SignalRow, TokenRow

Row = Mapping[str, object]

_UNITS = re.compile(r"(\d+)_([hdmy])(?=_|$)")
_EVENTS = (-1, 0, 1)
TRADER, INVESTOR = "tm_trader", "tm_investor"
GRADE, FUNDAMENTAL = "tm_grade", "tm_fundamental"
"""Definitions of grades; two of them are never compared."""


def normalised(row: Row) -> dict[str, object]:
    """Return a row with one spelling of its keys.

    >>> normalised({"tm_link": "injective-protocol", "TM_LINK": "https://x/undefined"})
    {'slug': 'injective-protocol', 'app_link': 'https://x/undefined'}
    >>> normalised({"TM_GRADE_24h_PCT_CHANGE": 1}), normalised({"tm_grade_24_h_pct_change": 1})
    ({'tm_grade_24h_pct_change': 1}, {'tm_grade_24h_pct_change': 1})
    """
    found: dict[str, object] = {}
    for key, value in row.items():
        found.setdefault(_spelled(key), value)
    return found


def _spelled(key: str) -> str:
    if key == "tm_link":
        return "slug"
    if key == "TM_LINK":
        return "app_link"
    return _UNITS.sub(r"\1\2", key.lower())


def token_id(row: Row) -> str:
    """Return the provider's identity of a token; empty where the row has none."""
    found = whole(row.get("token_id"))
    return "" if found is None else str(found)


def token_row(row: Row) -> TokenRow:
    """Return a listed token."""
    return TokenRow(
        token_id=token_id(row),
        name=text(row.get("token_name")),
        symbol=text(row.get("token_symbol")),
        slug=text(row.get("slug")),
        link=text(row.get("app_link")),
        price=number(row.get("current_price")),
        categories=tuple(_categories(row.get("category_list"))),
    )


def _categories(value: object) -> Iterable[str]:
    """Yield categories; they come as plain texts, or as objects with a slug and a name."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, Mapping):
            inner = normalised(item)
            item = text(inner.get("category_slug")) or text(inner.get("category_name"))
        if found := text(item):
            yield found


def signal_row(row: Row, *, at: datetime | None = None) -> SignalRow | None:
    """Return trend, event and grades; None for a row that names no token or no moment.

    Args:
        row: normalised.
        at: the moment of rows that bear none.
    """
    identity, as_of = token_id(row), moment(row.get("date") or row.get("timestamp")) or at
    if not identity or as_of is None:
        return None
    short, short_kind = _first(row, (("tm_trader_grade", TRADER), ("tm_grade", GRADE)))
    long, long_kind = _first(
        row, (("tm_investor_grade", INVESTOR), ("fundamental_grade", FUNDAMENTAL))
    )
    return SignalRow(
        token_id=identity,
        as_of=as_of,
        slug=text(row.get("slug")),
        trend=_event(row.get("token_trend")),
        signal=_event(row.get("trading_signal")),
        short_grade=short,
        short_kind=short_kind,
        long_grade=long,
        long_kind=long_kind,
    )


def _first(row: Row, names: Iterable[tuple[str, str]]) -> tuple[float | None, str]:
    """Return the first definition a row speaks of; its grade may still be unknown."""
    for name, kind in names:
        if name in row:
            return _score(row[name]), kind
    return None, ""


def _score(value: object) -> float | None:
    found = decimal(value)
    return float(found) if found is not None and 0 <= found <= 100 else None


def _event(value: object) -> int | None:
    found = whole(value)
    return found if found in _EVENTS else None
