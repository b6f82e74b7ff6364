from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from portfolios.loaders import load
from portfolios.model.assets import AssetIndex
from portfolios.model.portfolio import Holding, Lock, LockKind, Lot, Portfolio

Problems = Callable[..., list[str]]

DOCUMENT = """{
  "name": "mine", "currency": "EUR", "cash": 12.30,
  "holdings": [
    {"asset": "bitcoin", "quantity": 0.1, "lock": "frozen", "reason": "cold", "cost": null},
    {"symbol": "SOL", "quantity": "30", "lots": [{"quantity": 30, "cost": 7}],
     "lock": [{"kind": "no_sell", "until": "2027-01-01"}, {"kind": "no_buy"}]}
  ]
}"""


def test_an_object_with_holdings_is_read_exactly(index: AssetIndex) -> None:
    read = load(DOCUMENT.encode(), source="x.json", index=index).portfolio
    assert read.holdings[0] == Holding(
        "bitcoin", Decimal("0.1"), locks=(Lock(LockKind.FROZEN, reason="cold"),)
    )
    assert read.holdings[1].lots == (Lot(Decimal(30), Decimal(7)),)
    assert len(read.holdings[1].locks) == 2
    assert (read.name, read.currency, read.cash) == ("mine", "eur", Decimal("12.30"))


def test_a_bare_list_is_read_too(index: AssetIndex) -> None:
    text = b'[{"asset": "bitcoin", "quantity": 1}, {"asset": "cash", "quantity": "5"}]'
    read = load(text, source="coins.json", index=index).portfolio
    assert read == Portfolio("coins", cash=Decimal(5), holdings=(Holding("bitcoin", Decimal(1)),))


ITEM = '{"asset": "bitcoin", "quantity": %s}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[\n{"asset": "bitcoin",\n"quantity": -1}]', ["line 3   quantity -1 is negative"]),
        (f"[{ITEM % 'NaN'}]", ["line 1   quantity NaN is not a number that can be used"]),
        (f"[{ITEM % '-Infinity'}]", ["line 1   quantity -Infinity is not a number that can be "
         "used"]),
        (f"[{ITEM % 'true'}]", ["line 1   quantity true is not a number"]),
        (f"[{ITEM % 'null'}]", ["line 1   quantity is missing"]),
        (f"[{ITEM % '1e999999999'}]", ["line 1   quantity 1E+999999999 is too large; the most is "
         "1 followed by 18 zeros"]),
        (f"[{ITEM % ('9' * 5000)}]", [f"line 1   quantity {'9' * 37}... is too large; the most is "
         "1 followed by 18 zeros"]),
        ('[{"asset": "bitcoin",\n"quantity": 1,\n"quantity": 2}]', ["line 3   quantity stands "
         "twice"]),
        ('{"holdings": [],\n"holdings": [%s]}' % (ITEM % 1), ["line 2   holdings stands twice"]),
        ('[{"assets": "bitcoin", "quantity": 1}]', ["line 1   a holding needs asset or symbol",
         "line 1   key assets is unknown; did you mean asset?"]),
        ('{"cashh": 3, "holdings": [%s]}' % (ITEM % 1), ["line 1   key cashh is unknown; did you "
         "mean cash?"]),
        ('[{"asset": "bitcoin", "quantity": 1, "account": "\\ud800"}]', ['line 1   account '
         '"\\ud800" has the control character U+D800']),
        ("[3]", ["line 1   holdings has 3 where a table belongs"]),
        ('["bitcoin"]', ['line 1   holdings has "bitcoin" where a table belongs']),
        ("[]", ["line 1   the file names no holdings"]),
        ('{"holdings": {}}', ["line 1   holdings is a table where tables belong", "line 1   the "
         "file names no holdings"]),
        ('"text"', ["neither a list nor an object"]),
        ("[{\n'a'}]", ["line 2   not JSON: expecting property name enclosed in double quotes"]),
        ("[{}] []", ["line 1   not JSON: extra data"]),
        ("[" * 100_000, None),
        ('{"a":' * 100_000, None),
        ("[" * 500 + "]" * 500, ["line 1   lists, tables or dotted keys are nested too deeply"]),
        ("[" * 100_000 + "]" * 100_000, ["lists or objects are nested too deeply"]),
        ("[" + "1," * 600_000 + "1]", ["line 1   the file has too many parts for a portfolio"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(
    problems: Problems, text: str, expected: list[str] | None
) -> None:
    found = problems(text, source="x.json")
    assert sorted(found) == sorted(expected or ["lists or objects are nested too deeply"])


def test_more_holdings_than_ten_thousand_are_refused(problems: Problems) -> None:
    text = json.dumps([{"asset": "bitcoin", "quantity": 1}] * 10_001)
    assert problems(text, source="x.json") == ["line 1   more than 10,000 holdings"]
