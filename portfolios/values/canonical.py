"""One way to write each value as text, so that equal values give equal bytes.

Decimals are written in plain notation without an exponent, times in UTC, floats by `repr`. The
canonical JSON of a document sorts its keys and has no spaces: hashes are taken over it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

LONGEST_DECIMAL = 80
"""Digits on either side of the point; nothing that is held needs more, and text stays short."""


def plain(number: Decimal) -> str:
    """Write a Decimal exactly, without exponent and without trailing zeros.

    >>> plain(Decimal("1E+3")), plain(Decimal("0.0500")), plain(Decimal("-0"))
    ('1000', '0.05', '0')

    Raises:
        TypeError: for anything but a Decimal: floats must not reach money or quantities.
        ValueError: for NaN, infinity, or a number too long to write out.
    """
    if not isinstance(number, Decimal):
        raise TypeError(f"money and quantities are Decimal, not {type(number).__name__}")
    if not number.is_finite():
        raise ValueError("money and quantities are finite")
    exponent = number.as_tuple().exponent
    if number.adjusted() > LONGEST_DECIMAL or int(exponent) < -LONGEST_DECIMAL:
        raise ValueError(f"a number of more than {LONGEST_DECIMAL} digits cannot be written")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def money(amount: Decimal) -> str:
    """Write an amount exactly, with two decimals at least.

    >>> money(Decimal("1E+4")), money(Decimal("4561.725"))
    ('10000.00', '4561.725')
    """
    whole, _, cents = plain(amount).partition(".")
    return f"{whole}.{cents.ljust(2, '0')}"


def utc_text(moment: datetime) -> str:
    """Write an aware moment in UTC, ending in Z.

    >>> utc_text(datetime(2026, 11, 22, 9, tzinfo=UTC))
    '2026-11-22T09:00:00Z'
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def read_utc(text: str) -> datetime:
    """Read what `utc_text` wrote, or any other ISO moment with a time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def canonical_json(value: object) -> str:
    """Write a document so that equal documents give equal text.

    Takes JSON values and also Decimals (as plain text), dates, aware moments, enumerations,
    dataclasses, sets (sorted) and arrays (their digest).
    """
    return json.dumps(_plain_tree(value), sort_keys=True, allow_nan=False, separators=(",", ":"))


def digest_of(document: Mapping[str, object]) -> str:
    """Return `sha256:...` over a JSON document without its own digest, whatever the keys' order.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1, "digest": "sha256:0"})
    True

    Raises:
        ValueError: for a number that is not finite.
    """
    rest = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain_tree(value: object) -> object:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain_tree(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((_plain_tree(item) for item in value), key=repr)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain_tree(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain_tree(getattr(value, f.name)) for f in fields(value)}
    return _leaf(value)


_AS_THEY_ARE = frozenset((str, int, bool, type(None)))
"""Types of nearly every value, asked for first: a whole market is written for each plan."""


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a document's keys are text, not {type(key).__name__}")
    return str(key)


def _leaf(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return _array(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a document holds finite numbers only; unknown is null")
    return float(value) + 0.0  # minus zero is zero


def _array(values: object) -> object:
    # Whoever made an array has loaded numpy; what has none does without it.
    import numpy as np

    if not isinstance(values, np.ndarray):
        raise TypeError(f"a document cannot hold {type(values).__name__}")
    # Years of prices are hashed, not written out; one NaN stands for every bit pattern of NaN.
    numbers = np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8")
    digest = hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()
    return {"array": digest, "shape": list(values.shape)}
