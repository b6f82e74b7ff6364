"""Sample exports taken apart, to be written in other ways that mean the same."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal

import pytest

from portfolios.errors import InputError
from portfolios.loaders import Loaded, load
from portfolios.loaders.exchanges.layout import delimiter_of, layout_of
from portfolios.providers.sample.market import sample_market
from tests.portfolios.loaders.exchanges.samples import SAMPLES, Sample

MARKET = sample_market().index()
TABLES = [sample for sample in SAMPLES if not sample.text.startswith("{")]


@dataclass(frozen=True)
class Parts:
    """A table: what stands before its header, the header, and the rows."""

    delimiter: str
    preamble: list[list[str]]
    header: list[str]
    rows: list[list[str]]


def parts_of(sample: Sample) -> Parts:
    delimiter = delimiter_of(sample.text)
    assert delimiter
    text = sample.text.replace('\\"', '""')
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    at = next(i for i, cells in enumerate(records) if layout_of(cells))
    rows = [cells for cells in records[at + 1 :] if cells]
    return Parts(delimiter, records[:at], records[at], rows)


def written(*tables: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    for table in tables:
        csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue()


def read(text: str | bytes, sample: Sample | None = None, **options: object) -> Loaded:
    raw = text if isinstance(text, bytes) else text.encode()
    maps = sample.maps if sample else {}
    return load(raw, source="mine.csv", index=MARKET, symbol_map=maps, **options)  # type: ignore[arg-type]


def balances(loaded: Loaded) -> dict[str, Decimal]:
    held = {h.asset_id: h.quantity for h in loaded.portfolio.holdings}
    cash = loaded.portfolio.cash
    return {**held, "cash": cash} if cash else held


def expected(sample: Sample) -> dict[str, Decimal]:
    held = {asset: Decimal(quantity) for asset, quantity in sample.held.items()}
    return {**held, "cash": Decimal(sample.cash)} if Decimal(sample.cash) else held


def refused(text: str | bytes, **options: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(text, **options)
    assert caught.value.hint
    return [str(problem) for problem in caught.value.problems] or [str(caught.value)]
