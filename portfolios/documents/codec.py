"""Writes any noun as JSON and reads it back equal, led by the types of its fields.

Decimals, dates and enumerations become text, dataclasses objects with every field, so a default
that changes later does not change what was stored. A field added later gets its default. Sequences
are read back as tuples.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from portfolios.model.portfolio import Portfolio
from portfolios.values.canonical import plain, read_utc, utc_text

PORTFOLIO_SCHEMA = "rebalancer.portfolio/1"

_T = TypeVar("_T")


def to_json(noun: object) -> Any:
    """Return a noun as a JSON object; order and exactness are kept.

    Raises:
        ValueError: when it could not be read back equal, as with a float where money belongs.
    """
    document = _write(noun)
    if from_json(type(noun), document) != noun:
        raise ValueError(f"this {type(noun).__name__} cannot be kept exactly")
    return document


def portfolio_to_json(portfolio: Portfolio) -> dict[str, Any]:
    """Return a portfolio as the document that commands print."""
    return {"schema": PORTFOLIO_SCHEMA, **to_json(portfolio)}


def _write(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _write(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _write(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_write(item) for item in value]
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if isinstance(value, Decimal) else value


def from_json(kind: type[_T], value: object) -> _T:
    """Read what `to_json` wrote for a value of this type.

    Raises:
        ValueError: when the value is of another shape, or has a field this program does not know.
    """
    try:
        hint: Any = kind
        result: _T = _reader(hint)(value)
    except (TypeError, KeyError, ArithmeticError) as error:
        raise ValueError(f"no {kind.__name__}: {error!r}") from error
    return result


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what reads values of a type: the type is analysed once, the values are many."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (read,) = (_reader(arm) for arm in inner if arm is not type(None))
        return lambda value: None if value is None else read(value)
    if origin in (tuple, Sequence):
        read = _reader(inner[0])
        return lambda value: tuple([read(item) for item in _expect(list, value)])
    if origin is not None:
        read = _reader(inner[1])
        return lambda value: {key: read(item) for key, item in _expect(dict, value).items()}
    return partial(_read_noun if is_dataclass(hint) else _read_leaf, hint)


def _read_noun(kind: Any, value: Any) -> Any:
    readers = _readers(kind)
    unknown = [key for key in _expect(dict, value) if key not in readers]
    if unknown:
        raise ValueError(f"{kind.__name__} has no field {unknown[0]!r}")
    return kind(**{key: readers[key](item) for key, item in value.items()})


def _read_leaf(kind: type, value: Any) -> Any:
    if kind is Decimal:
        return Decimal(_expect(str, value))
    if kind is datetime:
        return read_utc(_expect(str, value))
    if kind is date:
        return date.fromisoformat(_expect(str, value))
    return kind(value) if issubclass(kind, Enum) else _expect(kind, value)


def _expect(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


@cache
def _readers(kind: type) -> dict[str, Callable[[Any], Any]]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
