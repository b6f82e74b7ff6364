"""A further format of portfolio files is a pair of functions, named beside the others."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.errors import InputError, Problem
from portfolios.loaders import LOADERS, Loader, load
from portfolios.loaders.import_session import ImportSession
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market


def recognises(text: str) -> bool:
    return text.startswith("I own ")


def read(text: str, session: ImportSession) -> Portfolio:
    held = []
    for line, words in enumerate(text.splitlines(), start=1):
        quantity, asset = words.removeprefix("I own ").split(" of ")
        if not quantity.isdigit():
            session.problems.append(Problem(f"{quantity} is no number", line=line))
        else:
            held.append(Holding(asset, Decimal(quantity)))
    return Portfolio(session.name, holdings=tuple(held))


FORMATS = {**LOADERS, "prose": Loader(recognises, read)}


def test_it_is_recognised_and_read() -> None:
    text = b"I own 2 of bitcoin\nI own 30 of ethereum"
    found = load(text, source="mine.prose", index=sample_market().index(), loaders=FORMATS)
    assert found.portfolio.name == "mine"
    assert [(h.asset_id, h.quantity) for h in found.portfolio.holdings] == [
        ("bitcoin", 2),
        ("ethereum", 30),
    ]


def test_its_problems_come_with_their_lines() -> None:
    text = b"I own 2 of bitcoin\nI own some of ethereum"
    with pytest.raises(InputError) as refused:
        load(text, source="mine.prose", index=sample_market().index(), loaders=FORMATS)
    assert [str(problem) for problem in refused.value.problems] == ["line 2   some is no number"]


def test_the_other_formats_are_read_as_before() -> None:
    text = b"asset,quantity\nbitcoin,2"
    index = sample_market().index()
    known = load(text, source="mine.csv", index=index)
    assert load(text, source="mine.csv", index=index, loaders=FORMATS) == known
