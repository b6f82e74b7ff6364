"""The tables themselves: every role, rule and header in them can be used."""

from __future__ import annotations

import pytest

from portfolios.loaders.exchanges.export_format import FEE, Format, terms
from portfolios.loaders.exchanges.formats import FORMATS
from tests.portfolios.loaders.exchanges.samples import SAMPLES

EACH = pytest.mark.parametrize("fmt", FORMATS, ids=str)


@EACH
def test_a_rule_names_amounts_that_the_format_has(fmt: Format) -> None:
    rules = [*fmt.kinds.values(), *([fmt.otherwise] if fmt.otherwise else [])]
    for rule in (rule for rule in rules if not rule.startswith("!")):
        for term in terms(rule):
            assert term.leg in fmt.columns or term.leg in fmt.patterns or term.leg == FEE


@EACH
def test_a_header_that_is_needed_has_a_column(fmt: Format) -> None:
    assert set(fmt.needs.split()) <= fmt.columns.keys()
    assert len(fmt.needs.split()) >= 3
    assert bool(fmt.kinds) != bool(fmt.instead)


@EACH
def test_names_of_columns_are_as_they_are_compared(fmt: Format) -> None:
    words = [word for words in fmt.columns.values() for word in words.split("|")]
    assert [w for w in words if not w.startswith("=") and w != w.lower().replace("_", " ")] == []


def test_every_tool_that_is_read_has_a_sample() -> None:
    read = {fmt.tool for fmt in FORMATS if not fmt.instead}
    assert read == {sample.tool for sample in SAMPLES}


def test_a_rule_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a rule"):
        terms("base + fee")
